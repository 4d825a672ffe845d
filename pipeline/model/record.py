"""A record: what is sent for a row. A chunk: the records of one request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress

LINE_END = b"\r\n"


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
    """The row as it stands in its file, without the line end."""


@dataclass(slots=True)
class Chunk:
    """The records of one request, and the rows they come from. What the org has rejected is taken out (`leave_out`)."""

    number: int
    file: int
    lines: list[int]
    offsets: list[int]
    records: list[bytes]
    sources: list[bytes]
    references: list[str]
    """They name the rows, so they are unique in the run."""
    attempts: int = 0

    def __len__(self) -> int:
        return len(self.records)

    def leave_out(self, errors: Mapping[str, tuple[FieldError, ...]]) -> list[Rejection]:
        """Take the named records out; return their rows with the errors. The others stay as they are encoded."""
        kept = [name not in errors for name in self.references]
        rejected = [
            Rejection(self.lines[i], self.offsets[i], errors[name], self.sources[i].rstrip(LINE_END))
            for i, name in enumerate(self.references)
            if name in errors
        ]
        self.lines = list(compress(self.lines, kept))
        self.offsets = list(compress(self.offsets, kept))
        self.records = list(compress(self.records, kept))
        self.sources = list(compress(self.sources, kept))
        self.references = list(compress(self.references, kept))
        return rejected


def references(file: int, lines: Iterable[int]) -> list[str]:
    """Name rows: `r1_17` is line 17 of the first file. Matches `^[A-Za-z0-9][A-Za-z0-9_]*$`."""
    return [f"r{file}_{line}" for line in lines]
