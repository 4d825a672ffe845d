"""How many records go in one request: fewer when that is too much for the org's own limits, more again when it goes well.

The code that an org runs for each request (triggers, flows) has limits of its own, as CPU time and queries; what fails by them
goes in halves, and so does what comes next. Halves of what is known to fail are tried twice the seldomer each time.
https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_gov_limits.htm
"""

from dataclasses import dataclass, replace

from pipeline.model.outcome import InDoubt, Outcome, Overtaxed, Throttled

FIRST_PATIENCE = 10
"""Requests of this size that must go well before one of twice the size is tried."""
LONGEST_PATIENCE = 160


@dataclass(frozen=True, slots=True)
class Portion:
    """Records a request, from 1 to `most`."""

    most: int
    size: int
    patience: int = FIRST_PATIENCE
    calm: int = 0
    tried: bool = False
    """The size is a try beyond one that was good."""

    def passed(self, size: int) -> "Portion":
        """Say what it is after so many records went well."""
        if self.size >= self.most or size < self.size:
            return self
        if self.calm + 1 < self.patience:
            return replace(self, calm=self.calm + 1)
        return replace(self, size=min(self.size * 2, self.most), calm=0, tried=True)

    def failed(self, size: int) -> "Portion":
        """Say what it is after so many were too much."""
        if size > self.size:  # sent before it shrank
            return self
        patience = min(self.patience * 2, LONGEST_PATIENCE) if self.tried else self.patience
        return replace(self, size=max(size // 2, 1), calm=0, tried=False, patience=patience)


def whole(most: int) -> Portion:
    """Begin with as many as may be."""
    return Portion(most, most)


def overtaxing(outcome: Outcome, seconds: float, timeout: float) -> bool:
    """Tell whether a request of so many seconds was too much; `timeout` seconds were waited for a reply."""
    match outcome:
        case Overtaxed() | Throttled(too_long=True):
            return True
        case InDoubt():
            return seconds >= timeout
        case _:
            return False
