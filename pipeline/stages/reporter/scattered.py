"""The lines of a report for files whose rows lie in chunks in another order: put in order on disk, in bounded memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct

from pipeline.aside.heaps import Heaps
from pipeline.model.record import MEMBER

_TOGETHER = 14
"""Bits of a line: so many are put in order at once."""
_HEAD = Struct("<QI")
"""Place and size of a line of the report."""


def in_order(placed: Iterable[tuple[int, str]], folder: Path) -> Iterator[bytes]:
    """Yield lines of a report, each with the place of its record, in the order of the file, in pieces.

    :raises JournalError: if they can't be put aside in `folder`.
    """
    heaps = Heaps(folder)
    try:
        for place, text in placed:
            line = text.encode()
            heaps.add((place & (MEMBER - 1)) >> _TOGETHER, _HEAD.pack(place, len(line)) + line)
        for number in heaps.numbers():
            lines = sorted(_lines(heaps.heap(number)), key=lambda one: (one[0] & (MEMBER - 1), one[0]))
            yield b"".join([line for _, line in lines])
    finally:
        heaps.close()


def _lines(heap: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(heap):
        place, size = _HEAD.unpack_from(heap, at)
        at += _HEAD.size + size
        yield place, heap[at - size : at]
