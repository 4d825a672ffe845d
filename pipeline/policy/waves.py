"""In which order rows go that refer to others: in waves, each of which needs only what went before it. Pure."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

Row = tuple[int, int]
"""File and line."""


@dataclass(frozen=True, slots=True)
class Waves:
    """When rows go."""

    number: Mapping[Row, int]
    """Of each row that has to wait, how many waves go before its own."""
    lost: Mapping[Row, Row]
    """Rows that can never go, each with the one that it needs and that never becomes a record."""
    circular: Collection[Row]
    """Rows whose needs lead back to themselves, or to such a circle."""


def waves(needs: Mapping[Row, Collection[Row]], never: Collection[Row]) -> Waves:
    """Put rows in order by what each of them waits for; `never` are rows that will not become records."""
    below: dict[Row, list[Row]] = {}
    for row, awaited in needs.items():
        for one in {*awaited}:
            below.setdefault(one, []).append(row)
    lost = _lost(below, never)
    left = {row: len({*awaited}) for row, awaited in needs.items()}
    number = dict.fromkeys((one for one in below if one not in needs and one not in never), 0)
    queue = deque(number)
    while queue:
        one = queue.popleft()
        for row in below.get(one, ()):
            left[row] -= 1
            number[row] = number[one] + 1  # the last one that it needs comes latest
            if not left[row]:
                queue.append(row)
    waiting = {row: number[row] for row in needs if not left[row] and row not in lost and row not in never}
    return Waves(waiting, lost, {row for row in needs if left[row] and row not in lost and row not in never})


def circle(row: Row, needs: Mapping[Row, Collection[Row]], circular: Collection[Row]) -> list[Row]:
    """Follow the needs of a circular row until one comes again; return the way, with that one at its end."""
    way = [row]
    while way[-1] not in way[:-1]:
        way.append(next(one for one in needs[way[-1]] if one in circular))
    return way


def _lost(below: Mapping[Row, Collection[Row]], never: Collection[Row]) -> dict[Row, Row]:
    return dict(_spread(below, never))


def _spread(below: Mapping[Row, Collection[Row]], never: Collection[Row]) -> Iterator[tuple[Row, Row]]:
    seen, left = {*never}, [*never]
    while left:
        one = left.pop()
        for row in below.get(one, ()):
            if row not in seen:
                seen.add(row)
                left.append(row)
                yield row, one
