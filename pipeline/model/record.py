"""A record: what is sent for a row. A chunk: the records of one request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress

from pipeline.model.lifecycle import RowState

LINE_END = b"\r\n"


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
    """A row with a story of its own: where it stands, how it ends, and its source so that it can be corrected and fed back."""

    line: int
    offset: int
    ending: Ending
    source: bytes
    """The row as it stands in its file, without the line end."""


@dataclass(slots=True)
class Chunk:
    """The records of one request, and the rows they come from. Rows that end by themselves are taken out (`leave_out`)."""

    number: int
    file: int
    lines: list[int]
    offsets: list[int]
    records: list[bytes]
    sources: list[bytes]
    references: list[str]
    """They name the rows, so they are unique in the run."""
    attempts: int = 0
    doubted: bool = False
    """Rows of it were in doubt before, and evidence said that they had not been created."""

    def __len__(self) -> int:
        return len(self.records)

    def leave_out(self, endings: Mapping[str, Ending]) -> list[RowEnd]:
        """Take the named records out; return their rows with how they end. The others stay as they are encoded."""
        kept = [name not in endings for name in self.references]
        ends = [
            RowEnd(self.lines[i], self.offsets[i], endings[name], self.sources[i].rstrip(LINE_END))
            for i, name in enumerate(self.references)
            if name in endings
        ]
        self.lines = list(compress(self.lines, kept))
        self.offsets = list(compress(self.offsets, kept))
        self.records = list(compress(self.records, kept))
        self.sources = list(compress(self.sources, kept))
        self.references = list(compress(self.references, kept))
        return ends

    def take_front(self, size: int, number: int) -> "Chunk":
        """Take the first `size` records out, as a chunk of this number that has been through the same."""
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
        )
        del self.lines[:size], self.offsets[:size], self.records[:size], self.sources[:size], self.references[:size]
        return front

    def put_back(self, front: "Chunk") -> None:
        """Put in again what was taken out in front."""
        self.lines[:0] = front.lines
        self.offsets[:0] = front.offsets
        self.records[:0] = front.records
        self.sources[:0] = front.sources
        self.references[:0] = front.references
        self.attempts = max(self.attempts, front.attempts)


def references(file: int, lines: Iterable[int]) -> list[str]:
    """Name rows: `r1_17` is line 17 of the first file. Matches `^[A-Za-z0-9][A-Za-z0-9_]*$`."""
    start = f"r{file}_"
    return [f"{start}{line}" for line in lines]
