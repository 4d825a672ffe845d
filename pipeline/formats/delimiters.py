"""What separates the cells of a CSV file, told from its first rows; where they leave a doubt, nothing is chosen."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from pipeline.errors import InputError
from pipeline.formats.backslashes import doubled
from pipeline.formats.rules import ReadRules
from pipeline.formats.unpacking import unpacked_name

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "^": "caret", "`": "backquote"}
FIRST_ROWS = 100
"""Rows that are looked at besides the header."""

_SEP = re.compile(rb"sep=([%s])[\r\n]*" % re.escape("".join(DELIMITERS)).encode(), re.IGNORECASE)
_OUR_COLUMN = re.compile(r"'?treeload_[a-z_]+")


@dataclass(frozen=True, slots=True)
class _Split:
    """What a delimiter makes of the first lines."""

    delimiter: str
    header: list[str]
    widths: list[int]
    """How many cells each row has that is whole and not blank; none if its quotes don't go with this delimiter."""

    @property
    def width(self) -> int:
        return len(self.header)

    @property
    def fits(self) -> bool:
        """Half of the rows or more are as wide as the header; where there are no rows nothing speaks against it."""
        return self.widths.count(self.width) * 2 >= len(self.widths)

    @property
    def outgrows(self) -> bool:
        """Most rows have the same number of cells, which is more than one."""
        usual = max(set(self.widths), key=self.widths.count, default=0)
        return usual > 1 and self.widths.count(usual) * 2 > len(self.widths)

    def __str__(self) -> str:
        agree = f", as {self.widths.count(self.width)} of {len(self.widths)} rows have" if self.widths else ""
        return f"{DELIMITERS[self.delimiter]} gives {self.width} column{'s' * (self.width != 1)}{agree}"


def find_delimiter(name: str, lines: Sequence[str], rules: ReadRules) -> str:
    """Tell the delimiter from the first whole lines of a file, each with its line end.

    A first line that says it outranks what is found. A header with none of them in it is one column: a comma file. Raises
    InputError if more than one delimiter, or none, makes a header and rows of the same width.
    """
    if lines and (said := separator(lines[0].encode())):
        return said
    if unpacked_name(name).lower().endswith((".tsv", ".tab")):
        return "\t"
    splits = [_split(lines, delimiter, rules) for delimiter in DELIMITERS if delimiter != rules.quote]
    ours = [split for split in splits if split.width > 1 and any(map(_OUR_COLUMN.fullmatch, split.header))]
    several = [split for split in splits if split.width > 1]
    suspects = several or [split for split in splits if split.outgrows]
    fitting = ours or [split for split in several if split.fits]
    if len(fitting) == 1:
        return fitting[0].delimiter
    if suspects:
        raise InputError(f"{name}: {_doubt(fitting, several, suspects)}")
    return next(iter(DELIMITERS))


def separator(line: bytes) -> str | None:
    """Return the delimiter that a line above the header names, as `sep=;` does, which Excel takes and others write for it."""
    said = _SEP.fullmatch(line)
    return said and said[1].decode()


def _doubt(fitting: list[_Split], several: list[_Split], suspects: list[_Split]) -> str:
    """Say what is in the way: more than one that fits, rows unlike the header, or something above the header."""
    seen = "; ".join(map(str, fitting or suspects))
    if fitting:
        return f"what separates its cells can't be told ({seen}): set read.delimiter"
    if several:
        return f"most of its rows are not as wide as its header ({seen}): mend the header or the rows, or set read.delimiter"
    return f"its first line is no header of its rows ({seen}): remove what stands above the header, or set read.delimiter"


def _split(lines: Sequence[str], delimiter: str, rules: ReadRules) -> _Split:
    """Parse the header and the first rows; a row with a quote that isn't closed within the lines is left out."""
    csv.field_size_limit(rules.max_line)
    plain = doubled(lines, delimiter, rules.quote) if rules.escape == "backslash" else lines
    reader = csv.reader(chain(plain, [""]), delimiter=delimiter, quotechar=rules.quote, strict=True)
    header, *others = list(islice(_rows(reader, len(lines)), FIRST_ROWS + 1)) or [[]]
    return _Split(delimiter, header, list(map(len, others)))


def _rows(reader: Any, lines: int) -> Iterator[list[str]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # something stands between a closing quote and the delimiter, or a cell is too long
            yield []
        else:
            if row and reader.line_num <= lines:
                yield row
