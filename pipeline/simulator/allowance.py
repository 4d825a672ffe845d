"""The day's allowance of requests: a rolling 24 hours, counted by the hour.

https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
"""

from collections import deque
from datetime import datetime

_HOUR = 3600
_DAY = 24


class Allowance:
    """`total` counts every request since the org began; what counts against `maximum` are those of the last 24 hours."""

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self.total = 0
        self._hours: deque[tuple[int, int]] = deque()

    def used(self, now: datetime) -> int:
        """Count the requests of the last 24 hours."""
        today = _hour(now) - _DAY
        while self._hours and self._hours[0][0] <= today:
            self._hours.popleft()
        return sum(requests for _, requests in self._hours)

    def take(self, now: datetime) -> bool:
        """Use one request, if one is left."""
        if self.used(now) >= self.maximum:
            return False
        self.add(now, 1)
        return True

    def add(self, now: datetime, requests: int) -> None:
        """Count requests that were made in this hour. Hours come in order."""
        hour, counted = _hour(now), 0
        if self._hours and self._hours[-1][0] >= hour:
            hour, counted = self._hours.pop()
        self._hours.append((hour, counted + requests))
        self.total += requests


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // _HOUR
