"""Which rows of a file have a place in the journal already: a bit a line, so that a resumed run skips them in little memory.

What hangs under a row's record is known with it, where it was sent with it; what was sent apart from it is known by itself.
"""

from collections.abc import Iterable

from pipeline.model.record import MEMBER


class _Numbers:
    """A set of numbers: a bit each, up to the highest."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def __bool__(self) -> bool:
        return bool(self._bits)

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)

    def add(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            place = number >> 3
            if place >= len(self._bits):
                self._bits.extend(bytes(place + 1 - len(self._bits) + len(self._bits) // 2))
            self._bits[place] |= 1 << (number & 7)


class KnownRows(_Numbers):
    """A set of line numbers: 125 KB a million lines; and of places of further records of their rows."""

    def __init__(self, places: Iterable[int] = ()) -> None:
        """Begin with some."""
        super().__init__()
        self._whole = _Numbers()
        self._apart: dict[int, _Numbers] = {}
        self.add(places)

    def __contains__(self, place: int) -> bool:
        if place < MEMBER:
            return super().__contains__(place)
        number, line = divmod(place, MEMBER)
        return line in self._whole or number in self._apart.get(line, ())

    def __bool__(self) -> bool:
        return super().__bool__() or bool(self._apart)

    def add(self, places: Iterable[int], *, apart: bool = False) -> None:
        """Take in more of them; `apart`: of the further records of a row not all need be among them."""
        places = [*places]
        if max(places, default=0) < MEMBER:
            super().add(places)
            return
        super().add(place for place in places if place < MEMBER)
        further = [divmod(place, MEMBER) for place in places if place >= MEMBER]
        if apart:
            for number, line in further:
                self._apart.setdefault(line, _Numbers()).add((number,))
        else:
            self._whole.add(line for _, line in further)
