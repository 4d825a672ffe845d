"""A record: what is sent for a row. A chunk: the records of one request."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with a row, in the org's words or ours."""

    code: str
    """Salesforce's statusCode or errorCode, or one of ours (`UNREADABLE`, `INVALID_VALUE` ...)."""
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that ends here, with every reason, and its source so that it can be corrected and fed back."""

    line: int
    offset: int
    errors: tuple[FieldError, ...]
    source: bytes
    """The row as it was read: of a CSV row its cells as a JSON array, of a JSON row its own line."""


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Rows that became records, in the order of the file; parallel sequences, one entry a record."""

    file: int
    lines: Sequence[int]
    offsets: Sequence[int]
    records: Sequence[bytes]
    """Each one JSON object with its `attributes`, encoded once, with no line end in it."""
    sources: Sequence[list[str] | bytes]
    """Each row as it was read (CSV cells or JSON bytes), for the file of rejected rows."""


@dataclass(slots=True)
class Chunk:
    """The records of one request, and the rows they come from. What the org has rejected is taken out (`leave_out`)."""

    number: int
    file: int
    lines: list[int]
    offsets: list[int]
    records: list[bytes]
    sources: list[list[str] | bytes]
    attempts: int = 0

    def __len__(self) -> int:
        return len(self.records)

    def references(self) -> list[str]:
        """Reference of each record, in order: they name the row, so they are unique in the run."""
        prefix = f"r{self.file}_"
        return [f"{prefix}{line}" for line in self.lines]


def reference(file: int, line: int) -> str:
    """Name a row: `r1_17` is line 17 of the first file. Matches `^[A-Za-z0-9][A-Za-z0-9_]*$`."""
    return f"r{file}_{line}"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a block: records to send, and rows that can't become one."""

    records: RecordBlock
    rejected: Sequence[Rejection] = field(default=())
