"""Families: a row's own record, those that are nested in the row, and those that are made of it, put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.assembly.kinds import Kind
from pipeline.assembly.links import Links
from pipeline.assembly.member import Member
from pipeline.assembly.parting import Parting
from pipeline.formats.at_references import HINT, filled
from pipeline.formats.nesting import Node, take_apart
from pipeline.model.made import Made, Part
from pipeline.model.record import MEMBER, FieldError, Kin, member_reference, references
from pipeline.model.row import AnyBlock, CellBlock, ObjectBlock
from pipeline.policy.packing import HOW_TO_LOAD_IT, MOST_TYPES
from pipeline.policy.waves import Row
from pipeline.salesforce import encoding
from pipeline.salesforce.encoding import Encode

Faults = dict[int, tuple[FieldError, ...]]


def encoder(kind: Kind, run: str) -> Encode:
    """Make what encodes the records of a kind."""
    made = kind.columns
    return encoding.encoder(kind.describe.name, made.constants, frame=kind.frame, marker=made.marker, run=run)


class FamilyMaker:
    """Makes the families of one file's rows."""

    def __init__(self, file: int, kind: Kind, run: str, parting: Parting, links: Links | None = None) -> None:
        """Make families of a kind; `parting` knows of those that don't go as a whole, `links` what references mean."""
        self._links = links if kind.attributed else None
        self._file = file
        self._kind = kind
        self._run = run
        self._parting = parting
        self._encoders: dict[int, Encode] = {}

    def make(self, block: AnyBlock) -> Made:
        """Make the families of a block's rows; what is wrong with any record of one is wrong with its row."""
        faults: Faults = {}
        families = [self._family(block, at, faults) for at in range(len(block.rows))]
        waiting = self._link(block, families, faults, self._links) if self._links else {}
        self._encode([family[0] for family in families], _own_rows(block, families), faults)
        self._encode_nested([member for family in families for member in family[1:]], faults)
        self._hang_made(block, self._kind, [family[0] for family in families], families, faults)
        kin = [self._kin(block, family) for family in families]
        parts = self._parts(block, families, kin, faults, waiting)
        return Made(
            references(self._file, block.lines),
            [family[0].record if at in parts else family[0].whole() for at, family in enumerate(families)],
            faults,
            self._kind.describe.name,
            kin=kin if any(kin) else (),
            waiting=waiting,
            scattered=self._links is not None,
            parts=parts,
        )

    def _parts(
        self,
        block: AnyBlock,
        families: Sequence[list[Member]],
        kin: Sequence[tuple[Kin, ...]],
        faults: Faults,
        waiting: Mapping[int, int],
    ) -> dict[int, tuple[Part, ...]]:
        """Part the families that don't go as a whole; what is wrong with a part is wrong with its row."""
        parting = self._parting
        parts: dict[int, tuple[Part, ...]] = {}
        for at, family in enumerate(families):
            own = self._own(block, at, family[0]) if kin[at] and (parting.known or parting.wanted) else None
            begun = own is not None and parting.begun(own, kin[at])
            mixed = len({member.kind.describe.name for member in family}) > MOST_TYPES
            if own is None or not (begun or (parting.wanted and (mixed or parting.too_large(family)))):
                if mixed:
                    message = f"its records are of more than {MOST_TYPES} objects{HOW_TO_LOAD_IT}"
                    _note(faults, at, [FieldError("FAMILY_TOO_MIXED", message)])
                continue
            for member, error in parting.faults(family) if at not in faults else ():
                _note(faults, at, [_within(member.path, error)])
            if at not in faults:
                parts[at] = parting.parts(family, own, kin[at], waiting.get(at, 0))
            elif begun:
                parts[at] = parting.ended(kin[at], faults[at])
        return parts

    def _own(self, block: AnyBlock, at: int, member: Member) -> Kin:
        name = self._kind.describe.name
        return Kin(name, member.reference, member.place, self._file, block.offsets[at], "", "", block.raw[at])

    def _link(self, block: AnyBlock, families: Sequence[list[Member]], faults: Faults, links: Links) -> dict[int, int]:
        """Put ids where records are referred to by name; return which rows have to wait for them, and how long."""
        waiting = {}
        for at, family in enumerate(families):
            if HINT in block.raw[at]:
                row = self._file, block.lines[at]
                for member in family:
                    _fill(member, row, links, faults)
                if at not in faults and (wave := links.wave(row)):
                    waiting[at] = wave
        return waiting

    def _family(self, block: AnyBlock, at: int, faults: Faults) -> list[Member]:
        """Tell the records of a row apart. A row of which they can't be told has only its own, and a fault."""
        family: list[Member] = []
        for number, node in enumerate(self._nodes(block.rows[at], block.raw[at], at, faults)):
            member = self._member(self._kind.below(node.levels), block, at, number)
            member.path, member.row, member.raw = node.path, node.row, node.raw
            _under(member, family[node.parent] if number else None, node.relationship)
            family.append(member)
        return family

    def _nodes(self, row: Any, raw: bytes, at: int, faults: Faults) -> list[Node]:
        nodes = nodes_of(self._kind, row, raw)
        if isinstance(nodes, FieldError):
            _note(faults, at, [nodes])
            return [Node(self._kind.describe.name, {}, b"{}", -1, "", "")]
        return nodes

    def _member(self, kind: Kind, block: AnyBlock, at: int, number: int) -> Member:
        place = block.lines[at] + number * MEMBER
        return Member(kind, at, place, member_reference(self._file, place))

    def _encode_nested(self, members: Sequence[Member], faults: Faults) -> None:
        """Map and encode what is nested in rows, all of one kind together."""
        by_kind: dict[int, list[Member]] = {}
        for member in members:
            by_kind.setdefault(id(member.kind), []).append(member)
        for alike in by_kind.values():
            places = [member.place for member in alike]
            rows = [member.row for member in alike]
            self._encode(alike, ObjectBlock(places, places, [member.raw for member in alike], rows=rows), faults)

    def _hang_made(
        self, block: AnyBlock, kind: Kind, parents: Sequence[Member | None], families: Sequence[list[Member]], faults: Faults
    ) -> None:
        """Add what is made of the rows themselves, under those of the parents that there are."""
        for hung in kind.hung:
            chosen = hung.choose(block) if hung.choose else [True] * len(block.rows)
            made = [
                self._member(hung.kind, block, at, len(families[at])) if parent and fits else None
                for at, (parent, fits) in enumerate(zip(parents, chosen, strict=True))
            ]
            for member, parent in zip(made, parents, strict=True):
                if member and parent:
                    member.path = hung.relationship.name
                    _under(member, parent, hung.relationship.name)
                    families[member.at].append(member)
            self._encode(made, block, faults)
            self._hang_made(block, hung.kind, made, families, faults)

    def _encode(self, members: Sequence[Member | None], block: AnyBlock, faults: Faults) -> None:
        """Map rows of a block and make them the records of these members, all of one kind; None: not that row."""
        kind = next((member.kind for member in members if member), None)
        if kind is None:
            return
        if id(kind) not in self._encoders:
            self._encoders[id(kind)] = encoder(kind, self._run)
        fields, wrong = kind.map(block)
        records = self._encoders[id(kind)]([member.reference if member else "" for member in members], fields)
        for place, (member, record) in enumerate(zip(members, records, strict=True)):
            if member:
                member.record = record
                if errors := wrong.get(place):
                    _note(faults, member.at, [_within(member.path, error) for error in errors])

    def _kin(self, block: AnyBlock, family: Sequence[Member]) -> tuple[Kin, ...]:
        return tuple(
            Kin(
                member.kind.describe.name,
                member.reference,
                member.place,
                self._file,
                block.offsets[member.at],
                member.parent.reference if member.parent else "",
                member.relationship,
            )
            for member in family[1:]
        )


def nodes_of(kind: Kind, row: Any, raw: bytes) -> list[Node] | FieldError:
    """Tell the records of a row apart, its own first; or say why that can't be done."""
    if not isinstance(row, dict) or (b"[" not in raw and raw.count(b"{") == 1):
        return [Node(kind.describe.name, row, raw, -1, "", "")]
    return take_apart(row, raw, kind.describe, kind.branches or {})


def _fill(member: Member, row: Row, links: Links, faults: Faults) -> None:
    """Put ids, or what stands for them, where a record refers to others."""
    if references := member.kind.references(member.row):
        for key, name in references.items():
            if error := links.refusal(row, key, name):
                _note(faults, member.at, [_within(member.path, error)])
        member.row, member.raw = filled(member.row, member.raw, {key: links.id_for(name) for key, name in references.items()})


def _under(member: Member, parent: Member | None, relationship: str) -> None:
    if parent:
        member.parent, member.relationship = parent, relationship
        parent.below.setdefault(relationship, []).append(member)


def _own_rows(block: AnyBlock, families: Sequence[list[Member]]) -> AnyBlock:
    """Return the rows without what is nested in them."""
    if isinstance(block, CellBlock):
        return block
    return replace(block, raw=[family[0].raw for family in families], rows=[family[0].row for family in families])


def _note(faults: Faults, at: int, errors: Iterable[FieldError]) -> None:
    faults[at] = (*faults.get(at, ()), *errors)


def _within(path: str, error: FieldError) -> FieldError:
    """Say in which record of the row something is wrong."""
    return replace(error, message=f"{path}: {error.message}") if path else error
