"""Files that were packed with gzip, unpacked as they come; a file that grows beyond all measure is refused.

https://www.rfc-editor.org/rfc/rfc1952
"""

import zlib
from collections.abc import Iterator

from pipeline.errors import InputError

MAGIC = b"\x1f\x8b"
ENDING = ".gz"
SMALL = 67_108_864
"""Bytes that any file may unpack to, whatever its ratio."""

_PIECE = 262_144
_GZIP = 31  # zlib's word for: a gzip header, the largest window


def is_packed(name: str, start: bytes) -> bool:
    """Tell by a file's first bytes; no text begins like that. Raises InputError if its name says gzip and they don't."""
    if start and name.lower().endswith(ENDING) and not start.startswith(MAGIC):
        raise InputError(f"{name}: is no gzip file, as its name says; take {ENDING} off if it was unpacked")
    return start.startswith(MAGIC)


def unpacked_name(name: str) -> str:
    """Return the name without the ending of a packed file, as its format goes by the one before."""
    return name[: -len(ENDING)] if name.lower().endswith(ENDING) else name


class Unpacking:
    """Unpacks one file, piece by piece, and checks its sums. It may have several members, and NUL bytes behind them."""

    def __init__(self, name: str, max_ratio: int) -> None:
        """Refuse a file of more than 64 MiB if it has more than `max_ratio` bytes a packed one."""
        self._name = name
        self._max_ratio = max_ratio
        self._member: zlib._Decompress | None = None
        self._taken = 0
        self._given = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next bytes hold, in pieces of bounded size. Raises InputError if they are broken or a bomb."""
        self._taken += len(piece)
        while piece := piece if self._member else piece.lstrip(b"\0"):
            member = self._member = self._member or zlib.decompressobj(_GZIP)
            yield from self._out(member, piece)
            while not member.eof and member.unconsumed_tail:
                yield from self._out(member, member.unconsumed_tail)
            piece = member.unused_data
            if member.eof:
                self._member = None

    def end(self) -> Iterator[bytes]:
        """Yield what is left. Raises InputError if the file is cut off."""
        member = self._member
        if member:
            yield from self._out(member, b"")
            if not member.eof:
                raise InputError(f"{self._name}: is cut off: its gzip data has no end")

    def _out(self, member: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
        try:
            out = member.decompress(piece, _PIECE)
        except zlib.error as error:
            raise InputError(f"{self._name}: can't be unpacked: {error}") from None
        self._given += len(out)
        if self._given > max(SMALL, self._taken * self._max_ratio):
            raise InputError(
                f"{self._name}: unpacks to more than {self._max_ratio} times its size: set read.max_ratio if that is right"
            )
        if out:
            yield out
