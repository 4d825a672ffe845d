"""Heaps of bytes on disk: what is added to a heap comes back in the order in which it was added."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.aside.unnamed import UnnamedFile

IN_MEMORY = 2_097_152
"""Bytes that wait in memory, in all heaps together."""


class Heaps:
    """Any number of heaps in one file."""

    def __init__(self, folder: Path) -> None:
        """Lie in a folder, or near it: see `UnnamedFile`.

        :raises JournalError: if that can't be done.
        """
        self._file = UnnamedFile(folder)
        self._waiting: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._bytes = 0
        self._written: defaultdict[int, array[int]] = defaultdict(lambda: array("Q"))
        """Offset and size of each piece of a heap, in turns."""

    def close(self) -> None:
        """Give memory and disk back."""
        self._file.close()
        self._waiting.clear()
        self._written.clear()

    def add(self, number: int, piece: bytes) -> None:
        """Put bytes on a heap.

        :raises JournalError: if the disk takes no more.
        """
        self._waiting[number] += piece
        self._bytes += len(piece)
        if self._bytes >= IN_MEMORY:
            self._write()

    def numbers(self) -> Sequence[int]:
        """Name the heaps that there are."""
        return sorted({*self._written, *self._waiting})

    def heap(self, number: int) -> bytes:
        """Return all of a heap; an empty one where there is none."""
        return b"".join(self.pieces(number))

    def pieces(self, number: int) -> Iterator[bytes]:
        """Yield a heap that may be too large for memory, in pieces of which each has some of what was added, whole."""
        places = self._written.get(number, ())
        for at, size in zip(places[::2], places[1::2], strict=True):
            yield self._file.read(at, size)
        yield bytes(self._waiting.get(number, b""))

    def _write(self) -> None:
        at = self._file.append(b"".join(self._waiting.values()))
        for number, piece in self._waiting.items():
            self._written[number].extend((at, len(piece)))
            at += len(piece)
        self._waiting.clear()
        self._bytes = 0
