"""What a job says about sending: the `[send]` table of the configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRules:
    """How chunks go out. The org's own bounds are upper bounds here too."""

    chunk_records: int = 200
    """Records a request, 1 to 200: the org takes no more in one tree."""
    chunk_bytes: int = 10_000_000
    """Bytes a request at most; a record that is larger by itself is rejected here."""
    concurrency: int = 8
    """Requests in flight at the same time at most."""
    requests_per_second: float = 20.0
    """Requests started in any second at most; 0 for no limit."""
    timeout: float = 630.0
    """Seconds to wait for a reply. The org itself gives up after 600; a reply that doesn't come leaves the chunk in doubt."""
    attempts: int = 6
    """Tries of one request that certainly was not done (org busy or unreachable), with growing pauses, before the run stops."""
    isolation_rounds: int = 10
    """How often one chunk goes again without the rows that the org has rejected."""
