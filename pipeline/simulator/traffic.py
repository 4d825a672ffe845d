"""How much the org takes at once, how long it takes for a request, and what it saw of that.

https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import exp, log
from random import Random
from time import monotonic
from typing import NamedTuple

from pipeline.simulator.errors import ApiError

_NINETY_FIFTH = 1.645
"""So many standard deviations above its middle lies what 95 of 100 draws are below."""
_MOST_SEEN = 200_000


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an org is like for those who write to it; a plan says it in its table `[org]`."""

    concurrent: int | None = None
    """Requests that run at once; more are refused. None: any number."""
    long_after: float = 0.0
    """Seconds from which a request counts among these; 20 in a real org."""
    latency: float = 0.0
    """Seconds that a request takes, in the middle ..."""
    latency_p95: float = 0.0
    """... and that 95 of 100 take at most; 0: all take the same."""


class Seen(NamedTuple):
    """A request that came to an endpoint, with how many were under way then, itself included."""

    endpoint: str
    at: float
    """Seconds, by a clock that never runs backwards."""
    under_way: int
    refused: bool


class Traffic:
    """Counts what is under way. `seen` has the requests that were let in, the last 200,000 of them."""

    def __init__(self, conditions: Conditions, seed: int = 0) -> None:
        self.conditions = conditions
        self.seen: deque[Seen] = deque(maxlen=_MOST_SEEN)
        self._dice = Random(f"{seed}/latency")  # noqa: S311 - no secret
        self._running: dict[object, float] = {}

    @contextmanager
    def passing(self, endpoint: str) -> Iterator[None]:
        """Count a request as long as it is under way. Raises ApiError (403) if that is too many."""
        now, request = monotonic(), object()
        most = self.conditions.concurrent
        refused = most is not None and sum(now - since >= self.conditions.long_after for since in self._running.values()) >= most
        self.seen.append(Seen(endpoint, now, len(self._running) + 1, refused))
        if refused:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
        self._running[request] = now
        try:
            yield
        finally:
            del self._running[request]

    def draw(self) -> float:
        """Draw how many seconds a request takes."""
        middle, high = self.conditions.latency, self.conditions.latency_p95
        if not high > middle > 0:
            return middle
        return middle * exp(self._dice.gauss(0, log(high / middle) / _NINETY_FIFTH))
