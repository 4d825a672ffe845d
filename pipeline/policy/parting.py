"""What of a family goes together, where the whole of it is more than one request takes. Pure.

A record with all that hangs under it goes together if it fits into a request. Otherwise it goes alone, and what hangs under it
goes later, each part with the id of the record above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.policy.packing import MOST_LEVELS, MOST_TYPES


@dataclass(frozen=True, slots=True)
class Branch:
    """A record of a family."""

    parent: int
    """Number of the record that it hangs under; of the first, -1."""
    object: str
    size: int
    """Bytes that it takes at most, with what puts it under another one."""
    known: bool = False
    """It was sent before, or has ended."""


def heads(family: Sequence[Branch], *, most_records: int, most_bytes: int) -> list[int]:
    """Return for each record the number of the one that begins its part; parents come before what hangs under them.

    A record that is known begins a part of its own, so that no other goes with it.
    """
    records, levels = [1] * len(family), [1] * len(family)
    sizes = [one.size for one in family]
    types = [frozenset((one.object,)) for one in family]
    known = [one.known for one in family]
    for number in range(len(family) - 1, 0, -1):
        above = family[number].parent
        records[above] += records[number]
        sizes[above] += sizes[number]
        levels[above] = max(levels[above], levels[number] + 1)
        known[above] |= known[number]
        if not types[number] <= types[above]:
            types[above] |= types[number]
    fits = [
        records[number] <= most_records
        and sizes[number] <= most_bytes
        and levels[number] <= MOST_LEVELS
        and len(types[number]) <= MOST_TYPES
        and not known[number]
        for number in range(len(family))
    ]
    found = [0]
    for number, one in enumerate(family[1:], start=1):
        above = found[one.parent]
        found.append(above if fits[above] else number)
    return found
