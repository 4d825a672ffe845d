"""Notes about rows, put aside by where the rows stand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from struct import Struct

from pipeline.aside.heaps import Heaps

PLACE = 40
"""Bits of a place that are the line; the others are the number of the file."""


class Notes:
    """Some numbers about each of many rows; those of rows near each other are found together, so that blocks need little."""

    def __init__(self, folder: Path, form: str, *, span: int) -> None:
        """Take numbers of a `form` that `struct` knows; `span` bits of a line don't matter for the heap that a note lies in."""
        self._heaps = Heaps(folder)
        self._note = Struct(f"<Q{form}")
        self._span = span
        self._at: set[int] = set()
        self._near: dict[int, list[tuple[int, ...]]] = {}

    def close(self) -> None:
        """Give memory and disk back."""
        self._heaps.close()

    def add(self, place: int, *numbers: int) -> None:
        """Note something about the row at a place; there may be several notes about a row."""
        self._heaps.add(place >> self._span, self._note.pack(place, *numbers))

    def among(self, file: int, lines: Sequence[int]) -> Mapping[int, Sequence[tuple[int, ...]]]:
        """Return the notes about rows of a file, by position among these lines, in the order in which they were made."""
        start, span = file << PLACE, self._span
        at = {(start | line) >> span for line in lines}
        if at != self._at:
            self._at, self._near = at, {}
            for number in at:
                for place, *numbers in self._note.iter_unpack(self._heaps.heap(number)):
                    self._near.setdefault(place, []).append(tuple(numbers))
        if not self._near:
            return {}
        found = ((position, self._near.get(start | line)) for position, line in enumerate(lines))
        return {position: notes for position, notes in found if notes is not None}

    def counts(self, file: int, lines: Sequence[int]) -> list[int]:
        """Count the notes about each of these rows, of which there may be more than are to be held in memory."""
        start, span = file << PLACE, self._span
        found: Counter[int] = Counter()
        for number in sorted({(start | line) >> span for line in lines}):
            found.update(place for place, *_ in self._note.iter_unpack(self._heaps.heap(number)))
        return [found[start | line] for line in lines]


def file_and_line(place: int) -> tuple[int, int]:
    """Say where a place is."""
    return place >> PLACE, place & ((1 << PLACE) - 1)
