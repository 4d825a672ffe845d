"""Rows read a second time: what was sent for them, to be held against what the org has."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from pipeline.assembly.links import Outcomes
from pipeline.assembly.way import Way
from pipeline.assembly.work import Import
from pipeline.channel import Channel
from pipeline.errors import InputError, TreeloadError, UsageError
from pipeline.formats.nesting import ATTRIBUTES
from pipeline.model.made import Made, Part
from pipeline.model.pending import Pending
from pipeline.model.record import MEMBER, NO_KIN, Kin, member_reference
from pipeline.model.row import AnyBlock, InputFile, some_rows
from pipeline.model.tally import Tally
from pipeline.policy.kinship import Place
from pipeline.stages.investigator.looking import SentBelow
from pipeline.stages.reader import Reader, inspect
from pipeline.stop import Stop

T = TypeVar("T")

Fields = Mapping[str, Any]
"""Of a record, as they were sent."""


class Recaller:
    """Reads rows of a run again."""

    def __init__(self, work: Import, way: Way, run: str, journal: Outcomes, *, steady: bool) -> None:
        """Make of rows what the run made of them; `steady`: all its sessions had the same functions and looked-up ids.

        `journal` knows the ids of records under which others were sent later.
        """
        self._work = work
        self._steady = steady
        self._makers = way.makers(run)
        self._parents = way.parting.parents
        self._journal = journal
        self._links = {
            (described.name, relationship.name): relationship.field
            for described in way.describes()
            for relationship in described.children.values()
        }

    async def rows(self, waiting: Sequence[Pending]) -> Mapping[Place, Fields]:
        """Return the fields of each row's own record, or of that which begins a part, as they were sent, by file and place.

        :raises InputError: if a file has changed since.
        :raises UsageError: if something else has, so that they aren't what was sent.
        """
        return await self._read(waiting, self._own)

    async def records(self, waiting: Sequence[Pending]) -> Mapping[Place, bytes]:
        """Return each row's own record, byte for byte as it was made, by file and place; raises what `rows` does."""
        return await self._read(waiting, lambda part: part.record)

    async def kin(self, waiting: Sequence[Pending]) -> Mapping[Place, Sequence[SentBelow]]:
        """Return what went with each of these records, under it, parents first, by file and place of the record.

        :raises InputError: if a file has changed since.
        :raises UsageError: if something else has, so that they aren't what was sent.
        """
        return await self._read(waiting, self._below)

    def _own(self, part: Part) -> Fields:
        return _sent(part)[part.own.reference]

    def _below(self, part: Part) -> list[SentBelow]:
        own, fields = part.own, _sent(part)
        places = {own.reference: (own.file, own.line)}
        objects = {own.reference: own.object}
        below = []
        for one in part.kin:
            places[one.reference], objects[one.reference] = (one.file, one.line), one.object
            link = one.object, self._links[objects[one.parent], one.relationship]
            below.append(SentBelow(places[one.reference], places[one.parent], link, fields[one.reference]))
        return below

    async def _read(self, waiting: Sequence[Pending], pick: Callable[[Part], T]) -> dict[Place, T]:
        """Return what is picked of what was made of each row, or of each part of its family."""
        if not self._steady:
            raise UsageError(
                f"{len(waiting):,} requests can't be looked for by what was sent: a function of the mapping was changed "
                "since, or other ids were looked up; say what you know with `treeload resolve`"
            )
        wanted: dict[int, set[int]] = {}
        for pending in waiting:
            wanted.setdefault(pending.file, set()).update(pending.lines)
        picked: dict[Place, T] = {}
        for file in self._work.files:
            if places := wanted.get(file.number):
                try:
                    await self._read_file(file, places, pick, picked)
                except ExceptionGroup as group:  # whoever asks wants to know what is wrong, not where it was found
                    raise _told(group) from None
        if lost := [(file, place) for file, places in wanted.items() for place in places if (file, place) not in picked]:
            raise UsageError(f"{member_reference(*min(lost))} would not be sent now as it was: is send.chunk_records another?")
        return picked

    async def _read_file(
        self, file: InputFile, places: Collection[int], pick: Callable[[Part], T], picked: dict[Place, T]
    ) -> None:
        blocks, make = Channel[tuple[InputFile, AnyBlock]](1), self._makers[file.number]
        lines = {place % MEMBER for place in places}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._blocks(file, blocks))
            async for _, block in blocks:
                if lines.isdisjoint(block.lines):
                    continue
                some = some_rows(block, [at for at, line in enumerate(block.lines) if line in lines])
                made = make(some)
                if any(part.wave for parts in made.parts.values() for part in parts):
                    await self._parents.refresh(self._journal)
                    made = make(some)
                for at, line in enumerate(some.lines):
                    _check(made, at, f"line {line} of file {file.number}")
                    picked |= {
                        (part.own.file, part.own.line): pick(part)
                        for part in _parts(made, some, at, file.number)
                        if part.own.line in places
                    }

    async def _blocks(self, file: InputFile, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
        rules = self._work.settings.read
        now = inspect(file.path, file.number, rules)
        if now.sha256 != file.sha256:
            raise InputError(f"{file.path}: changed since its rows were sent, so they can't be looked for: put the old file back")
        await Reader(rules, Tally(), Stop()).run(now, blocks)
        await blocks.close()


def _told(group: ExceptionGroup[Exception]) -> Exception:
    """Take out what a user is told, if it is that."""
    return next((error for error in group.exceptions if isinstance(error, TreeloadError)), group)


def _check(made: Made, at: int, where: str) -> None:
    if at in made.faults:
        raise UsageError(f"{where} can't be made as it was sent: {made.faults[at][0].message}")
    for name, errors in made.kin_faults.get(at, {}).items():
        raise UsageError(f"{where} can't be made as it was sent: {name}: {errors[0].message}")


def _parts(made: Made, block: AnyBlock, at: int, file: int) -> Sequence[Part]:
    """Return what is sent for a row: all of its family together, or in parts; of these those that can have been sent."""
    if at in made.parts:
        return [part for part in made.parts[at] if not (part.wave or part.errors)]
    name = made.objects[at] if made.objects else made.object
    own = Kin(name, made.references[at], block.lines[at], file, block.offsets[at], "", "")
    return [Part(own, made.records[at], made.kin[at] if made.kin else NO_KIN)]


def _sent(part: Part) -> dict[str, Fields]:
    """Tell the fields of a record and of all that went with it, as they were sent, by reference."""
    hung: dict[str, set[str]] = {}
    for one in part.kin:
        hung.setdefault(one.parent, set()).add(one.relationship)
    fields: dict[str, Fields] = {}
    records: list[dict[str, Any]] = [orjson.loads(part.record)]
    for record in records:
        reference = record.pop(ATTRIBUTES, {}).get("referenceId", part.own.reference)  # only in trees records say it
        for relationship in hung.get(reference, ()):
            records += record.pop(relationship)["records"]
        fields[reference] = record
    return fields
