"""What a job says about its files: the `[read]` table of the configuration."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval, Len, Unit

AUTO = "auto"
"""The file itself says it."""
LARGEST_LINE = 2_147_483_647
"""What Python's csv module can be told on every platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRules:
    """How files are read. All of them are UTF-8, with or without a byte order mark."""

    format: Literal["auto", "csv", "jsonl"] = "auto"
    """`auto` goes by the file's ending: .csv, .tsv and .tab are CSV; .jsonl and .ndjson are JSON Lines."""
    delimiter: str = "auto"
    """One character between CSV cells (`\\t` in quotes is a tab). `auto` finds out which of `, ; | ^`, tab and backquote it is
    by the first rows, or by the ending (.tsv and .tab); where they leave a doubt, the run doesn't start."""
    quote: Annotated[str, Len(1, 1)] = '"'
    """One character around CSV cells that hold the delimiter, a line end or a quote (doubled)."""
    max_line: Annotated[int, Unit("B"), Interval(ge=1, le=LARGEST_LINE)] = 16_777_216
    """Bytes a JSON line, or characters a CSV cell, may have; longer ones are unreadable."""
    allow_empty: bool = False
    """Whether a file without a single row is fine; otherwise it stops the run."""

    def __post_init__(self) -> None:
        for name, character, other in (("delimiter", self.delimiter, '"auto" or '), ("quote", self.quote, "")):
            if (len(character) != 1 or character in "\r\n\0") and not (other and character == AUTO):
                raise ValueError(
                    f"{name} must be {other}one character, and no line end"
                )  # not what was given: it may be a secret
        if self.delimiter == self.quote:
            raise ValueError(f"delimiter and quote must differ, both are {self.quote!r}")
        if not 1 <= self.max_line <= LARGEST_LINE:
            raise ValueError(f"max_line must be from 1 to {LARGEST_LINE:,}, not {self.max_line:,}")
