"""Who may send, when, and how much: a place among those in flight, a call of the day's allowance, a turn at the set rate."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from pipeline.clock import Clock
from pipeline.model.outcome import Created, Outcome, Partly
from pipeline.model.wire import Delivery
from pipeline.policy.limit import Flight, Limit, beginning, sign
from pipeline.policy.portion import overtaxing, whole
from pipeline.policy.rules import SendRules
from pipeline.transport.gate import Gate
from pipeline.transport.room import Room


def _unmetered() -> int | None:
    return None


class Admission:
    """Admits requests to one org.

    `calls_left` says how many calls may be in flight, so that not even all of them together use more than they should; None: any
    number.
    """

    def __init__(self, rules: SendRules, clock: Clock, calls_left: Callable[[], int | None] = _unmetered) -> None:
        self._rules = rules
        self._clock = clock
        self._calls_left = calls_left
        self._gate = Gate(rules.requests_per_second, clock)
        self._limit = beginning(rules.concurrency) if rules.adaptive else Limit(rules.concurrency, rules.concurrency)
        self._portion = whole(rules.most_records)
        self._room = Room(self._limit.whole)
        self._begun = self._in_flight = 0
        self._full_at = -1

    @property
    def limit(self) -> int:
        """Requests that may be in flight, as far as the org's answers say."""
        return self._limit.whole

    @property
    def portion(self) -> int:
        """Records that may go in one request, as far as the org's answers say."""
        return self._portion.size

    @asynccontextmanager
    async def room(self, *, alone: bool = False) -> AsyncIterator["Place"]:
        """Wait for a place among those in flight, first come, first served; it is free again when the body is left.

        `alone`: wait until nothing is in flight, and let nothing leave beside it.
        """
        self._fit()
        await self._room.enter(alone=alone)
        try:
            left = self._calls_left()
            yield Place(self, has_call=left is None or self._room.held <= left)
        finally:
            self._room.leave()
            self._fit()

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait in line; the body runs for the first in line; leaving it waits for the next free slot."""
        return self._gate.turn()

    def _fit(self) -> None:
        """Have as many places as requests may be in flight. One at least: whoever gets it learns that no call is left."""
        left = self._calls_left()
        self._room.resize(self.limit if left is None else max(min(self.limit, left), 1))

    async def fly(self, sending: Awaitable[Delivery]) -> tuple[Delivery, Flight, float]:
        """Let a request leave; return what came back, and how many seconds that took."""
        since, number = self._clock.monotonic(), self._begun
        self._begun += 1
        self._in_flight += 1
        if self._in_flight >= self.limit:
            self._full_at = number
        try:
            delivery = await sending
        finally:
            self._in_flight -= 1
        flight = Flight(number, full=self._full_at >= number, beside=self._in_flight)
        return delivery, flight, self._clock.monotonic() - since

    def learn(self, outcome: Outcome, records: int, flight: Flight, seconds: float) -> None:
        """Let the number in flight, and the records of a request, follow what came of one with so many."""
        if self._rules.adaptive:
            self._limit = self._limit.after(sign(outcome, seconds, self._rules.timeout), flight, self._begun)
        if isinstance(outcome, Created | Partly):
            self._portion = self._portion.passed(records)
        elif overtaxing(outcome, seconds, self._rules.timeout):
            self._portion = self._portion.failed(records)


class Place:
    """A place among those in flight, for one request."""

    def __init__(self, admission: Admission, *, has_call: bool) -> None:
        self.has_call = has_call
        """Whether the allowance has a call for it."""
        self._admission = admission
        self._flight = Flight(0, full=False, beside=0)
        self._seconds = 0.0

    async def fly(self, sending: Awaitable[Delivery]) -> Delivery:
        """Let the request leave, and wait for what comes back."""
        delivery, self._flight, self._seconds = await self._admission.fly(sending)
        return delivery

    def learn(self, outcome: Outcome, records: int) -> None:
        """Say what came of it."""
        self._admission.learn(outcome, records, self._flight, self._seconds)
