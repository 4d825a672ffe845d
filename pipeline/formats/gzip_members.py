"""Files that were packed with gzip, unpacked as they come.

https://www.rfc-editor.org/rfc/rfc1952
"""

import zlib
from collections.abc import Iterator

from pipeline.errors import InputError
from pipeline.formats.growth import PIECE, Growth

ENDING = ".gz"

_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's word for: a gzip header, the largest window


def begins(start: bytes) -> bool:
    """Tell by a file's first bytes whether it was packed with gzip."""
    return start.startswith(_MAGIC)


class GzipMembers:
    """Unpacks one file, piece by piece, and checks its sums. It may have several members, and NUL bytes behind them."""

    def __init__(self, name: str, growth: Growth) -> None:
        self._name = name
        self._growth = growth
        self._member: zlib._Decompress | None = None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next bytes hold, in pieces of bounded size. Raises InputError if they are broken or a bomb."""
        for part in self._growth.parts(piece):
            yield from self._part(part)

    def end(self) -> Iterator[bytes]:
        """Yield what is left. Raises InputError if the file is cut off."""
        member = self._member
        if member:
            yield from self._out(member, b"")
            if not member.eof:
                raise InputError(f"{self._name}: is cut off: its gzip data has no end")

    def _part(self, rest: bytes) -> Iterator[bytes]:
        while rest := rest if self._member else rest.lstrip(b"\0"):
            member = self._member = self._member or zlib.decompressobj(_GZIP)
            yield from self._out(member, rest)
            while not member.eof and member.unconsumed_tail:
                yield from self._out(member, member.unconsumed_tail)
            rest = member.unused_data
            if member.eof:
                self._member = None

    def _out(self, member: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
        try:
            out = member.decompress(piece, PIECE)
        except zlib.error as error:
            raise InputError(f"{self._name}: can't be unpacked: {error}") from None
        self._growth.give(len(out))
        if out:
            yield out
