"""Files that were packed with zstd, unpacked as they come.

https://www.rfc-editor.org/rfc/rfc8878
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Protocol

from pipeline.errors import InputError
from pipeline.formats.growth import PIECE, Growth

ENDING = ".zst"

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))
_WINDOW_LOG = 27  # 128 MiB: what zstd itself unpacks without being asked, and packs with --ultra -22
_BROKEN = "can't be unpacked"
_SAID = "Unable to decompress Zstandard data: "
_MEND: Mapping[str, str] = {
    "Frame requires too much memory for decoding": "needs more than 128 MiB to be unpacked: pack it again without --long",
    "Dictionary mismatch": f"{_BROKEN} without the dictionary that it was packed with: pack it again without one",
}


class Frame(Protocol):
    """What unpacks one frame: Python's own from 3.14 on, or its backport."""

    @property
    def eof(self) -> bool:
        """Its end was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Nothing more comes out without more going in."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed its end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return what comes out."""
        ...


def begins(start: bytes) -> bool:
    """Tell by a file's first bytes whether it was packed with zstd. Parallel packers begin with a frame to be skipped."""
    return start.startswith((_MAGIC, *_SKIPPABLE))


class ZstdFrames:
    """Unpacks one file, piece by piece, and checks its sums. It may have several frames, and others that are skipped."""

    def __init__(self, name: str, growth: Growth) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - most files need none of it
        else:
            from backports import zstd  # noqa: PLC0415 - most files need none of it
        self._name = name
        self._growth = growth
        self._zstd = zstd
        self._limits = {int(zstd.DecompressionParameter.window_log_max): _WINDOW_LOG}
        self._frame: Frame | None = None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next bytes hold, in pieces of bounded size. Raises InputError if they are broken or a bomb."""
        for part in self._growth.parts(piece):
            yield from self._part(part)

    def end(self) -> Iterator[bytes]:
        """Yield nothing: all that was there was given. Raises InputError if the file is cut off."""
        if self._frame:
            raise InputError(f"{self._name}: is cut off: its zstd data has no end")
        return iter(())

    def _part(self, rest: bytes) -> Iterator[bytes]:
        while rest:
            frame = self._frame = self._frame or self._zstd.ZstdDecompressor(options=self._limits)
            yield from self._out(frame, rest)
            while not (frame.eof or frame.needs_input):
                yield from self._out(frame, b"")
            rest = frame.unused_data
            if frame.eof:
                self._frame = None

    def _out(self, frame: Frame, packed: bytes) -> Iterator[bytes]:
        try:
            out = frame.decompress(packed, PIECE)
        except self._zstd.ZstdError as error:
            reason = str(error).removeprefix(_SAID)
            raise InputError(f"{self._name}: {_MEND.get(reason) or f'{_BROKEN}: {reason}'}") from None
        self._growth.give(len(out))
        if out:
            yield out
