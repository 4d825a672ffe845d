"""Heaps of bytes on disk: what is added to a heap comes back in the order in which it was added."""

import os
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import JournalError

IN_MEMORY = 2_097_152
"""Bytes that wait in memory, in all heaps together."""


class Heaps:
    """Any number of heaps in one file without a name, which only its process can see and which is gone with it."""

    def __init__(self, folder: Path) -> None:
        """Lie in a folder or, if it isn't there yet, above it; where nothing can be written, among the system's temporary files.

        :raises JournalError: if that can't be done.
        """
        there = next(path for path in (folder, *folder.parents) if path.is_dir())
        self._folder = there if os.access(there, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - `close` closes it
        except OSError as error:
            raise _no_room(self._folder, error) from error
        self._waiting: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._bytes = 0
        self._written: defaultdict[int, array[int]] = defaultdict(lambda: array("Q"))
        """Offset and size of each piece of a heap, in turns."""
        self._end = 0

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
        if number not in self._written and number not in self._waiting:
            return b""
        places = self._written.get(number, ())
        pieces = [os.pread(self._file.fileno(), size, at) for at, size in zip(places[::2], places[1::2], strict=True)]
        return b"".join([*pieces, self._waiting.get(number, b"")])

    def _write(self) -> None:
        pieces = b"".join(self._waiting.values())
        try:
            self._write_whole(pieces)
        except OSError as error:
            raise _no_room(self._folder, error) from error
        for number, piece in self._waiting.items():
            self._written[number].extend((self._end, len(piece)))
            self._end += len(piece)
        self._waiting.clear()
        self._bytes = 0

    def _write_whole(self, pieces: bytes) -> None:
        done = 0
        while done < len(pieces):
            done += os.pwrite(self._file.fileno(), memoryview(pieces)[done:], self._end + done)


def _no_room(folder: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{folder}: rows can't be compared there ({error.strerror}): make room for 24 bytes a row and 16 a duplicate, or set "
        "job.state to a folder that has it"
    )
