"""Many small values in one cell: line numbers as 64-bit little-endian integers, record ids joined."""

import sys
from array import array
from collections.abc import Iterable, Sequence

import orjson

ID_LENGTH = 18


def pack_lines(lines: Iterable[int]) -> bytes:
    """Put line numbers into one value, 8 bytes each."""
    packed = array("Q", lines)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack_lines(blob: bytes) -> Sequence[int]:
    """Take them out again."""
    lines = array("Q")
    lines.frombytes(blob)
    if sys.byteorder == "big":
        lines.byteswap()
    return lines


def lines_without(blob: bytes, left_out: str) -> bytes:
    """Take out the lines that a JSON array names."""
    out = set(orjson.loads(left_out))
    return pack_lines(line for line in unpack_lines(blob) if line not in out)


def unpack_ids(blob: bytes) -> list[str]:
    """Take record ids out of one value, 18 ASCII characters each."""
    text = blob.decode("ascii")
    return [text[start : start + ID_LENGTH] for start in range(0, len(text), ID_LENGTH)]
