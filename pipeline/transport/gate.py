"""The gate before the org: first come, first served, and never more starts than the set rate.

`asyncio_throttle.Throttler` keeps a log of starts and lets one through while fewer than `rate_limit` lie within the last
`period`. By itself it looks every 10 ms for each waiter, serves them in no order, and lets a whole quota through at once. So
here it stands behind a lock (one waiter looks, in order), its window is short (no bursts), and it sleeps exactly once a wait.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from asyncio_throttle.throttler import Throttler

from pipeline.clock import Clock

_MARGIN = 0.0001
"""Seconds slept beyond the moment at which a start leaves the window: the throttler wants it to be over, not just reached."""

_ONE_BY_ONE = 30
"""Starts a second up to which they may be paced one by one: timers are good to a millisecond."""

_FINE = 50
"""Starts a second from which the period is short, so that few start at the same moment; below, it holds a few at least."""


class Gate:
    """Lets through at most `rate` starts in any second; 0 sets no limit. A rate such as 0.5 is one start in any two seconds."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._lock = asyncio.Lock()
        self._throttler = _Throttler(*window(rate), clock.monotonic) if rate else None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait in line; the body runs for the first in line; leaving it waits for the next free slot.

        So only the first in line has announced what it sends and not sent it yet. A body that fails takes no slot. Without
        a limit there is no line.
        """
        if self._throttler is None:
            yield
            return
        async with self._lock:
            yield
            await self._throttler.acquire()  # type: ignore[no-untyped-call]  # the library has no annotations here


def window(rate: float) -> tuple[int, float]:
    """Return how many starts to allow in which period (seconds), so that no second ever sees more than the rate.

    The period is a whole fraction of a second from 0.1 to 0.2, the one that gets closest to the rate; a low rate that none of
    them meets is paced one by one.
    """
    finer = 1 if rate >= _FINE else -1
    parts = max(range(5, 11), key=lambda parts: (rate // parts * parts, parts * finer))
    slots = int(rate // parts)
    if rate <= _ONE_BY_ONE and slots * parts != rate:
        return 1, 1 / rate
    return slots, 1 / parts


class _Throttler(Throttler):
    """Knows when the next slot becomes free instead of looking again and again."""

    period: float

    def __init__(self, rate_limit: int, period: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        super().__init__(rate_limit, period)

    @property
    def retry_interval(self) -> float:
        """Seconds until the oldest start leaves the window."""
        return max(0.0, self._task_logs[0] + self.period - self._monotonic()) + _MARGIN

    @retry_interval.setter
    def retry_interval(self, _: float) -> None:
        """Ignore the poll interval that the throttler sets."""
