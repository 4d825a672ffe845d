"""A file without a name: only its process can see it, and it is gone with its process, however that ends."""

import os
import tempfile
from pathlib import Path

from pipeline.errors import JournalError


class UnnamedFile:
    """Bytes on disk, found again by their offset."""

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
        self._end = 0

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def append(self, piece: bytes) -> int:
        """Write at the end; return the offset.

        :raises JournalError: if the disk takes no more.
        """
        start, done = self._end, 0
        try:
            while done < len(piece):
                done += os.pwrite(self._file.fileno(), memoryview(piece)[done:], start + done)
        except OSError as error:
            raise _no_room(self._folder, error) from error
        self._end += len(piece)
        return start

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes that were written there."""
        return os.pread(self._file.fileno(), size, offset)


def _no_room(folder: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{folder}: rows can't be put aside there ({error.strerror}): make room (24 bytes for each row that is compared, 100 and "
        "its own size for each that is joined to another), or set job.state to a folder that has it"
    )
