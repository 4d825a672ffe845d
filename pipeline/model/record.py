"""A record: what is sent for a row. A chunk: the records of one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

import orjson


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
    """The row as it was read: of CSV its cells as a JSON array, of JSON Lines its own line. Of an unreadable line a JSON
    array: its text, then what cells could be told apart."""


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
        """Return the reference of each record, in order: they name the row, so they are unique in the run."""
        start = f"r{self.file}_"
        return [start + str(line) for line in self.lines]  # as `reference` has it, without a call a row

    def leave_out(self, errors: Mapping[str, tuple[FieldError, ...]]) -> list[Rejection]:
        """Take the named records out; return their rows with the errors. The others stay as they are encoded."""
        kept = [name not in errors for name in self.references()]
        rejected = [
            Rejection(self.lines[i], self.offsets[i], errors[reference(self.file, self.lines[i])], as_read(self.sources[i]))
            for i, stays in enumerate(kept)
            if not stays
        ]
        self.lines = list(compress(self.lines, kept))
        self.offsets = list(compress(self.offsets, kept))
        self.records = list(compress(self.records, kept))
        self.sources = list(compress(self.sources, kept))
        return rejected


def reference(file: int, line: int) -> str:
    """Name a row: `r1_17` is line 17 of the first file. Matches `^[A-Za-z0-9][A-Za-z0-9_]*$`."""
    return f"r{file}_{line}"


def as_read(source: list[str] | bytes) -> bytes:
    """Put a row's source into bytes, for the journal."""
    return source if isinstance(source, bytes) else orjson.dumps(source)
