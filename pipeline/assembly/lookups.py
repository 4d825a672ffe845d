"""Lookups before a load: which values the rows have, and which ids of records that exist they stand for."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.assembly.access import whole_describe
from pipeline.assembly.way import Way
from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.errors import AccessRefused, OrgUnavailable, UsageError
from pipeline.logs import get_logger
from pipeline.mapping.campaign_members import Statuses
from pipeline.mapping.fields import nearest_of
from pipeline.mapping.lookups import Lookup
from pipeline.model.describe import Field
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.wire import Delivery, Purpose, Request
from pipeline.salesforce import member_statuses
from pipeline.salesforce.lookups import MOST_IDS, NUMBERS, RECORD_TYPE, TEXTS, Place, matched, question
from pipeline.salesforce.questions import portions
from pipeline.stages.investigator.asking import Asker
from pipeline.stop import Stop
from pipeline.transport.connection import Connection
from pipeline.transport.gate import Gate

MOST_VALUES = 1_000_000
"""Different values that are looked up in one field: each takes some 300 bytes of memory."""
MOST_SMALLER_QUESTIONS = 500
"""Questions that are asked because the org finds records that look like none of the values that were asked for."""
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before a question that was not answered is asked again."""
_RECORD_TYPE_FIELDS = {
    name.lower(): Field(name, name, "string", length=80, createable=False, nillable=False, defaulted_on_create=False)
    for name in ("DeveloperName", "Name")
}


class Seeker:
    """Asks an org for the ids of records that exist."""

    def __init__(self, org: Connection, settings: Settings, clock: Clock) -> None:
        self._org = org
        self._api_version = settings.org.api_version
        self._clock = clock
        paced = _Paced(org, Gate(settings.send.requests_per_second, clock))
        self._asker = Asker(paced, self._api_version, clock, Purpose.LOOKUP, "look up ids")

    async def places(self, lookups: Iterable[Lookup]) -> dict[Lookup, Place]:
        """Find the fields that values are looked up in.

        :raises UsageError: with a line for every object or field that is not there or can't be searched.
        """
        found, faults = {}, []
        for lookup in lookups:
            try:
                found[lookup] = await self._place(lookup)
            except UsageError as fault:
                faults.append(f"lookup {lookup.name}: {fault}")
        if faults:
            raise UsageError("\n".join(faults))
        return found

    async def _place(self, lookup: Lookup) -> Place:
        if lookup.record_types_of:
            field = _RECORD_TYPE_FIELDS.get(lookup.field.lower())
            if field is None:
                raise UsageError("record types are looked up by DeveloperName or Name")
            return Place(RECORD_TYPE, field, lookup.record_types_of)
        described, _ = await whole_describe(self._org, self._api_version, lookup.object)
        field = described.field(lookup.field)
        if field is None:
            near = nearest_of(lookup.field, described.fields.values())
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"{described.name} has no field {lookup.field!r}{hint}")
        if field.type not in TEXTS | NUMBERS:
            raise UsageError(f"{described.name}.{field.name} is {field.type}: records are looked up by texts and numbers only")
        return Place(described.name, field)

    async def statuses(self) -> Statuses | None:
        """Ask which statuses members of campaigns can have; None if there are too many campaigns, or this user may not see them.

        :raises OrgUnavailable: if the org doesn't answer.
        """
        try:
            records = await self._asker.ask(member_statuses.QUESTION)
        except (AccessRefused, UsageError) as error:
            get_logger().warning("not checked", what="CampaignMember.Status", reason=str(error))
            return None
        return None if records is None else member_statuses.statuses(records)

    async def learn(self, lookup: Lookup, place: Place, stop: Stop) -> None:
        """Ask for the ids of a lookup's values, and let it learn them; stop between two questions if the run is stopped.

        :raises TreeloadError: if the org doesn't answer, or refuses to.
        """
        wanted = sorted({value.strip() for value in lookup.values} - {""})
        lookup.values.clear()
        lookup.learn(dict.fromkeys(wanted, ()))
        search = _Search(self._asker, self._clock, lookup, place, stop)
        for portion in portions(value for value in wanted if place.can_have(value)):
            if stop.pulled():
                return
            await search.ask_for(portion)


class LookedUp:
    """Sees to it that the lookups collect their values from all rows, and then learn their ids."""

    def __init__(self, way: Way, seeker: Seeker, places: Mapping[Lookup, Place], stop: Stop) -> None:
        """`places` are where each lookup looks."""
        self._makers = way.makers("")
        self._seeker = seeker
        self._places = places
        self._stop = stop
        for lookup in places:
            lookup.collecting = True

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Make the records of a block, for what is looked up on the way.

        :raises UsageError: if there are too many values.
        """
        self._makers[file.number](block)
        for lookup in self._places:
            if len(lookup.values) > MOST_VALUES:
                raise UsageError(
                    f"lookup {lookup.name}: the rows have more than {MOST_VALUES:,} different values: put the ids into the file, "
                    "or load it in parts"
                )

    async def answered(self, way: Way) -> Way:
        """Ask for the ids of all values.

        :raises TreeloadError: if the org doesn't answer, or refuses to.
        """
        for lookup, place in self._places.items():
            lookup.collecting = False
            await self._seeker.learn(lookup, place, self._stop)
        return way


async def lookups_of(way: Way, seeker: Seeker, stop: Stop) -> list[LookedUp]:
    """Return who has to see all rows to know what is looked up: nobody, if the configuration says it. Then it is asked for here.

    So is what statuses members of campaigns can have, if there are any among the records.

    :raises UsageError: with a line for every object or field that is not there or can't be searched.
    """
    if way.members.wanted:
        way.members.statuses = await seeker.statuses()
    if not way.lookups:
        return []
    looked_up = LookedUp(way, seeker, await seeker.places(way.lookups), stop)
    if any(lookup.needs_rows for lookup in way.lookups):
        return [looked_up]
    await looked_up.answered(way)
    return []


class _Search:
    """Asks for values of one field."""

    def __init__(self, asker: Asker, clock: Clock, lookup: Lookup, place: Place, stop: Stop) -> None:
        self._asker = asker
        self._clock = clock
        self._lookup = lookup
        self._place = place
        self._stop = stop
        self._smaller = 0

    async def ask_for(self, values: Sequence[str]) -> None:
        """Ask for these values at once; in smaller questions if there are too many answers, or it isn't clear whose they are."""
        records = await self._asked(question(self._place, values))
        if records is None and len(values) == 1:
            records = await self._asked(question(self._place, values, most=MOST_IDS))
        if records is not None:
            found, strangers = matched(self._place, values, records)
            if not strangers:
                self._lookup.learn(found)
                return
        self._smaller += 2
        if self._smaller > MOST_SMALLER_QUESTIONS:
            raise UsageError(
                f"lookup {self._lookup.name}: the org finds too many records that look like none of the values: look up by "
                "another field, best by an external id"
            )
        middle = len(values) // 2
        await self.ask_for(values[:middle])
        await self.ask_for(values[middle:])

    async def _asked(self, soql: str) -> list[dict[str, object]] | None:
        for pause in PAUSES:
            try:
                return await self._asker.ask(soql)
            except OrgUnavailable:
                if self._stop.pulled():
                    raise
                await self._clock.sleep(pause)
        return await self._asker.ask(soql)


class _Paced:
    """The way to the org, at the set rate."""

    def __init__(self, org: Connection, gate: Gate) -> None:
        self._org = org
        self._gate = gate

    @property
    def generation(self) -> int:
        """Counts tokens."""
        return self._org.generation

    async def send(self, request: Request) -> Delivery:
        """Send once, when it is time.

        :raises OrgUnavailable: if the org has no calls left, but for the reserve.
        """
        if self._org.calls_left() == 0:
            raise OrgUnavailable("the org has no calls left but those that are kept for others (send.allowance_reserve)")
        async with self._gate.turn():
            pass
        return await self._org.send(request)

    async def renew(self, generation: int) -> None:
        """Get a fresh token."""
        await self._org.renew(generation)
