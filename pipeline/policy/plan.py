"""What a load will take: calls by purpose, time, and whether the org's day has calls enough. Reckoned, not measured.

What can't be known before is assumed, and the assumptions are named: they are told beside the figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from pipeline.model.wire import Purpose
from pipeline.policy import allowance
from pipeline.policy.rules import SendRules

REFUSED = 0.001
"""Share of the rows that the org is assumed to refuse by its own rules, and to name."""
LOST = 0.001
"""Share of the requests whose reply is assumed to be lost."""
AFTER_LOSS = 2
"""Calls that a lost reply is assumed to take: a question, and another one or the request again."""
SECONDS_A_RECORD = 0.01
"""Time that the org is assumed to need for a record: 2 seconds for a full request."""
A_JOB = 7
"""Calls of a job: to make it, feed it, close it, twice to ask how far it is, and for the files of records created and refused."""
GROWTH = 6
"""Bytes of JSON that a byte of a file becomes at most (a control character: six)."""
BESIDE = 1_000
"""Bytes that a record is allowed beside its values, for names of fields and its attributes."""


class Room(StrEnum):
    """Whether the calls that the org has left are enough."""

    UNKNOWN = "unknown"
    ENOUGH = "enough"
    TIGHT = "tight"
    """For what is certain, but not for what is expected."""
    SHORT = "short"
    """Not even for what is certain."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load will take."""

    calls: Mapping[Purpose, int]
    seconds: float
    """At the set rate and concurrency."""
    left: int | None
    """Calls that the org's day still has beside the reserve; None if it has not said."""

    @property
    def metered(self) -> int:
        """Calls that are expected to count against the day's allowance; a login doesn't."""
        return sum(count for purpose, count in self.calls.items() if purpose is not Purpose.LOGIN)

    @property
    def certain(self) -> int:
        """Calls that count and will be made whatever happens."""
        return self.calls[Purpose.DESCRIBE] + self.calls[Purpose.LOOKUP] + self.calls[Purpose.LOAD]

    @property
    def room(self) -> Room:
        """Whether the calls that are left are enough."""
        if self.left is None:
            return Room.UNKNOWN
        if self.certain > self.left:
            return Room.SHORT
        return Room.TIGHT if self.metered > self.left else Room.ENOUGH


def plan(
    rows: int,
    requests: int,
    rules: SendRules,
    *,
    logins: int,
    describes: int,
    usage: tuple[int, int] | None,
    lookups: int = 0,
) -> Plan:
    """Reckon what it takes to send so many rows in so many requests.

    `usage` is what the org said of its day: calls used, and how many there are. A request with rows that the org names goes
    once more without them, whatever their number; so what counts is how many requests hold such a row.
    """
    touched = 1 - (1 - REFUSED) ** (rows / requests) if requests else 0.0
    calls = {
        Purpose.LOGIN: logins,
        Purpose.DESCRIBE: describes,
        Purpose.LOOKUP: lookups,
        Purpose.LOAD: requests * (A_JOB if rules.route == "bulk" else 1),
        Purpose.ISOLATION: round(requests * touched) if rules.route != "bulk" else 0,
        Purpose.EVIDENCE: round(requests * LOST) * AFTER_LOSS,
    }
    left = None if usage is None else allowance.left(*usage, rules.allowance_reserve)
    return Plan(calls, _seconds(rows, sum(calls.values()), rules), left)


def _seconds(rows: int, calls: int, rules: SendRules) -> float:
    paced = calls / rules.requests_per_second if rules.requests_per_second else 0.0
    return max(paced, rows * SECONDS_A_RECORD / rules.at_once)


def most_requests(rows: int, size: int, files: int, rules: SendRules) -> int:
    """Say how many requests so many rows in so many bytes of text can take at most.

    Any two requests of a file one after the other have more than a full one of them has, by count or by bytes; a file's last
    one may be small.
    """
    by_bytes = 2 * (size * GROWTH + rows * BESIDE) // rules.most_bytes
    return min(ceil(rows / rules.most_records) + by_bytes + files, rows)
