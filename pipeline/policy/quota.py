"""How many records a run may still create: what goes out is taken off, and nothing goes out beyond it."""

from collections.abc import Iterable


class Quota:
    """Of `most` records `used` are created already, or may be.

    What is taken isn't given back: what the org rejects counts again when the run goes on.
    """

    def __init__(self, most: int, used: int) -> None:
        self._most = most
        self._left = max(most - used, 0)
        self.spent = False
        """Something did not fit any more."""

    def take(self, families: Iterable[int]) -> int:
        """Take families off, given by their numbers of records; return how many of them, from the first on, still fit.

        Once something has not fitted nothing does, so that rows go out in their order.
        """
        fitting = 0
        for records in families:
            self.spent = self.spent or records > self._left
            if self.spent:
                break
            self._left -= records
            fitting += 1
        return fitting

    @property
    def reason(self) -> str:
        """Say why the rest is not sent."""
        return f"limits.max_created allows {self._most:,} records, and so many were sent that no more may be"
