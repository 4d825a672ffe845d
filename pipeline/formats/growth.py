"""How much a packed file may grow: one that grows beyond all measure is a bomb."""

from collections.abc import Iterator

from pipeline.errors import InputError

SMALL = 67_108_864
"""Bytes that any file may unpack to, whatever its ratio."""
PIECE = 262_144
"""Bytes that come out at once."""
PART = 16_384
"""Bytes that go in at once."""


class Growth:
    """What went in and came out of one file so far."""

    def __init__(self, name: str, max_ratio: int) -> None:
        """Refuse a file of more than 64 MiB if it has more than `max_ratio` bytes a packed one."""
        self._name = name
        self._max_ratio = max_ratio
        self._packed = 0
        self._unpacked = 0

    def parts(self, packed: bytes) -> Iterator[bytes]:
        """Count bytes that go in, and cut them: what follows a member or frame is copied once for each that a part holds."""
        self._packed += len(packed)
        return (packed[at : at + PART] for at in range(0, len(packed), PART))

    def give(self, unpacked: int) -> None:
        """Count bytes that come out. Raises InputError if they are too many."""
        self._unpacked += unpacked
        if self._unpacked > max(SMALL, self._packed * self._max_ratio):
            raise InputError(
                f"{self._name}: unpacks to more than {self._max_ratio} times its size: set read.max_ratio if that is right"
            )
