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


@dataclass(slots=True)
class _Whole:
    """A record with all that hangs under it."""

    records: int
    size: int
    types: set[str]
    levels: int
    known: bool


def heads(family: Sequence[Branch], *, most_records: int, most_bytes: int) -> list[int]:
    """Return for each record the number of the one that begins its part; parents come before what hangs under them.

    A record that is known begins a part of its own, so that no other goes with it.
    """
    wholes = [_Whole(1, one.size, {one.object}, 1, one.known) for one in family]
    for one, whole in reversed([*zip(family, wholes, strict=True)]):
        if one.parent >= 0:
            above = wholes[one.parent]
            above.records += whole.records
            above.size += whole.size
            above.types |= whole.types
            above.levels = max(above.levels, whole.levels + 1)
            above.known |= whole.known
    fits = [
        whole.records <= most_records
        and whole.size <= most_bytes
        and len(whole.types) <= MOST_TYPES
        and whole.levels <= MOST_LEVELS
        and not whole.known
        for whole in wholes
    ]
    found: list[int] = []
    for number, one in enumerate(family):
        found.append(found[one.parent] if one.parent >= 0 and fits[found[one.parent]] else number)
    return found
