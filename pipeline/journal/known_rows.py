"""Which rows of a file have a place in the journal already: a bit a line, so that a resumed run skips them in little memory."""

from collections.abc import Iterable

from pipeline.model.record import MEMBER


class KnownRows:
    """A set of line numbers: 125 KB a million lines."""

    def __init__(self, lines: Iterable[int] = ()) -> None:
        self._bits = bytearray()
        self.add(lines)

    def __bool__(self) -> bool:
        return bool(self._bits)

    def __contains__(self, line: int) -> bool:
        place = line >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (line & 7) & 1)

    def add(self, lines: Iterable[int]) -> None:
        """Take in more lines; places of further records of a row are no lines."""
        for line in lines:
            if line >= MEMBER:
                continue
            place = line >> 3
            if place >= len(self._bits):
                self._bits.extend(bytes(place + 1 - len(self._bits) + len(self._bits) // 2))
            self._bits[place] |= 1 << (line & 7)
