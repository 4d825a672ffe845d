"""A file being read: bytes in as they come, blocks of rows out. What CSV and JSON Lines have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

from pipeline.formats.flaws import RAW
from pipeline.formats.window import Window, count_lines
from pipeline.model.row import CellBlock, ObjectBlock

B = TypeVar("B", CellBlock, ObjectBlock)

BLOCK_ROWS = 256
"""Rows a block has at most: what is read at once, in lines of 256 bytes or more, is one block and not one with a small rest."""

FindEnd = Callable[[bytes], int | None]
"""Is given a row piece after piece, until it returns how much of a piece still belongs to it."""


class LongRow:
    """A row that is not whole in hand: its bytes, up to a limit, until its end is found."""

    def __init__(self, window: Window, find_end: FindEnd, limit: int) -> None:
        self.line = window.line
        self.offset = window.offset
        self.size = 0
        self._find_end = find_end
        self._limit = limit
        self._pieces: list[bytes] = []

    def take(self, window: Window) -> bool:
        """Take from the window what belongs to the row; return whether that was its end."""
        piece = window.piece()
        end = self._find_end(piece)
        piece = piece[:end]
        window.pass_over(len(piece), lines=count_lines(piece))
        self.size += len(piece)
        self._pieces.append(piece)
        if self.size > self._limit:
            self._pieces = [self.start()]
        return end is not None

    def start(self) -> bytes:
        """Return the bytes that are kept of an unreadable row."""
        return b"".join(self._pieces)[:RAW]

    def window(self) -> Window | None:
        """Return a window on nothing but this row; none if it was too long to be held."""
        return None if self.size > self._limit else Window(b"".join(self._pieces), self.offset, self.line, ended=True)


class Reading(ABC, Generic[B]):
    """Reads one file, whose bytes it is given one chunk after the other; then its end.

    A block has no more rows than came with a chunk, so memory stays flat. The blocks of a chunk must be taken before the next
    chunk is given. Reading never fails, whatever the bytes: what holds no row is among the `unreadable`.
    """

    def __init__(self, most_bytes: int) -> None:
        """Rows of more than `most_bytes`, not counting a line end, aren't held in memory."""
        self._window = Window()
        self._most_bytes = most_bytes
        self._long: LongRow | None = None

    def feed(self, chunk: bytes) -> Iterator[B]:
        """Take the next bytes, at best some ten thousand; yield blocks of the rows that are whole now."""
        self._window.add(chunk)
        yield from self._blocks()

    def end(self) -> Iterator[B]:
        """Yield blocks of what is left at the file's end."""
        self._window.ended = True
        yield from self._blocks()
        if self._long:
            yield from self._long_row(self._long)

    def _blocks(self) -> Iterator[B]:
        window = self._window
        while (held := len(window.data)) and not window.begins():
            if self._long is None:
                broken = yield from self._whole_rows(window)
                if not (broken or window.ended or len(window.data) == held):
                    return
                if window.data:
                    self._long = LongRow(window, self._find_end(), self._most_bytes + len(b"\r\n"))
            elif self._long.take(window):
                yield from self._long_row(self._long)
                self._long = None
            elif not window.ended:
                return

    def _long_row(self, long: LongRow) -> Iterator[B]:
        window = long.window()
        if window:
            yield from self._whole_rows(window)
        if not window or window.data:
            yield self._set_aside(long)

    @abstractmethod
    def _whole_rows(self, window: Window) -> Generator[B, None, bool]:
        """Yield blocks of the rows that are whole in the window, and let go of them; then it begins with a row that isn't.

        Returns True if that row can't be read, even if it were whole.
        """

    @abstractmethod
    def _find_end(self) -> FindEnd:
        """Return what finds the end of the row that begins in hand."""

    @abstractmethod
    def _set_aside(self, long: LongRow) -> B:
        """Return a block with nothing but this row, unreadable."""
