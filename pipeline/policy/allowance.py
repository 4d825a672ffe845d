"""The org's allowance of calls: how many of its rolling 24 hours are left for us, beside a reserve for everybody else.

What counts against it is every call of the whole org in the last 24 hours, so a call comes back 24 hours after it was made.
https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
"""

from dataclasses import dataclass, replace
from math import ceil


def reserved(reserve: float, maximum: int) -> int:
    """Say how many of so many calls are kept for others: `reserve` is a share below 1, or a number of calls."""
    return min(ceil(reserve * maximum) if reserve < 1 else ceil(reserve), maximum)


def left(used: int, maximum: int, reserve: float) -> int:
    """Say how many calls may still be made; 0 if the reserve is touched already."""
    return max(maximum - reserved(reserve, maximum) - used, 0)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the org last said of its calls, and what is known beside."""

    used: int
    maximum: int
    known_at: int
    """So many calls of ours had begun when this became known."""
    unheard: int = 0
    """Calls of which the org said nothing; they may have been counted ..."""
    unheard_at: int = 0
    """... and so many had begun when that was known of the last of them."""

    def heard(self, used: int, maximum: int, begun_as: int, begun: int) -> "Usage":
        """Take in what stood beside a reply: its call began as number `begun_as`, and `begun` have begun by now.

        Replies overtake each other, so of those that were under way together the highest figure counts.
        """
        unheard = self.unheard if begun_as < self.unheard_at else 0
        if begun_as < self.known_at:
            return replace(self, used=max(used, self.used), maximum=maximum, unheard=unheard)
        return replace(self, used=used, maximum=maximum, known_at=begun, unheard=unheard)

    def missed(self, begun: int) -> "Usage":
        """Take in a call of which the org said nothing; so many have begun by now."""
        return replace(self, unheard=self.unheard + 1, unheard_at=begun)

    def left(self, reserve: float) -> int:
        """Say how many calls may still be made."""
        return left(self.used + self.unheard, self.maximum, reserve)
