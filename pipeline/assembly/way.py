"""How rows become records: settled before anything is written or sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from pipeline.assembly.access import describe
from pipeline.assembly.cells import as_cells
from pipeline.assembly.drifting import Tell, tell_drift, untold
from pipeline.assembly.functions import code_digest
from pipeline.assembly.joins import Join
from pipeline.assembly.kinds import Fetch, Kind, KindMaker, Kinds
from pipeline.assembly.links import Links, Outcomes
from pipeline.assembly.locking import Locking, faults_of_lock_fields, keyed, locking
from pipeline.assembly.making import maker
from pipeline.assembly.parting import Parting
from pipeline.assembly.work import Import
from pipeline.errors import UsageError
from pipeline.mapping.campaign_members import Members
from pipeline.mapping.columns import Columns
from pipeline.mapping.lookups import Lookup
from pipeline.mapping.mapper import Map
from pipeline.mapping.rules import MappingRules
from pipeline.model.describe import Describe
from pipeline.model.made import Make, Portions
from pipeline.model.row import InputFile
from pipeline.salesforce import effects
from pipeline.salesforce.routes import ROUTES, TREE, Route
from pipeline.stages.chunker import Known
from pipeline.stages.reporter.results import shown_names
from pipeline.transport.connection import Connection

Around = Callable[[Make], Make]
"""Adds something to the making of records."""
Together = Callable[[Mapping[int, Make]], Mapping[int, Make]]
"""Lets what is made of several files come together, by their numbers."""


@dataclass(frozen=True, slots=True)
class Way:
    """What the describes and the mapping make of a job."""

    described: Describe
    """Of the object of the first file."""
    kinds: Mapping[int, Kinds]
    """What the rows of each file become, by its number."""
    lookups: Sequence[Lookup] = ()
    """What is looked up for any of them, each once."""
    code: str = ""
    """Digest of the functions that the mapping names; empty if it names none."""
    links: Links | None = None
    """What references in files whose records have names mean; None: there are no such files."""
    parting: Parting = field(default_factory=Parting)
    """How families that are larger than a request go in parts."""
    members: Members = field(default_factory=Members)
    """What is known of the campaigns that members are added to."""
    locks: Mapping[int, Locking] = field(default_factory=dict)
    """What the records of each file make the org lock, where that matters."""
    around: Mapping[int, Around] = field(default_factory=dict)
    """What a look through the files adds to the making of records of one."""
    route: Route = TREE
    """Where they go."""
    joins: Sequence[Join] = ()
    """Which files have the children of the others' rows."""
    together: Together | None = None
    """What a look through the files shows of these: which children are whose."""
    portions: Mapping[int, Portions] = field(default_factory=dict)
    """How blocks of a file are parted, of which the children would be too many at once."""

    @property
    def object(self) -> str:
        """The own name of the object of the first file: job.object may be written in any case."""
        return self.described.name

    @property
    def types(self) -> Mapping[str, str]:
        """Type of each of the object's fields."""
        return {field.name: field.type for field in self.described.fields.values()}

    @property
    def own(self) -> Kind:
        """What rows become that become nothing else."""
        return next(iter(self.kinds.values())).own

    @property
    def columns(self) -> Columns:
        """What the job's columns are to that."""
        return self.own.columns

    @property
    def maps(self) -> Mapping[int, Map]:
        """What maps the rows of each file to the fields of that."""
        return {number: kinds.own.map for number, kinds in self.kinds.items()}

    @property
    def proof(self) -> frozenset[str]:
        """The unique fields that say which row a record comes from."""
        kinds = [kind for kinds in self.kinds.values() for each in kinds.each for kind in each.all()]
        return frozenset({kind.columns.marker or kind.columns.key for kind in kinds} - {""})

    def proofs(self, file: int, object_name: str, *, nested: bool = False) -> tuple[str, str]:
        """Name the marker and the business key of what rows of a file become, where all of this object have the same.

        `nested`: of what hangs under that.
        """
        each = self.kinds[file].each
        kinds = [kind for own in each for kind in own.all() if kind is not own] if nested else each
        alike = [kind.columns for kind in kinds if kind.describe.name == object_name]
        markers, keys = {columns.marker for columns in alike}, {columns.key for columns in alike}
        return (markers.pop() if len(markers) == 1 else ""), (keys.pop() if len(keys) == 1 else "")

    def describes(self) -> list[Describe]:
        """Return the describes of all that rows become."""
        kinds = [kind for kinds in self.kinds.values() for each in kinds.each for kind in each.all()]
        return [*{kind.describe.name: kind.describe for kind in kinds}.values()]

    async def learn(self, journal: Outcomes) -> bool:
        """Read what has become of records for which others wait; tell whether any of these need wait no longer."""
        learned = [await each.learn(journal) for each in (self.links, self.parting.parents) if each]
        return any(learned)

    def named(self, files: Iterable[InputFile]) -> list[InputFile]:
        """Say of what objects the records of joined files are."""
        return [replace(file, object=self.kinds[file.number].own.describe.name) if file.joined else file for file in files]

    def digest(self, settings: str) -> str:
        """Name what records are made of: the digest of settings, behind a colon that of functions and looked-up ids, if any."""
        parts = [lookup.digest() for lookup in self.lookups] + [self.code] * bool(self.code)
        return f"{settings}:{sha256(''.join(parts).encode()).hexdigest()}" if parts else settings

    def makers(self, run: str, known: Mapping[int, Known] | None = None) -> Mapping[int, Make]:
        """Return what makes the records of a run, by number of the file; `known` has those with a place in its journal."""
        parting = replace(self.parting, known=known or {})
        made = {number: maker(kinds, run, parting, self.links) for number, kinds in self.kinds.items()}
        made = {number: self.around[number](make) if number in self.around else make for number, make in made.items()}
        made = {**self.together(made)} if self.together else made
        made = {number: as_cells(make) for number, make in made.items()} if self.route.jobs else made
        return made | {number: keyed(made[number], locks) for number, locks in self.locks.items()}


async def settle_way(work: Import, org: Connection, tell: Tell = untold) -> Way:
    """Hold the mapping against the org: the last thing that can stop a run before anything is written or sent.

    What has changed in the org since the job's describes were kept is told first.

    :raises UsageError: with a line for every fault.
    """
    version = work.settings.org.api_version
    known: dict[str, Describe] = {}

    async def fetch(name: str) -> Describe:
        if name.lower() not in known:
            described = known[name.lower()] = await describe(org, version, name)
            tell_drift(work, described, tell)
        return known[name.lower()]

    return await way_by(work, fetch)


async def way_by(work: Import, fetch: Fetch) -> Way:
    """Hold the mapping against describes.

    :raises UsageError: with a line for every fault.
    """
    settings = work.settings
    members = Members()
    route = ROUTES[settings.send.route]
    joined = [file for file in work.files if file.joined]
    mine = KindMaker(settings.mapping, settings.path.parent, fetch, members, route.frame, joined)
    others = KindMaker(_by_names(settings.mapping), settings.path.parent, fetch, members, route.frame)
    kinds: dict[int, Kinds] = {}
    for file in work.main:
        is_mine = work.object_of(file).lower() == settings.job.object.lower()
        kinds[file.number] = await (mine if is_mine else others).kinds(file, await fetch(work.object_of(file)))
    if joined and not mine.joined:
        mine.faults.append(f"{joined[0].path}: there are no rows of {settings.job.object} that its rows could belong to")
    joins, every = [*mine.joins.values()], kinds | mine.joined
    faults = [*mine.faults, *others.faults, *_fault_of_effects(work, every), *faults_of_lock_fields(settings.send, every)]
    if faults := [*faults, *_without_families(route, kinds.values(), joins)]:
        raise UsageError("\n".join(dict.fromkeys(faults)))
    described = await fetch(work.object_of(work.files[0]))
    parting = Parting(settings.send, wanted=settings.mapping.large_families == "split")
    links, code = _links(work, kinds), code_digest(mine.functions)
    under = [join.relationship for join in joins]
    locks = {} if route.jobs else locking(settings.send, kinds, [*mine.joined.values()], under, parted=parting.wanted)
    return Way(described, every, [*mine.lookups.values()], code, links, parting, members, locks, route=route, joins=joins)


def _fault_of_effects(work: Import, kinds: Mapping[int, Kinds]) -> list[str]:
    """Hold what the import may set off against what rows become."""
    settings = work.settings
    rules = settings.effects
    objects = dict.fromkeys(kind.describe.name for each in kinds.values() for own in each.each for kind in own.all())
    said = effects.fault(
        assignment=rules.assignment,
        allow_duplicates=rules.duplicate_rules == "allow",
        api_version=settings.org.api_version,
        objects=objects,
    )
    said = said or (effects.fault_in_jobs(**rules.as_dict()) if settings.send.route == "bulk" else "")
    return [f"{settings.path}: {said}"] * bool(said)


def _without_families(route: Route, kinds: Iterable[Kinds], joins: Sequence[Join]) -> Iterator[str]:
    """Say of which files' records something hangs under, where the route takes no families."""
    for each in kinds:
        if not route.families and (joins or any(kind.hung or kind.nests for kind in each.each)):
            yield (
                f"{each.file.path}: its rows become records with others under them, and only `tree` takes such: "
                f'send.route is "{route.name}"'
            )


def _links(work: Import, kinds: Mapping[int, Kinds]) -> Links | None:
    """Make room for the references of a run, if records of its files have names."""
    if not any(each.own.attributed for each in kinds.values()):
        return None
    described = [
        kind.describe for each in kinds.values() for own in (each.own, *(kind for _, kind in each.cases)) for kind in own.all()
    ]
    return Links(shown_names(work.files), {each.name: each.key_prefix for each in described})


def _by_names(rules: MappingRules) -> MappingRules:
    """Return the mapping of files of other objects than the job's: by the names of fields alone."""
    return MappingRules(check=rules.check)
