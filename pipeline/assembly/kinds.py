"""What the rows of a file become, held against the org: the row's own object, what hangs under it, and what some rows become."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipeline.assembly.functions import functions_of
from pipeline.assembly.joins import Join, asked_for, keys_in
from pipeline.assembly.misplaced import misplaced
from pipeline.assembly.sharing import any_has, names, taken_by, takes
from pipeline.errors import UsageError
from pipeline.formats.at_references import references_in
from pipeline.formats.nesting import ATTRIBUTES, Branch
from pipeline.mapping.campaign_members import MEMBER, Members
from pipeline.mapping.columns import Columns
from pipeline.mapping.conditions import Chosen, chosen
from pipeline.mapping.duplicates import absent
from pipeline.mapping.mapper import Map, mapper
from pipeline.mapping.recipes import Lookups
from pipeline.mapping.rules import MappingRules, RecordRules
from pipeline.mapping.steps import OwnFunction
from pipeline.mapping.target import Faults
from pipeline.model.describe import Describe, Relationship
from pipeline.model.row import AnyBlock, InputFile
from pipeline.salesforce.encoding import Frame

Fetch = Callable[[str], Awaitable[Describe]]
"""Gets the describe of an object whose records can be created. Raises UsageError if there is none."""

Nested = Mapping[tuple[str, ...], tuple[str, ...]]
"""Keys of the records nested in the first rows, by the names that lead to them in lower case."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An object that rows, or parts of them, become records of."""

    describe: Describe
    columns: Columns
    map: Map
    """Of blocks of the file; of a nested kind of blocks of the nested records."""
    hung: tuple["Hung", ...] = ()
    """What is made of the row and hangs under this."""
    nests: Mapping[str, "Kind"] | None = None
    """What may be nested in it, by relationship in lower case."""
    branches: Mapping[str, Branch] | None = None
    """The same, to take rows apart by."""
    attributed: bool = False
    """Its rows have `attributes`, as records in trees have them."""
    frame: Frame = Frame.REFERENCED
    """What stands around the fields of its records."""

    @property
    def plain(self) -> bool:
        """Its rows are records as they are."""
        return not (self.hung or self.nests or self.attributed)

    def all(self) -> Iterator["Kind"]:
        """Yield this, and all that may hang under it."""
        yield self
        for below in (*(hung.kind for hung in self.hung), *(self.nests or {}).values()):
            yield from below.all()

    def below(self, levels: Iterable[str]) -> "Kind":
        """Return what is nested in it at the end of these relationships, each in lower case."""
        kind = self
        for level in levels:
            kind = (kind.nests or {})[level]
        return kind

    def references(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Find the keys whose values go to lookups and name a record instead of giving its id, with these names."""
        return {key: name for key, name in references_in(row).items() if self._is_lookup(key)}

    def _is_lookup(self, key: str) -> bool:
        try:
            target = self.columns.target(key)
        except KeyError:
            return False
        field = self.describe.field(target.field) if target else None
        return field is not None and field.type == "reference"


@dataclass(frozen=True, slots=True)
class Hung:
    """A kind that is made of the row and hangs under another one."""

    relationship: Relationship
    kind: Kind
    choose: Chosen | None
    """Which rows make it; None: all."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """What the rows of one file become."""

    file: InputFile
    own: Kind
    cases: tuple[tuple[Chosen, Kind], ...] = ()
    """What some rows become instead: the first that fits counts."""

    @property
    def each(self) -> tuple[Kind, ...]:
        """What a row may become."""
        return (self.own, *(kind for _, kind in self.cases))


class KindMaker:
    """Settles kinds for the files of a job; faults are collected, to be told together."""

    def __init__(
        self,
        rules: MappingRules,
        folder: Path,
        fetch: Fetch,
        members: Members,
        frame: Frame = Frame.REFERENCED,
        joined: Iterable[InputFile] = (),
    ) -> None:
        """Settle by `rules`; functions of one's own are looked for in `folder` first; `members` judges campaign members.

        `frame` is what stands around the fields of all records; `joined` are files whose rows hang under those of the others.
        """
        self._frame = frame
        self._rules = rules
        self._folder = folder
        self._fetch = fetch
        self.faults: list[str] = []
        self.lookups: Lookups = {}
        """What is looked up for any of the kinds."""
        self.functions: dict[str, OwnFunction] = {}
        self.members = members
        self._files_of = {name: [file for file in joined if file.joined == name] for name in rules.children}
        self.joined: dict[int, Kinds] = {}
        """What the rows of joined files become."""
        self.joins: dict[str, Join] = {}
        """By relationship."""

    async def kinds(self, file: InputFile, described: Describe) -> Kinds:
        """Settle what the rows of a file become."""
        rules = self._rules
        nested = {tuple(name.lower() for name in path): keys for path, keys in file.nested}
        cases = {name: (each, await self._fetch(name)) for name, each in rules.cases.items()}
        shared = taken_by([*rules.cases.values(), *rules.children.values()]) | asked_for(rules.children.values())
        others = [column for column in file.columns if column.lower() in shared or any_has(column, cases.values())]
        own = await self._kind(file, rules, described, nested, others=others)
        mine = [column for column in file.columns if column.lower() in shared or takes(own.columns, column)]
        settled: list[tuple[Chosen, Kind]] = []
        for name, (each, found) in cases.items():
            at, mapping = f"cases.{name}.", each.as_mapping(rules, instead=True)
            kind = await self._kind(file, mapping, found, nested, others=mine, where=at)
            if each.when is None:
                self.faults.append(f"mapping.{at}when: is required: it says which rows become {name}")
            elif choose := self._chosen(each, file, f"mapping.{at}when"):
                settled.append((choose, kind))
        return Kinds(file, own, tuple(settled))

    async def _kind(
        self,
        file: InputFile,
        rules: MappingRules,
        described: Describe,
        nested: Nested,
        *,
        others: Iterable[str] = (),
        linked: str = "",
        where: str = "",
        complete: bool = True,
        parent: RecordRules | None = None,
    ) -> Kind:
        """Settle one kind and what hangs under it; `others` are columns that another kind of the row takes.

        `complete`: the file's columns are all that there are; otherwise what is missing shows in each row. `parent` is the
        table of the record itself, where it isn't the row's own.
        """
        hung, nests, branches = await self._below(file, rules, described, nested, where, parent)
        columns = tuple(
            column for column in file.columns if column.lower() not in nests and (column != ATTRIBUTES or file.format == "csv")
        )
        ignore = [*rules.ignore, *(column for column in others if not names(rules, described, column))]
        own = replace(rules, ignore=tuple(ignore))
        functions = functions_of(own, self._folder)
        self.functions.update(functions)
        made = Columns(
            own, described, functions, linked=linked, lookups=self.lookups, complete=complete, objects=file.format != "csv"
        )
        try:
            mapped = mapper(replace(file, columns=columns), made, keep_empty=rules.empty_cells == "null")
        except UsageError as fault:
            prefix = f"mapping.{where.rstrip('.')}: " if where else ""
            self.faults += [f"{prefix}{line}" for line in str(fault).splitlines()]
            mapped = _nothing
        if described.name == MEMBER:
            mapped = self.members.map_by(mapped, made.constants, linked)
        attributed = ATTRIBUTES in file.columns and file.format != "csv"
        return Kind(described, made, mapped, hung, nests or None, branches or None, attributed=attributed, frame=self._frame)

    async def _below(
        self, file: InputFile, rules: MappingRules, described: Describe, nested: Nested, where: str, parent: RecordRules | None
    ) -> tuple[tuple[Hung, ...], dict[str, Kind], dict[str, Branch]]:
        """Settle what hangs under a kind: what the job says, and what was found in the first rows."""
        hung: list[Hung] = []
        nests: dict[str, Kind] = {}
        branches: dict[str, Branch] = {}
        said = {name.lower(): (name, each) for name, each in rules.children.items()}
        found = dict.fromkeys([*said, *(path[0] for path in nested)])
        for lower in found:
            relationship = described.children.get(lower)
            name, each = said.get(lower, (lower, RecordRules()))
            if relationship is None:
                if lower in said:
                    self.faults.append(f"mapping.{where}children.{name}: {_no_relationship(name, described)}")
                continue
            child = await self._fetch(relationship.object)
            at = f"{where}children.{relationship.name}."
            wrong = misplaced(each, at, file, parent, first=at == f"children.{relationship.name}.", beside=self._beside())
            self.faults += [f"mapping.{at}{fault}" for fault in wrong]
            mapping = each.as_mapping(self._rules, instead=False)
            if each.inputs:
                await self._join(name, each, relationship, child, file)
            elif each.of_row:
                kind = await self._kind(file, mapping, child, {}, linked=relationship.field, where=at, parent=each)
                hung.append(Hung(relationship, kind, self._chosen(each, file, f"mapping.{at}when")))
            else:
                below = {path[1:]: keys for path, keys in nested.items() if len(path) > 1 and path[0] == lower}
                inner = replace(file, format="jsonl", columns=nested.get((lower,), ()))
                # what the first rows don't have is told of each row
                linked = relationship.field
                kind = await self._kind(inner, mapping, child, below, linked=linked, where=at, complete=False, parent=each)
                nests[lower] = kind
                branches[lower] = Branch(relationship, child, kind.branches or {})
        return tuple(hung), nests, branches

    async def _join(self, name: str, rules: RecordRules, relationship: Relationship, child: Describe, parents: InputFile) -> None:
        """Settle what the rows of joined files become; every file of parents has the same."""
        files, at = self._files_of.get(name, ()), f"children.{relationship.name}."
        mapping, columns = rules.as_mapping(self._rules, instead=False), tuple(rules.join.items())
        join = self.joins[name] = Join(name, relationship, columns, tuple(file.number for file in files))
        self.faults += absent(rules.join.values(), parents, join.where)
        for file in files:
            self.faults += absent(rules.join, file, join.where)
            nested = {tuple(key.lower() for key in path): keys for path, keys in file.nested}
            keys = keys_in(file, rules)
            kind = await self._kind(file, mapping, child, nested, others=keys, linked=relationship.field, where=at, parent=rules)
            if kind.attributed:
                self.faults.append(f"mapping.{at}input: {file.path}: records with attributes can't be joined: take them off")
            self.joined[file.number] = Kinds(file, kind)
        if any(path[0].lower() == relationship.name.lower() for path, _ in parents.nested):
            self.faults.append(f"mapping.{at}input: {parents.path} has {relationship.name} nested in its rows: only one can be")

    def _beside(self) -> Iterator[str]:
        """Name settings with which no joined file goes."""
        if self._rules.cases:
            yield "mapping.cases"
        if self._rules.large_families == "split":
            yield 'mapping.large_families = "split"'

    def _chosen(self, rules: RecordRules, file: InputFile, where: str) -> Chosen | None:
        if rules.when is None:
            return None
        try:
            return chosen(rules.when, file.columns, where)
        except UsageError as fault:
            self.faults.append(str(fault))
            return None


def _no_relationship(name: str, described: Describe) -> str:
    near = get_close_matches(name.lower(), described.children, n=1)
    hint = f"; did you mean {described.children[near[0]].name}?" if near else ""
    return f"{described.name} has no child relationship {name!r}{hint}"


def _nothing(_block: AnyBlock) -> tuple[list[bytes], Faults]:
    """Stand in for a mapping that has faults: nothing is read with it."""
    return [], {}
