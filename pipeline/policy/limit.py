"""How many requests may be in flight: a number that follows what comes back. Arithmetic only; who admits is the gate.

It grows while answers are good and it was reached, and shrinks when the org has trouble. Of requests that were under way together
only the first trouble counts, but for a refusal for too many at once: what is in flight beside a refused request is what the org
takes, so each such refusal says the number itself.

The number at which there was trouble is remembered as the ceiling. Up to it growth is quick, beyond it one at a time, and with
twice the patience after each try that failed: so an org's own limit is found and kept to, and asked for seldom.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from pipeline.model.outcome import (
    Created,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    Outcome,
    Overtaxed,
    Partly,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)

FIRST = 8
"""Requests in flight at the beginning, or half of the most that may be, if that is more."""
SLOW = 16.0
"""Seconds from which an answer is slow: those that run for 20 count against 25 that an org may have, 5 in developer orgs.

https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
"""
SLOW_ONES = 4
"""Requests in flight that slowness leaves: that many never reach the org's limit for long ones."""
LESS = 0.75
"""What trouble leaves of the number."""
FIRST_PATIENCE = 8
"""Rounds of good answers before one more than the ceiling is tried; a round is as many answers as may be in flight."""
LONGEST_PATIENCE = 128


class Sign(StrEnum):
    """What an answer says about the number in flight."""

    GOOD = "good"
    NONE = "none"
    SLOW = "slow"
    TROUBLE = "trouble"
    """A lock, an org that is busy or unavailable, no answer in time."""
    TOO_MANY = "too many"
    """The org refuses it for those that are in flight already."""


def sign(outcome: Outcome, seconds: float, timeout: float) -> Sign:
    """Read the sign of an outcome that took so many seconds, where `timeout` seconds were waited for a reply."""
    match outcome:
        case Partly() if outcome.hindered:
            return Sign.TROUBLE
        case Created() | Partly():
            return Sign.SLOW if seconds >= SLOW else Sign.GOOD
        case Throttled(too_many=True):
            return Sign.TOO_MANY
        case Throttled() | Unavailable() | Hindered():
            return Sign.TROUBLE
        case InDoubt():
            return Sign.TROUBLE if seconds >= min(SLOW, timeout) else Sign.NONE
        case Rejected() | Nameless() | Overtaxed() | Refused() | Exhausted() | SessionExpired():
            return Sign.SLOW if seconds >= SLOW else Sign.NONE
        case _:
            assert_never(outcome)


@dataclass(frozen=True, slots=True)
class Flight:
    """A request that has come back, among the others."""

    number: int
    """It was the so-manieth to leave."""
    full: bool
    """As many as may be were in flight at some time since it left, itself included."""
    beside: int
    """How many are still in flight."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The number in flight, from 1 to `most`, and what is known for its next change."""

    most: int
    number: float
    ceiling: float = float("inf")
    """Up to here there was no trouble, or it is long ago."""
    patience: int = FIRST_PATIENCE
    calm: int = 0
    """Good answers since the ceiling was reached."""
    tried: bool = False
    """The number is a try beyond what was known to be good."""
    settled_from: int = 0
    """Requests that left before the so-manieth were under way when the number last shrank."""

    @property
    def whole(self) -> int:
        """Requests that may be in flight."""
        return int(self.number)

    def after(self, seen: Sign, flight: Flight, left: int) -> "Limit":
        """Say what it is after a request has come back; `left` requests have left so far."""
        match seen:
            case Sign.NONE:
                return self
            case Sign.GOOD:
                return self._grown() if flight.full else self
            case Sign.TOO_MANY:
                return self._taken(min(self.number, max(flight.beside, 1.0)), flight, left)
            case Sign.TROUBLE:
                return self._eased(1.0, flight, left)
            case Sign.SLOW:
                return self._eased(SLOW_ONES, flight, left)
            case _:
                assert_never(seen)

    def _grown(self) -> "Limit":
        if self.number >= self.most:
            return self
        if self.number < self.ceiling:
            step = 1.0 if self.ceiling == float("inf") else 1 / self.number
            return replace(self, number=min(self.number + step, self.most, self.ceiling))
        if self.calm + 1 < self.patience * self.number:
            return replace(self, calm=self.calm + 1)
        more = min(self.whole + 1.0, self.most)
        patience = max(self.patience // 2, FIRST_PATIENCE) if self.tried else self.patience
        return replace(self, number=more, ceiling=more, calm=0, tried=True, patience=patience)

    def _taken(self, number: float, flight: Flight, left: int) -> "Limit":
        """Come down to what the org takes."""
        if flight.number < self.settled_from:
            return replace(self, number=number, ceiling=min(self.ceiling, number), tried=False)
        return self._shrunk(number, number, left)

    def _eased(self, least: float, flight: Flight, left: int) -> "Limit":
        """Come down by a share, once for all that were under way together."""
        number = max(self.number * LESS, min(self.number, least))
        return self if flight.number < self.settled_from else self._shrunk(number, max(self.number - 1, number), left)

    def _shrunk(self, number: float, ceiling: float, left: int) -> "Limit":
        patience = min(self.patience * 2, LONGEST_PATIENCE) if self.number >= self.ceiling else self.patience
        return replace(self, number=number, ceiling=ceiling, calm=0, tried=False, patience=patience, settled_from=left)


def beginning(most: int) -> Limit:
    """Give the number to begin with, so that a short load isn't slower than it could be."""
    return Limit(most, float(min(most, max(FIRST, -(-most // 2)))))
