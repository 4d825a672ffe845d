"""A file being read: bytes in as they come, blocks of rows out. What CSV and JSON Lines have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.formats.flaws import RAW
from pipeline.formats.window import Window, count_lines
from pipeline.model.row import CellBlock, ObjectBlock

B = TypeVar("B", CellBlock, ObjectBlock)

BLOCK_ROWS = 1000
"""Rows a block has at most."""

FindEnd = Callable[[bytes], int | None]
"""Is given a row piece after piece, until it returns how much of a piece still belongs to it."""


@dataclass(slots=True)
class Endless:
    """A row that can't be held in memory as a whole, or that has no end, and what was seen of it so far."""

    line: int
    offset: int
    find_end: FindEnd
    start: bytes = b""
    """What is kept of it."""
    size: int = 0

    def pass_over(self, window: Window) -> bool:
        """Let go of what belongs to it; return whether its end was found."""
        piece = window.piece()
        end = self.find_end(piece)
        piece = piece[:end]
        self.start += piece[: RAW - len(self.start)]
        self.size += len(piece)
        window.pass_over(len(piece), lines=count_lines(piece))
        return end is not None


class Reading(ABC, Generic[B]):
    """Reads one file, whose bytes it is given one chunk after the other; then its end.

    A block has no more rows than came with a chunk, so memory stays flat. The blocks of a chunk must be taken before the next
    chunk is given. Reading never fails, whatever the bytes: what holds no row is among the `unreadable`.
    """

    def __init__(self) -> None:
        self._window = Window()
        self._wanted = 1
        """Bytes in hand without which there is no need to look."""
        self._endless: Endless | None = None

    def feed(self, chunk: bytes) -> Iterator[B]:
        """Take the next bytes, at best some ten thousand; yield blocks of the rows that are whole now."""
        self._window.add(chunk)
        yield from self._blocks()

    def end(self) -> Iterator[B]:
        """Yield blocks of what is left at the file's end."""
        self._window.ended = True
        yield from self._blocks()
        if self._endless:
            yield self._set_aside(self._endless)

    def _blocks(self) -> Iterator[B]:
        window = self._window
        while window.data and (len(window.data) >= self._wanted or window.ended):
            if self._endless is None:
                held = len(window.data)
                yield from self._whole_rows()
                left = len(window.data)
                if left and self._is_endless(left):
                    self._endless = Endless(window.line, window.offset, self._find_end())
                    self._wanted = 1
                else:
                    # Doubled where there was no whole row, so that a long one isn't looked at anew for each chunk.
                    self._wanted = left + 1 if left < held else 2 * left
            elif self._endless.pass_over(window):
                yield self._set_aside(self._endless)
                self._endless, self._wanted = None, 1
            else:
                self._wanted = len(window.data) + 1

    @abstractmethod
    def _whole_rows(self) -> Iterator[B]:
        """Yield blocks of the rows that are whole in hand, and let go of them: then a row begins in hand, if anything is."""

    @abstractmethod
    def _is_endless(self, left: int) -> bool:
        """Tell whether the row that has `left` bytes in hand, but not its end, shall not be waited for."""

    @abstractmethod
    def _find_end(self) -> FindEnd:
        """Return what finds the end of the row that begins in hand."""

    @abstractmethod
    def _set_aside(self, endless: Endless) -> B:
        """Return a block with nothing but this row, unreadable."""
