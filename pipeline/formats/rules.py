"""What a job says about its files: the `[read]` table of the configuration."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRules:
    """How files are read. All of them are UTF-8, with or without a byte order mark."""

    format: Literal["auto", "csv", "jsonl"] = "auto"
    """`auto` goes by the file's ending: .csv is CSV; .jsonl and .ndjson are JSON Lines."""
    delimiter: str = ","
    """One character between CSV cells; `\\t` in quotes is a tab."""
    quote: str = '"'
    """One character around CSV cells that hold the delimiter, a line end or a quote (doubled)."""
    max_line: int = 16_777_216
    """Bytes a JSON line, or characters a CSV cell, may have; longer ones are unreadable."""
    allow_empty: bool = False
    """Whether a file without a single row is fine; otherwise it stops the run."""
