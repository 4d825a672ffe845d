"""What a job says about sending: the `[send]` table of the configuration."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRules:
    """How chunks go out. The org's own bounds are upper bounds here too."""

    chunk_records: Annotated[int, Interval(ge=1, le=200)] = 200
    """Records a request, 1 to 200: the org takes no more in one tree."""
    chunk_bytes: Annotated[int, Unit("B"), Interval(ge=1_000, le=50_000_000)] = 10_000_000
    """Bytes a request at most; a record that is larger by itself is rejected here."""
    concurrency: Annotated[int, Interval(ge=1, le=100)] = 8
    """Requests in flight at the same time at most."""
    requests_per_second: Annotated[float, Interval(ge=0, le=1_000)] = 20.0
    """Requests started in any second at most; 0 for no limit."""
    timeout: Annotated[float, Unit("s"), Interval(gt=0, le=86_400)] = 630.0
    """Seconds to wait for a reply. The org itself gives up after 600; a reply that doesn't come leaves the chunk in doubt."""
    attempts: Annotated[int, Interval(ge=1, le=20)] = 6
    """Tries of one request that certainly was not done (org busy or unreachable), with growing pauses, before the run stops."""
    isolation_rounds: Annotated[int, Interval(ge=0, le=100)] = 10
    """How often one chunk goes again without the rows that the org has rejected."""
    doubts_in_row: Annotated[int, Interval(ge=1, le=1_000)] = 5
    """Chunks in doubt one after the other before the run stops, so that an org that is down doesn't put every row in doubt."""
