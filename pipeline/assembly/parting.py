"""Families that are larger than a request, in parts: the row's own record first, what hangs under it once that has an id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from pipeline.assembly.member import Member
from pipeline.assembly.parents import Parents
from pipeline.model.made import Part
from pipeline.model.record import FAMILY_CODE, NO_KIN, FieldError, Kin
from pipeline.model.record_id import to_18
from pipeline.policy.packing import ENVELOPE
from pipeline.policy.parting import Branch, heads
from pipeline.policy.rules import SendRules
from pipeline.salesforce import tree
from pipeline.stages.chunker import Known

FRAME = 48
"""Bytes that put a record under another one, beside the name of the relationship, or that give it the id, beside the field's."""
_UNKNOWN = to_18("0" * 15)
"""Stands for the id of a record that has none yet."""


@dataclass(frozen=True, slots=True)
class Parting:
    """How the families of a run's rows are parted."""

    rules: SendRules = field(default_factory=SendRules)
    parents: Parents = field(default_factory=Parents)
    known: Mapping[int, Known] = field(default_factory=dict)
    """Which records of each file have a place in the journal."""
    wanted: bool = False
    """Whether a family that is too large may be parted. One of which a part was sent before is parted in any case."""

    def begun(self, own: Kin, kin: Sequence[Kin]) -> bool:
        """Tell whether a row's own record has a place in the journal, and others of its family have none."""
        return self._knows(own) and not all(map(self._knows, kin))

    def too_large(self, family: Sequence[Member]) -> bool:
        """Tell whether a family has more records, or more bytes, than a request takes."""
        if len(family) > self.rules.chunk_records:
            return True
        most = self.rules.chunk_bytes
        return sum(map(_size, family)) > most - ENVELOPE and len(family[0].whole()) + 2 > most - ENVELOPE

    def faults(self, family: Sequence[Member]) -> Iterator[tuple[Member, FieldError]]:
        """Say which records can't be sent apart from the others, and why."""
        most = self.rules.chunk_bytes
        for member in family:
            if (size := _size(member)) > most - ENVELOPE:
                message = f"is {size:,} bytes as a record, and send.chunk_bytes allows {most:,}"
                yield member, FieldError("RECORD_TOO_LARGE", message)
            if (name := member.link).encode() in member.record and name in orjson.loads(member.record):
                message = f"gives {name} by itself, and gets it from the record under which it stands"
                yield member, FieldError("PARENT_GIVEN", message, (name,))

    def parts(self, family: Sequence[Member], own: Kin, kin: Sequence[Kin], wave: int) -> tuple[Part, ...]:
        """Cut a family into parts, parents first; `own` and `kin` say of its records, in the same order, where they stand.

        `wave` says how many passes go before that of the row. Records that have a place in the journal are left out.
        """
        places = {id(member): number for number, member in enumerate(family)}
        each = [own, *kin]
        branches = [
            Branch(places[id(member.parent)] if member.parent else -1, one.object, _size(member), self._knows(one))
            for member, one in zip(family, each, strict=True)
        ]
        found = heads(branches, most_records=self.rules.chunk_records, most_bytes=self.rules.chunk_bytes - ENVELOPE)
        below: dict[int, list[Kin]] = {}
        for number, head in enumerate(found):
            if number != head:
                below.setdefault(head, []).append(each[number])
        parts: dict[int, Part] = {}
        for number, head in enumerate(found):
            if number == head and not branches[number].known:
                above = branches[number].parent
                with_it = tuple(below.get(number, NO_KIN))
                if number:
                    parts[number] = self._part(family[number], each[number], with_it, each[above], parts.get(above))
                else:
                    parts[0] = Part(own, family[0].record, with_it, wave)
        return tuple(parts.values())

    def ended(self, kin: Sequence[Kin], errors: tuple[FieldError, ...]) -> tuple[Part, ...]:
        """Let what is left of a family end, where it can't be made any more as it was when the rest was sent."""
        first, *others = (one for one in kin if not self._knows(one))
        return (Part(first, b"", tuple(others), errors=errors),)

    def _part(self, member: Member, own: Kin, kin: tuple[Kin, ...], parent: Kin, above: Part | None) -> Part:
        """Make a part with the id of the record above; `above` is the part that this one begins, if it isn't sent yet."""
        place = (parent.file, parent.line)
        if above and above.errors:
            return Part(own, b"", kin, errors=above.errors)
        if lost := self.parents.lost(place):
            error = FieldError(FAMILY_CODE, f"it hangs under {parent.reference} ({parent.object}), which {lost}")
            return Part(own, b"", kin, errors=(error,))
        key = self.parents.id_of(place)
        whole = tree.link(member.whole(), member.link, key or _UNKNOWN)
        record = tree.link(member.record, member.link, key or _UNKNOWN) if member.below and not kin else whole
        wave = 0 if key else (above.wave if above else 0) + 1
        return Part(own if own.source else replace(own, source=whole), record, kin, wave)

    def _knows(self, one: Kin) -> bool:
        known = self.known.get(one.file)
        return bool(known) and known is not None and one.line in known


def _size(member: Member) -> int:
    return len(member.record) + FRAME + max(len(member.relationship), len(member.link))
