"""CSV: bytes to blocks of rows, by the grammar of Python's own csv module, each row with the place where it stands.

A window of whole lines goes through one `csv.reader`. The row that isn't whole at the window's end waits for the next one;
a row that is too long for that is passed over by `RowEnd`, which needs no memory.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate

from pipeline.formats.csv_quotes import RowEnd
from pipeline.formats.flaws import RAW, flaw, never_closed, ragged, too_long, without_end
from pipeline.formats.reading import BLOCK_ROWS, Endless, FindEnd, Reading
from pipeline.formats.rules import ReadRules
from pipeline.formats.spreadsheet import unescape
from pipeline.formats.window import Window
from pipeline.model.row import CellBlock, Unreadable

MAX_ROW = 67_108_864
"""Bytes a row may have; more than any request to the org."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Whole lines in hand. Lines are counted from 0 here."""

    texts: list[str]
    starts: list[int]
    """Byte offset of each line, and of what follows the last."""
    flaws: dict[int, str]
    """What is wrong with the lines that aren't text."""


class CsvReading(Reading[CellBlock]):
    """Reads a CSV file. Its first line that isn't blank is the header, and no row."""

    def __init__(self, columns: Sequence[str], rules: ReadRules, *, corrected: bool = False) -> None:
        """Of a `corrected` file the spreadsheet escapes are undone. A row with more or fewer cells than columns is unreadable."""
        super().__init__()
        self._width = len(columns)
        self._rules = rules
        self._corrected = corrected
        self._header_due = True
        self._cell_too_long = False
        """The row that begins in hand has a cell that is longer than the rules allow."""
        self._row_end = RowEnd(1, rules.delimiter, rules.quote)

    def _whole_rows(self) -> Iterator[CellBlock]:
        window = self._window
        stretch = _text(window)
        count, done = len(stretch.texts), 0
        # An empty line follows the last one: it is a row of its own only if no quote is open there.
        reader = csv.reader([*stretch.texts, ""], delimiter=self._rules.delimiter, quotechar=self._rules.quote)
        while done < count and not self._cell_too_long:
            rows: list[list[str]] = []
            ends: list[int] = []
            full = done + BLOCK_ROWS
            csv.field_size_limit(self._rules.max_line)  # of the whole process: nobody else may have set another
            try:
                for row in reader:
                    rows.append(row)
                    ends.append(end := reader.line_num)
                    if end >= full:
                        break
            except csv.Error:
                self._cell_too_long = True
            if ends and ends[-1] > count:
                del rows[-1], ends[-1]
            if not rows:
                break
            yield self._block(stretch, [done, *ends], rows)
            done = ends[-1]
        window.pass_over(stretch.starts[done] - window.offset, lines=done)

    def _block(self, stretch: _Stretch, bounds: list[int], rows: list[list[str]]) -> CellBlock:
        """Put rows in their place: row i has the lines from bounds[i] up to, but without, bounds[i + 1]."""
        plain = not stretch.flaws and not self._header_due and list(map(len, rows)).count(self._width) == len(rows)
        if not plain or stretch.starts[-1] - stretch.starts[0] > MAX_ROW:
            return self._sorted_out(stretch, bounds, rows)
        line, starts = self._window.line, stretch.starts
        del bounds[-1]
        return CellBlock([line + at for at in bounds], [starts[at] for at in bounds], rows=self._cells(rows))

    def _sorted_out(self, stretch: _Stretch, bounds: list[int], rows: list[list[str]]) -> CellBlock:
        """Do the same row by row: blank lines are counted, unreadable rows set aside, the header is left out."""
        kept: list[int] = []
        unreadable: list[Unreadable] = []
        blank = 0
        for at, row in enumerate(rows):
            first, end = bounds[at], bounds[at + 1]
            if not row:
                blank += 1
            elif self._header_due:
                self._header_due = False
            elif reason := self._reason(stretch, first, end, row):
                unreadable.append(self._unreadable(stretch, first, end, row, reason))
            else:
                kept.append(at)
        return CellBlock(
            [self._window.line + bounds[at] for at in kept],
            [stretch.starts[bounds[at]] for at in kept],
            unreadable,
            blank,
            self._cells([rows[at] for at in kept]),
        )

    def _reason(self, stretch: _Stretch, first: int, end: int, row: list[str]) -> str | None:
        """Say why a row can't be read, if it can't."""
        if stretch.starts[end] - stretch.starts[first] > MAX_ROW:
            reason: str | None = too_long("a row", MAX_ROW, "bytes")
        elif flaws := [stretch.flaws[at] for at in range(first, end) if at in stretch.flaws]:
            reason = flaws[0]
        else:
            reason = ragged(len(row), self._width) if len(row) != self._width else None
        return reason and reason + _up_to(self._window.line + first, self._window.line + end - 1)

    def _unreadable(self, stretch: _Stretch, first: int, end: int, row: list[str], reason: str) -> Unreadable:
        offset = stretch.starts[first]
        line = self._window.data[offset - self._window.offset : stretch.starts[end] - self._window.offset]
        cells = self._cells([row])[0] if len(line) <= RAW else ()
        return Unreadable(self._window.line + first, offset, reason, without_end(line)[:RAW], tuple(cells))

    def _is_endless(self, left: int) -> bool:
        return self._window.ended or self._cell_too_long or left > MAX_ROW

    def _find_end(self) -> FindEnd:
        self._cell_too_long = False
        self._row_end = RowEnd(self._window.line, self._rules.delimiter, self._rules.quote)
        return self._row_end.find

    def _set_aside(self, endless: Endless) -> CellBlock:
        if self._row_end.in_quotes:
            reason = never_closed(self._row_end.quoted_in)
        elif endless.size > MAX_ROW:
            reason = too_long("a row", MAX_ROW, "bytes") + _up_to(endless.line, self._row_end.line)
        else:
            reason = too_long("a cell", self._rules.max_line, "characters") + _up_to(endless.line, self._row_end.line)
        return CellBlock([], [], [Unreadable(endless.line, endless.offset, reason, without_end(endless.start))])

    def _cells(self, rows: list[list[str]]) -> list[list[str]]:
        return [list(map(unescape, row)) for row in rows] if self._corrected else rows


def _text(window: Window) -> _Stretch:
    """Decode the whole lines in hand. Bytes that aren't text become U+FFFD, which keeps the row apart from its neighbours."""
    lines = window.lines()
    starts = list(accumulate(map(len, lines), initial=window.offset))
    if b"\0" not in window.data:
        with suppress(UnicodeDecodeError):
            return _Stretch(list(map(bytes.decode, lines)), starts, {})
    flaws = {at: reason for at, line in enumerate(lines) if (reason := flaw(line, starts[at]))}
    return _Stretch([line.decode(errors="replace") for line in lines], starts, flaws)


def _up_to(first: int, last: int) -> str:
    return f"; the row goes on to line {last}" if last > first else ""
