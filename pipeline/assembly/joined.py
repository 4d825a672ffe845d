"""Rows of several files come together: a row's own record, and under it those of the rows that belong to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.assembly.joins import Join
from pipeline.formats.rereading import reread
from pipeline.formats.rules import ReadRules
from pipeline.mapping.duplicates import NOT_UNIQUE
from pipeline.model.made import Made, Make
from pipeline.model.record import DUPLICATE_IN_FILE, FAMILY_CODE, NO_KIN, NO_PARENT, FieldError, Kin, references
from pipeline.model.row import AnyBlock, InputFile, some_rows
from pipeline.policy.packing import MOST_TYPES
from pipeline.salesforce import tree
from pipeline.stages.joiner import Child, Joiner, Reason, Wrong, cut

TOGETHER = 2_000
"""Children that are made at once, at most; more only if one row has more."""
FAMILY_TOO_LARGE = "FAMILY_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Matched:
    """A join whose rows have found their parents."""

    join: Join
    joiner: Joiner
    files: Mapping[int, InputFile]
    """The children's files, by number."""
    names: Mapping[int, str]
    """What each file of the run is called in reports."""
    rules: ReadRules
    most: int
    """Records that a request takes."""

    def said(self, wrong: Wrong) -> FieldError:
        """Say what is wrong with a row, parent or child."""
        theirs, ours = (" and ".join(each) for each in zip(*self.join.columns, strict=True))
        others = " and ".join(f"line {line} of {self.names[file]}" for file, line in wrong.others)
        match wrong.reason:
            case Reason.NO_KEY:
                return FieldError(NO_PARENT, f"{theirs} is empty, so it belongs to no row", tuple(self._columns(0)))
            case Reason.NO_PARENT:
                message = f"no row has {ours} as {theirs} says: add that row, or correct {theirs}"
                return FieldError(NO_PARENT, message, tuple(self._columns(0)))
            case Reason.SEVERAL if len(wrong.others) == 1:
                message = f"has the same {ours} as {others}, and nobody knows to which of them rows of {self._children()} belong"
                return FieldError(NOT_UNIQUE, message, tuple(self._columns(1)))
            case Reason.SEVERAL:
                message = f"{others} have the {ours} that {theirs} says, and nobody knows to which it belongs"
                return FieldError(NOT_UNIQUE, message, tuple(self._columns(0)))
            case Reason.TOO_LARGE:
                large = f"family has {wrong.children + 1:,} records; a request takes {self.most:,}"
                if wrong.others:
                    return FieldError(FAMILY_CODE, f"its family goes as a whole, and can't: {others}: its {large}")
                return FieldError(FAMILY_TOO_LARGE, f"its {large}")

    def _columns(self, side: int) -> Iterator[str]:
        return (pair[side] for pair in self.join.columns)

    def _children(self) -> str:
        return " and ".join(self.names[number] for number in self.join.children)


@dataclass(slots=True)
class _Family:
    """What comes to the record of a row."""

    kin: list[Kin] = field(default_factory=list)
    below: dict[str, list[bytes]] = field(default_factory=dict)
    faults: dict[str, tuple[FieldError, ...]] = field(default_factory=dict)
    own: tuple[FieldError, ...] = ()


def with_children(file: int, make: Make, joins: Sequence[tuple[Matched, Mapping[int, Make]]]) -> Make:
    """Make records of a file's rows with those under them that belong to them; each join has what makes its children."""

    def make_whole(block: AnyBlock) -> Made:
        made = make(block)
        families: dict[int, _Family] = {}
        for matched, makes in joins:
            for at, wrong in matched.joiner.wrong(file, block.lines).items():
                families.setdefault(at, _Family()).own += (matched.said(wrong),)
            below = matched.joiner.below(file, block.lines)
            for number in matched.join.children:
                mine = [(at, child) for at, children in below.items() for child in children if child.file == number]
                if mine:
                    _make_children(made, mine, matched, makes[number], families)
        return _whole(made, families, f"r{file}_", block.lines) if families else made

    return make_whole


def _make_children(
    made: Made, mine: Sequence[tuple[int, Child]], matched: Matched, make: Make, families: dict[int, _Family]
) -> None:
    """Make records of rows of one file, for the families that they belong to."""
    children = [child for _, child in mine]
    file, relationship = matched.files[children[0].file], matched.join.relationship.name
    places = [child.line for child in children], [child.offset for child in children]
    block = reread(file, matched.rules, *places, matched.joiner.raw(children))
    theirs = make(block)
    for place, (at, child) in enumerate(mine):
        family, reference = families.setdefault(at, _Family()), theirs.references[place]
        name = theirs.objects[place] if theirs.objects else theirs.object
        parent, source = made.references[at], block.raw[place]
        family.kin.append(Kin(name, reference, child.line, file.number, child.offset, parent, relationship, source))
        family.kin += theirs.kin[place] if theirs.kin else NO_KIN
        if errors := theirs.faults.get(place):
            family.faults[reference] = errors
        else:
            family.below.setdefault(relationship, []).append(theirs.records[place])


def _whole(made: Made, families: Mapping[int, _Family], start: str, lines: Sequence[int]) -> Made:
    """Put families together."""
    records, kin = list(made.records), list(made.kin) or [NO_KIN] * len(made.references)
    faults, kin_faults = dict(made.faults), dict(made.kin_faults)
    for at, family in families.items():
        kin[at] = (*kin[at], *family.kin)
        wrong = (*family.own, *_too_mixed(made, at, kin[at]))
        if wrong and not _is_repeat(faults.get(at, ())):
            faults[at] = (*faults.get(at, ()), *wrong)
        if _is_repeat(faults.get(at, ())):
            kin_faults[at] = _of_a_repeat(family, f"{start}{lines[at]}", made.object)
        elif family.faults:
            kin_faults[at] = family.faults
        if at not in faults and at not in kin_faults:
            records[at] = tree.hang(records[at], family.below)
    return replace(made, records=records, kin=kin, faults=faults, kin_faults=kin_faults)


def _too_mixed(made: Made, at: int, kin: Sequence[Kin]) -> Iterator[FieldError]:
    own = made.objects[at] if made.objects else made.object
    if len({own, *(one.object for one in kin)}) > MOST_TYPES:
        yield FieldError("FAMILY_TOO_MIXED", f"its records are of more than {MOST_TYPES} objects")


def _is_repeat(errors: Sequence[FieldError]) -> bool:
    return any(error.code == DUPLICATE_IN_FILE for error in errors)


def _of_a_repeat(family: _Family, reference: str, object_name: str) -> dict[str, tuple[FieldError, ...]]:
    """Say of what belongs to a row for which another one stands that it isn't loaded: for these rows none stands."""
    error = FieldError(FAMILY_CODE, f"it belongs to {reference} ({object_name}), which repeats another row and is not loaded")
    return {one.reference: (*family.faults.get(one.reference, ()), error) for one in family.kin}


def aside(file: int, make: Make, matched: Matched, object_name: str) -> Make:
    """Make of the rows of a joined file only those that can't go with another row: to say what is wrong with them."""

    def make_refused(block: AnyBlock) -> Made:
        names, found = references(file, block.lines), matched.joiner.wrong(file, block.lines)
        if not found:
            return Made(names, [], {}, object_name, aside=True)
        made = make(some_rows(block, [*found]))
        kin = [NO_KIN] * len(names)
        faults: dict[int, tuple[FieldError, ...]] = {}
        for place, (at, wrong) in enumerate(found.items()):
            faults[at] = (matched.said(wrong), *made.faults.get(place, ()))
            kin[at] = made.kin[place] if made.kin else NO_KIN
        return Made(names, [], faults, object_name, kin=kin if any(kin) else (), aside=True)

    return make_refused


def portions(file: int, block: AnyBlock, joins: Sequence[Matched]) -> Iterator[AnyBlock]:
    """Part a block of rows so that the parts have no more than so many children."""
    counts = [matched.joiner.counted(file, block.lines) for matched in joins]
    together = [sum(each) for each in zip(*counts, strict=True)]
    if sum(together) <= TOGETHER:
        yield block
        return
    for start, end in cut(together, TOGETHER):
        part = some_rows(block, range(start, end))
        yield part if start else replace(part, unreadable=block.unreadable, blank=block.blank)
