"""What may be too large for memory: it goes to a file without a name."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

_IN_MEMORY = 1 << 20
"""Bytes that are kept in memory; what is larger goes to the disk."""
_PIECE = 1 << 16


class Pages:
    """Bytes that are appended and read again, also while more are appended; `size` of them. Nothing is left when it is closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it lives as long as its job
        self.size = 0

    def append(self, piece: bytes) -> None:
        """Put bytes to the end."""
        self._file.seek(self.size)
        self._file.write(piece)
        self.size += len(piece)

    def pieces(self) -> Iterator[bytes]:
        """Read all bytes from the beginning, some 64 KiB at a time; others may read and append meanwhile."""
        at = 0
        while at < self.size:
            self._file.seek(at)
            piece = self._file.read(_PIECE)
            at += len(piece)
            yield piece

    def close(self) -> None:
        """Forget all of it."""
        self._file.close()
        self.size = 0

    def __del__(self) -> None:  # of a request that was refused, or lost by a plan of faults
        self._file.close()
