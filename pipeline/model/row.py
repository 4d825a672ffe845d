"""A row: what one line of a file says, as it was read, with the place where it stands.

Blocks of rows travel between the stages, never single rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of a run, as it was when the run began."""

    number: int
    """1-based position among the run's files."""
    path: str
    format: str
    """`csv`, `jsonl` or `json` (one array)."""
    size: int
    """Bytes."""
    sha256: str
    delimiter: str = ","
    quote: str = '"'
    columns: tuple[str, ...] = ()
    """The header of a CSV file, in order; of JSON Lines the keys of its first rows."""
    packing: str = ""
    """How it is packed, if it is: `gzip` or `zstd`; its size and digest are those of the packed bytes."""
    encoding: str = "utf-8"
    """Python's name of it."""
    backslashes: bool = False
    """Its quotes are escaped by backslashes."""
    corrected: bool = False
    """The file is a rejected file of ours that was corrected: it has `treeload_` columns, and spreadsheet escapes are undone."""
    nested: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Of JSON: the names that lead to records nested in the first rows, each with the keys of these."""
    object: str = ""
    """What its records are of, if a plan says it; empty: what `job.object` says."""
    joined: str = ""
    """Its rows hang under those of other files: as which child relationship, as the job writes it; empty: they don't."""
    version: str = field(default="", compare=False)
    """What its place says of its content's age, so that a change is noticed; not kept."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that holds no row: kept with its place, the reason and its own bytes."""

    line: int
    """1-based physical line where it starts; of an element of a JSON array its number."""
    offset: int
    """Byte offset of that line in the file; in its text in UTF-8, if it has another encoding."""
    reason: str
    raw: bytes
    """The line as it stands in the file, cut at 64 KiB."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of one file; `lines[i]` and `offsets[i]` say where row i starts, `raw[i]` are its bytes there.

    Offsets and bytes are those of the file's text in UTF-8.
    """

    lines: Sequence[int]
    offsets: Sequence[int]
    raw: Sequence[bytes]
    """Of CSV with the line end, of JSON Lines without it and without blanks around."""
    unreadable: Sequence[Unreadable] = ()
    blank: int = 0


@dataclass(frozen=True, slots=True)
class CellBlock(Block):
    """Rows of a CSV file: each a list of exactly as many cells as the header has columns."""

    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ObjectBlock(Block):
    """Rows of a JSON file: each a JSON object."""

    rows: list[dict[str, Any]] = field(default_factory=list)


AnyBlock = CellBlock | ObjectBlock


def some_rows(block: AnyBlock, places: Sequence[int]) -> AnyBlock:
    """Take some rows of a block, by their positions."""
    lines, offsets = [block.lines[at] for at in places], [block.offsets[at] for at in places]
    raw = [block.raw[at] for at in places]
    if isinstance(block, CellBlock):
        return CellBlock(lines, offsets, raw, rows=[block.rows[at] for at in places])
    return ObjectBlock(lines, offsets, raw, rows=[block.rows[at] for at in places])
