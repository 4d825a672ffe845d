"""What a comparison has found: rows that repeat others, by their places."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from struct import Struct

from pipeline.aside.heaps import Heaps
from pipeline.aside.notes import PLACE, file_and_line

SPAN = 14
"""Bits of a line that don't matter for its heap: 16,384 lines lie in one."""
_PAIR = Struct("<QQ")


class Repeats:
    """Rows that repeat others; those near each other are found together, so that blocks in the order of a file need little."""

    def __init__(self, folder: Path) -> None:
        self._heaps = Heaps(folder)
        self._at: set[int] = set()
        self._near: dict[int, int] = {}

    def close(self) -> None:
        """Give memory and disk back."""
        self._heaps.close()

    def add(self, place: int, other: int) -> None:
        """Note that the row at a place has the key of another one."""
        self._heaps.add(place >> SPAN, _PAIR.pack(place, other))

    def among(self, file: int, lines: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """Tell which rows of a file repeat others: by position among these lines, with file and line of the other one."""
        start = file << PLACE
        at = {(start | line) >> SPAN for line in lines}
        if at != self._at:
            self._at, self._near = at, {}
            for number in at:
                self._near.update(_PAIR.iter_unpack(self._heaps.heap(number)))
        if not self._near:
            return {}
        found = {position: self._near.get(start | line) for position, line in enumerate(lines)}
        return {position: file_and_line(other) for position, other in found.items() if other is not None}
