"""What a job says about its files: the `[read]` table of the configuration."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval, Len, Unit

from pipeline.formats.encoding import AUTO, codec_name

LARGEST_LINE = 2_147_483_647
"""What Python's csv module can be told on every platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRules:
    """How files are read."""

    format: Literal["auto", "csv", "jsonl", "json"] = "auto"
    """`auto` goes by the file's ending: .csv, .tsv and .tab are CSV; .jsonl and .ndjson are JSON Lines; .json is one
    array of records, alone or in a tree file of the Salesforce CLI (their line is their number in it)."""
    encoding: str = "auto"
    """`auto` goes by the byte order mark of UTF-8, UTF-16 or UTF-32; a file without one is UTF-8. Or any encoding that Python
    knows: `cp1252`, `latin-1`, `shift_jis`. A byte order mark outranks it."""
    delimiter: str = "auto"
    """One character between CSV cells (`\\t` in quotes is a tab). `auto` finds out which of `, ; | ^`, tab and backquote it is
    by the first rows, or by the ending (.tsv and .tab); where they leave a doubt, the run doesn't start."""
    quote: Annotated[str, Len(1, 1)] = '"'
    """One character around CSV cells that hold the delimiter, a line end or a quote (doubled)."""
    escape: Literal["double", "backslash"] = "double"
    """How a quote is written within quotes: doubled, or behind a backslash, which is then doubled itself."""
    null_words: tuple[str, ...] = ()
    """A CSV cell that is exactly one of these words is an empty cell: `["NULL", "#N/A"]`."""
    max_line: Annotated[int, Unit("B"), Interval(ge=1, le=LARGEST_LINE)] = 16_777_216
    """Bytes a JSON line or element, or characters a CSV cell, may have; longer ones are unreadable."""
    max_ratio: Annotated[int, Interval(ge=1)] = 200
    """How many times its packed size a .gz or .zst file of more than 64 MiB may have; a larger one is a bomb, and refused."""
    allow_empty: bool = False
    """Whether a file without a single row is fine; otherwise it stops the run."""

    def __post_init__(self) -> None:
        for name, character, other in (("delimiter", self.delimiter, '"auto" or '), ("quote", self.quote, "")):
            if (len(character) != 1 or character in "\r\n\0") and not (other and character == AUTO):
                # What was given isn't repeated: it may be a secret in the wrong place.
                raise ValueError(f"{name} must be {other}one character, and no line end")
        if self.encoding != AUTO:
            try:
                codec_name(self.encoding)
            except LookupError as error:
                raise ValueError(f'encoding must be "auto" or an encoding of Python, as "cp1252"{error.args[0]}') from None
        if self.delimiter == self.quote:
            raise ValueError(f"delimiter and quote must differ, both are {self.quote!r}")
        if self.escape == "backslash" and "\\" in {self.delimiter, self.quote}:
            raise ValueError('escape must be "double" where the delimiter or the quote is a backslash')
        if not 1 <= self.max_line <= LARGEST_LINE:
            raise ValueError(f"max_line must be from 1 to {LARGEST_LINE:,}, not {self.max_line:,}")
