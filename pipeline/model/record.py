"""A record: what is sent for a row. A family: a record and those that hang under it. A chunk: the families of one request."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, compress

from pipeline.model.lifecycle import RowState

LINE_END = b"\r\n"
MEMBER = 1 << 40
"""Records that a row has beside its own have places of their own: its line and so many times this. No file has more lines."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with a row, in the org's words or ours."""

    code: str
    """Salesforce's statusCode or errorCode, or one of ours (`UNREADABLE`, `INVALID_VALUE` ...)."""
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a row ends by itself, apart from its chunk; `id` is that of a row that was recovered."""

    state: RowState
    errors: tuple[FieldError, ...]
    id: str = ""


DUPLICATE_IN_FILE = "DUPLICATE_IN_FILE"
"""Code of a row for which an earlier one stands."""


def ended_here(errors: tuple[FieldError, ...]) -> Ending:
    """Say how a row ends that is not sent: by what is said of it, it is a duplicate in the file, or rejected here."""
    twice = any(error.code == DUPLICATE_IN_FILE for error in errors)
    return Ending(RowState.DUPLICATE_IN_FILE if twice else RowState.REJECTED_HERE, errors)


@dataclass(frozen=True, slots=True)
class RowEnd:
    """A record with a story of its own: where it stands, how it ends, and its row's source, to be corrected and fed back."""

    line: int
    """The line of its row; of a further record of the row its place (see `MEMBER`)."""
    offset: int
    ending: Ending
    source: bytes
    """The row as it stands in its file, without the line end; of a further record of the row nothing."""
    object: str = ""
    """What it would be; empty: what the rows of its run are."""
    file: int = 0
    """The file of its row, where that isn't the one of its chunk."""
    family: tuple[int, int] = (0, 0)
    """File and place of the record that it hangs under, where its own place doesn't show that: a row of another file, or one that
    begins a part."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A record that hangs under a row's own: nested in the row, made of it, or a row of another file that belongs to it."""

    object: str
    reference: str
    line: int
    """Its place: see `RowEnd.line`."""
    file: int
    offset: int
    parent: str
    """Reference of the record that it hangs under ..."""
    relationship: str
    """... and the name that this one's children of its kind have there: `Contacts`."""
    source: bytes = b""
    """Of a row of another file its bytes there."""


FAMILY_CODE = "FAMILY"
"""Code of a record that nothing is wrong with, but with another one of its family."""
NO_PARENT = "NO_PARENT"
"""Code of a row that should hang under one of another file, and finds none there."""
NO_KIN: tuple[Kin, ...] = ()


@dataclass(slots=True)
class Chunk:
    """The records of one request, and the rows they come from. Rows that end by themselves are taken out (`leave_out`)."""

    number: int
    file: int
    lines: list[int]
    offsets: list[int]
    records: list[bytes]
    """Each with those that hang under it: a family is one line of the payload, and goes or stays as a whole."""
    sources: list[bytes]
    references: list[str]
    """They name the rows, so they are unique in the run."""
    attempts: int = 0
    doubted: bool = False
    """Rows of it were in doubt before, and evidence said that they had not been created."""
    object: str = ""
    """What the rows become; empty: what the rows of the run are."""
    kin: list[tuple[Kin, ...]] = field(default_factory=list)
    """What hangs under each row's record, parents first; empty: nothing hangs under any."""
    keys: set[bytes] = field(default_factory=set)
    """What its records make the org lock."""

    def __len__(self) -> int:
        return len(self.records)

    @property
    def size(self) -> int:
        """Records in all."""
        return len(self.records) + sum(map(len, self.kin))

    def families(self) -> list[int]:
        """Count the records of each row's family."""
        return [1 + len(kin) for kin in self.kin] if self.kin else [1] * len(self.records)

    def rows_within(self, records: int) -> int:
        """Count the rows from the front that have so many records in all at most; one at least."""
        if not self.kin:
            return min(records, len(self))
        return max(sum(size <= records for size in accumulate(self.families())), 1)

    def names(self) -> list[str]:
        """Name all records: each row's own, then its kin."""
        if not self.kin:
            return self.references
        return [
            name for own, kin in zip(self.references, self.kin, strict=True) for name in (own, *(one.reference for one in kin))
        ]

    def places(self) -> list[tuple[int, int, str]]:
        """Say of each record, in the order of `names`, the file, its place there, and its object."""
        if not self.kin:
            return [(self.file, line, self.object) for line in self.lines]
        return [
            place
            for line, kin in zip(self.lines, self.kin, strict=True)
            for place in ((self.file, line, self.object), *((one.file, one.line, one.object) for one in kin))
        ]

    def leave_out(self, endings: Mapping[str, Ending]) -> list[RowEnd]:
        """Take the families of the named records out; return their records with how they end. The others stay as they are."""
        out = self._families(endings)
        ends = [end for at in sorted(out) for end in self._ends(at, endings)]
        self.keep([at not in out for at in range(len(self.references))])
        return ends

    def keep(self, kept: Sequence[bool]) -> None:
        """Keep these rows only; `kept` says it of each."""
        self.lines = list(compress(self.lines, kept))
        self.offsets = list(compress(self.offsets, kept))
        self.records = list(compress(self.records, kept))
        self.sources = list(compress(self.sources, kept))
        self.references = list(compress(self.references, kept))
        self.kin = list(compress(self.kin, kept))

    def _families(self, endings: Mapping[str, Ending]) -> set[int]:
        out = {at for at, name in enumerate(self.references) if name in endings}
        return out | {at for at, kin in enumerate(self.kin) if any(one.reference in endings for one in kin)}

    def _ends(self, at: int, endings: Mapping[str, Ending]) -> Iterator[RowEnd]:
        kin = self.kin[at] if self.kin else NO_KIN
        source = self.sources[at].rstrip(LINE_END)
        yield from family_ends(
            Kin(self.object, self.references[at], self.lines[at], self.file, self.offsets[at], "", "", source), kin, endings
        )

    def take_in(self, other: "Chunk") -> None:
        """Put the rows of another chunk of the same file and object among these, in the order of their lines."""
        if self.kin or other.kin:
            self.kin = [*(self.kin or [NO_KIN] * len(self)), *(other.kin or [NO_KIN] * len(other))]
        self.lines += other.lines
        self.offsets += other.offsets
        self.records += other.records
        self.sources += other.sources
        self.references += other.references
        self.keys |= other.keys
        order = sorted(range(len(self)), key=lambda at: (self.lines[at] & (MEMBER - 1), self.lines[at]))
        self.lines = [self.lines[at] for at in order]
        self.offsets = [self.offsets[at] for at in order]
        self.records = [self.records[at] for at in order]
        self.sources = [self.sources[at] for at in order]
        self.references = [self.references[at] for at in order]
        self.kin = [self.kin[at] for at in order] if self.kin else []

    def take_front(self, size: int, number: int) -> "Chunk":
        """Take the first `size` rows out, as a chunk of this number that has been through the same."""
        front = Chunk(
            number,
            self.file,
            self.lines[:size],
            self.offsets[:size],
            self.records[:size],
            self.sources[:size],
            self.references[:size],
            self.attempts,
            self.doubted,
            self.object,
            self.kin[:size],
            {*self.keys},
        )
        del (
            self.lines[:size],
            self.offsets[:size],
            self.records[:size],
            self.sources[:size],
            self.references[:size],
            self.kin[:size],
        )
        return front

    def take(self, names: Collection[str], number: int) -> "Chunk":
        """Take the rows with these references out, as a chunk of this number that has been through the same."""
        taken = replace(self, number=number)
        taken.keep([name in names for name in self.references])
        self.keep([name not in names for name in self.references])
        return taken

    def put_back(self, front: "Chunk") -> None:
        """Put in again what was taken out in front."""
        self.lines[:0] = front.lines
        self.offsets[:0] = front.offsets
        self.records[:0] = front.records
        self.sources[:0] = front.sources
        self.references[:0] = front.references
        self.kin[:0] = front.kin
        self.attempts = max(self.attempts, front.attempts)


def family_ends(own: Kin, kin: Iterable[Kin], endings: Mapping[str, Ending]) -> Iterator[RowEnd]:
    """Say how the records of a family end, some of which are named: none of them is created without the others."""
    family = (own, *kin)
    named = [one for one in family if one.reference in endings]
    doubted = [one for one in named if endings[one.reference].state is RowState.IN_DOUBT]
    first = (doubted or named)[0]
    cause = endings[first.reference]
    for one in family:
        ending = endings.get(one.reference) or Ending(cause.state, (_with(first, cause),))
        ending = replace(ending, state=cause.state) if doubted else ending  # what may exist does so as a whole
        shown = one is own or (one.file == own.file and own.line < MEMBER)  # by its place
        under = (0, 0) if shown else (own.file, own.line)
        yield RowEnd(one.line, one.offset, ending, one.source.rstrip(LINE_END), one.object, one.file, under)


def _with(named: Kin, cause: Ending) -> FieldError:
    first = cause.errors[0]
    message = f"its family goes as a whole, and {named.reference} ({named.object}) can't: {first.code}: {first.message}"
    return FieldError(FAMILY_CODE, message)


def references(file: int, lines: Iterable[int]) -> list[str]:
    """Name records by their places: `r1_17` is the row in line 17 of the first file. Matches `^[A-Za-z0-9][A-Za-z0-9_]*$`."""
    start = f"r{file}_"
    return [f"{start}{line}" for line in lines]


def member_reference(file: int, place: int) -> str:
    """Name a record by a place that may be one of a further record of a row: `r1_17_2`."""
    number, line = divmod(place, MEMBER)
    return f"r{file}_{line}_{number}" if number else f"r{file}_{line}"


_REFERENCE = re.compile(r"r([1-9][0-9]{0,8})_([1-9][0-9]{0,12})(?:_([1-9][0-9]{0,5}))?", re.ASCII)


def place_of(reference: str) -> tuple[int, int] | None:
    """Take file and place out of a reference again; None if it is none of ours."""
    found = _REFERENCE.fullmatch(reference)
    if found is None or int(found[2]) >= MEMBER:
        return None
    return int(found[1]), int(found[2]) + int(found[3] or 0) * MEMBER
