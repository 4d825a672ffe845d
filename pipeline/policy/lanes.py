"""Row locks kept apart: rows that lock the same record go in one lane, and a lane's requests one after the other. Pure.

A row's lane follows from its first key alone, so that nothing is kept of keys that were seen. What may go at the same time is
told by all keys, exactly: two lanes never wait for each other because a number is the same.
"""

from collections import deque
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar
from zlib import crc32

T = TypeVar("T", bound=Hashable)

LANES_EACH = 4
"""Lanes for each request in flight: enough that there is nearly always one with a full chunk, and none of it in flight."""
MOST_LANES = 64
"""Each has a chunk that is being filled, so that is what is held back at most."""
WAITING_EACH = 2
"""Chunks for each request in flight that may wait until their keys are free, before no more are made ..."""
MOST_WAITING = 64
"""... and how many at most."""


def lanes_for(concurrency: int) -> int:
    """Say how many lanes there are for so many requests in flight."""
    return min(concurrency * LANES_EACH, MOST_LANES)


def waiting_for(concurrency: int) -> int:
    """Say how many chunks may wait."""
    return min(concurrency * WAITING_EACH, MOST_WAITING)


def lane_of(key: bytes, lanes: int) -> int:
    """Say which lane a row with this key goes in, from 1 on; the same in every run."""
    return crc32(key) % lanes + 1


class Lines(Generic[T]):
    """Who waits for whom: at each key those that have it stand in line, in the order in which they came.

    Whoever is first at all of its keys may go, and stands there until it is done. There is always somebody who may go, if nobody
    is on the way: the one that has waited longest.
    """

    def __init__(self) -> None:
        self._lines: dict[bytes, deque[T]] = {}
        self._keys: dict[T, Collection[bytes]] = {}
        self._behind: dict[T, int] = {}
        """At how many keys each is not the first."""
        self._length: dict[T, int] = {}
        """The longest line that each is the first of."""
        self._ready: dict[T, None] = {}

    @property
    def waiting(self) -> int:
        """How many were not taken yet."""
        return len(self._behind)

    def join(self, one: T, keys: Collection[bytes]) -> None:
        """Let one stand in line at each of its keys, which are distinct."""
        self._keys[one] = keys
        self._length[one] = 1
        behind = 0
        for key in keys:
            line = self._lines.setdefault(key, deque())
            line.append(one)
            if len(line) > 1:
                behind += 1
                first = line[0]
                self._length[first] = max(self._length[first], len(line))
        self._behind[one] = behind
        if not behind:
            self._ready[one] = None

    def take(self) -> T | None:
        """Let one go that is first at all of its keys: of several the one with the longest line behind it. None: nobody is."""
        if not self._ready:
            return None
        one = max(self._ready, key=self._length.__getitem__)
        del self._ready[one], self._behind[one]
        return one

    def done(self, one: T) -> None:
        """Let those step forward who stood behind one that was taken."""
        for key in self._keys.pop(one):
            line = self._lines[key]
            line.popleft()
            if not line:
                del self._lines[key]
                continue
            first = line[0]
            self._length[first] = max(self._length[first], len(line))
            self._behind[first] -= 1
            if not self._behind[first]:
                self._ready[first] = None
        del self._length[one]
