"""CSV: bytes to blocks of rows, by the grammar of Python's own csv module, each row with the place where it stands.

A window of whole lines goes through one parser. The row that isn't whole at the window's end waits for the next one;
a row that is too long for that is passed over by `RowEnd`, which needs no memory.
"""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import itemgetter

from pipeline.formats.csv_parser import Parser
from pipeline.formats.csv_quotes import RowEnd
from pipeline.formats.delimiters import separator
from pipeline.formats.flaws import RAW, flaw, never_closed, ragged, too_long, without_end
from pipeline.formats.reading import BLOCK_ROWS, FindEnd, LongRow, Reading
from pipeline.formats.rules import ReadRules
from pipeline.formats.spreadsheet import OURS, unescape
from pipeline.formats.window import Window
from pipeline.model.row import CellBlock, Unreadable

SMALLEST_LIMIT = 1_048_576
"""Bytes a row may have, however short its cells must be."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Whole lines in hand, counted from 0; a row has the lines from one of its `bounds` up to, but without, the next."""

    line: int
    """Number that the first of them has in the file."""
    lines: list[bytes]
    texts: list[str]
    starts: list[int]
    """Byte offset of each line, and of what follows the last."""
    flaws: dict[int, str]
    """What is wrong with the lines that aren't text."""

    def raw(self, bounds: Sequence[int]) -> list[bytes]:
        """Return the bytes of rows; nearly always they are one line."""
        lines = self.lines
        return [lines[first] if end - first == 1 else b"".join(lines[first:end]) for first, end in pairwise(bounds)]


class CsvReading(Reading[CellBlock]):
    """Reads a CSV file. Its first line that isn't blank, and doesn't only name the delimiter, is the header, and no row."""

    def __init__(self, columns: Sequence[str], rules: ReadRules, *, corrected: bool = False) -> None:
        """Read by rules that name the delimiter; of a `corrected` file the spreadsheet escapes are undone.

        A row with more or fewer cells than columns is unreadable.
        """
        self._max_row = max(rules.max_line, SMALLEST_LIMIT)
        super().__init__(self._max_row)
        self._width = len(columns)
        self._rules = rules
        self._corrected = corrected
        self._null_words = frozenset(rules.null_words)
        self._ours = [column.startswith(OURS) for column in columns]
        self._header_due = True
        self._row_end = RowEnd(1, rules.delimiter, rules.quote)

    def _whole_rows(self, window: Window) -> Generator[CellBlock, None, bool]:
        stretch = _text(window, self._rules.encoding)
        parser = Parser(stretch.texts, self._rules, size=len(window.data))
        done = 0
        while not parser.broken:
            rows, bounds = parser.take(BLOCK_ROWS)
            if not rows:
                break
            yield self._block(stretch, bounds, rows)
            done = bounds[-1]
        window.pass_over(stretch.starts[done] - window.offset, lines=done)
        return parser.broken

    def _block(self, stretch: _Stretch, bounds: Sequence[int], rows: list[list[str]]) -> CellBlock:
        """Put rows in their place: the bounds of row i are bounds[i] and bounds[i + 1]."""
        plain = not stretch.flaws and not self._header_due and list(map(len, rows)).count(self._width) == len(rows)
        if not plain or stretch.starts[-1] - stretch.starts[0] > self._max_row:
            return self._sorted_out(stretch, bounds, rows)
        line, offsets = stretch.line, itemgetter(*bounds)(stretch.starts)
        return CellBlock([line + at for at in bounds[:-1]], offsets[:-1], stretch.raw(bounds), rows=self._cells(rows))

    def _sorted_out(self, stretch: _Stretch, bounds: Sequence[int], rows: list[list[str]]) -> CellBlock:
        """Do the same row by row: blank lines are counted, unreadable rows set aside, the header is left out."""
        kept: list[int] = []
        unreadable: list[Unreadable] = []
        blank = 0
        raw = stretch.raw(bounds)
        for at, row in enumerate(rows):
            first, end = bounds[at], bounds[at + 1]
            if not row:
                blank += 1
            elif self._header_due:
                self._header_due = bool(separator(raw[at]))
            elif reason := self._reason(stretch, first, end, row):
                where = stretch.line + first, stretch.starts[first]
                unreadable.append(Unreadable(*where, reason, without_end(raw[at])[:RAW]))
            else:
                kept.append(at)
        return CellBlock(
            [stretch.line + bounds[at] for at in kept],
            [stretch.starts[bounds[at]] for at in kept],
            [raw[at] for at in kept],
            unreadable,
            blank,
            self._cells([rows[at] for at in kept]),
        )

    def _reason(self, stretch: _Stretch, first: int, end: int, row: list[str]) -> str | None:
        """Say why a row can't be read, if it can't."""
        if stretch.starts[end] - stretch.starts[first] > self._max_row:
            reason: str | None = too_long("a row", self._max_row, "bytes")
        elif flaws := [stretch.flaws[at] for at in range(first, end) if at in stretch.flaws]:
            reason = flaws[0]
        else:
            reason = ragged(len(row), self._width) if len(row) != self._width else None
        return reason and reason + _up_to(stretch.line + first, stretch.line + end - 1)

    def _find_end(self) -> FindEnd:
        self._row_end = RowEnd(self._window.line, self._rules.delimiter, self._rules.quote)
        return self._row_end.find

    def _set_aside(self, long: LongRow) -> CellBlock:
        if self._row_end.in_quotes:
            reason = never_closed(self._row_end.quoted_in)
        elif long.size > self._max_row:
            reason = too_long("a row", self._max_row, "bytes") + _up_to(long.line, self._row_end.line)
        else:
            reason = too_long("a cell", self._rules.max_line, "characters") + _up_to(long.line, self._row_end.line)
        return CellBlock([], [], [], [Unreadable(long.line, long.offset, reason, without_end(long.start()))])

    def _cells(self, rows: list[list[str]]) -> list[list[str]]:
        if self._corrected:
            rows = [list(map(unescape, row)) for row in rows]
        return list(map(self._emptied, rows)) if self._null_words else rows

    def _emptied(self, row: list[str]) -> list[str]:
        """Empty the cells that say that there is nothing; not those of ours, which quote what others said."""
        if self._null_words.isdisjoint(row):
            return row
        return ["" if cell in self._null_words and not ours else cell for cell, ours in zip(row, self._ours, strict=True)]


def _text(window: Window, encoding: str) -> _Stretch:
    """Decode the whole lines in hand. Bytes that aren't text become U+FFFD, which keeps the row apart from its neighbours."""
    lines = window.lines()
    starts = list(accumulate(map(len, lines), initial=window.offset))
    if b"\0" not in window.data:
        with suppress(UnicodeDecodeError):
            return _Stretch(window.line, lines, list(map(bytes.decode, lines)), starts, {})
    flaws = {at: reason for at, line in enumerate(lines) if (reason := flaw(line, starts[at], encoding))}
    texts = [line.decode(errors="replace") for line in lines]
    return _Stretch(window.line, lines, texts, starts, flaws)


def _up_to(first: int, last: int) -> str:
    return f"; the row goes on to line {last}" if last > first else ""
