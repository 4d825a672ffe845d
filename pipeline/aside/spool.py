"""Rows put aside one after the other, found again by where they were put."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.aside.unnamed import UnnamedFile

IN_MEMORY = 1_048_576
"""Bytes that wait in memory to be written."""
NEAR = 16_384
"""Bytes between rows up to which they are read together."""


class Spool:
    """Bytes in one file."""

    def __init__(self, folder: Path) -> None:
        """Lie in a folder, or near it: see `UnnamedFile`.

        :raises JournalError: if that can't be done.
        """
        self._file = UnnamedFile(folder)
        self._waiting = bytearray()
        self._written = 0

    def close(self) -> None:
        """Give memory and disk back."""
        self._file.close()
        self._waiting.clear()

    def add(self, rows: Sequence[bytes]) -> int:
        """Put rows aside, one behind the other; return where the first begins.

        :raises JournalError: if the disk takes no more.
        """
        start = self._written + len(self._waiting)
        self._waiting += b"".join(rows)
        if len(self._waiting) >= IN_MEMORY:
            self.end()
        return start

    def end(self) -> None:
        """Write what waits; only what is written can be read.

        :raises JournalError: if the disk takes no more.
        """
        self._file.append(bytes(self._waiting))
        self._written += len(self._waiting)
        self._waiting.clear()

    def rows(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return rows by where they begin and their sizes, in any order; those near each other are read at once."""
        found = [b""] * len(places)
        order = sorted(range(len(places)), key=places.__getitem__)
        first = 0
        while first < len(order):
            start, size = places[order[first]]
            end, last = start + size, first + 1
            while last < len(order) and places[order[last]][0] <= end + NEAR:
                end = max(end, sum(places[order[last]]))
                last += 1
            piece = self._file.read(start, end - start)
            for at in order[first:last]:
                offset, size = places[at]
                found[at] = piece[offset - start : offset - start + size]
            first = last
        return found
