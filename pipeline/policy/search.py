"""The search for records that make a request fail and that the org doesn't name: smaller requests, from the front.

Each request is also a load: what passes is created. The records from the front up to `within` are known to hold a culprit, so
half of them go next. A record is convicted only when it failed alone, so that no innocent one carries a culprit's error, also
where it is the number of records that fails. Between culprits the size follows from how many there were so far: it is the one
that passes in half of all cases.

For 200 records it takes about 12 requests with 1 culprit, 70 with 10 and 200 with 50 (`benchmarks/isolation.py`).
"""

from dataclasses import dataclass, replace
from math import log


@dataclass(frozen=True, slots=True)
class Search:
    """What is known after some requests; the first has failed with all records."""

    within: int | None
    """The first so many records hold a culprit; None: nothing is known of those that are left."""
    seen: int = 0
    culprits: int = 0

    def size(self, left: int) -> int:
        """Tell how many of the records that are `left` go next."""
        if self.within is not None:
            return min(left, (self.within + 1) // 2)
        if not self.culprits:
            return left
        share = min(self.culprits / self.seen, 0.9)
        return max(1, min(left, int(log(0.5) / log(1 - share))))

    def passed(self, size: int) -> "Search":
        """Learn that the first `size` records did not fail. If those that failed together are all through, nothing is known."""
        return replace(self, within=(self.within or size) - size or None, seen=self.seen + size)

    def failed(self, size: int) -> "Search":
        """Learn that the first `size` records fail together; there are two of them at least."""
        return replace(self, within=size)

    def convicted(self) -> "Search":
        """Learn that the first record fails alone."""
        return Search(None, self.seen + 1, self.culprits + 1)
