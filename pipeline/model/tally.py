"""What the progress display looks at while a run goes on. Nothing is decided by it: what counts is in the journal."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Tally:
    """Running counts of a session, written by the stages."""

    bytes_total: int = 0
    bytes_read: int = 0
    rows_read: int = 0
    created: int = 0
    rejected: int = 0
    duplicates: int = 0
    """Rows that were left out, as an earlier one stands for them."""
    in_doubt: int = 0
    in_flight: int = 0
    waits_for: int = 0
    """Rows in doubt that the run waits for at its end ..."""
    waits_until: datetime | None = None
    """... until then at the latest; None: it doesn't wait."""
    awaiting_calls: bool = False
    """No calls are left for now, and the run waits until there are some again."""
    surveying: bool = False
    """The files are looked through before anything is sent."""
    calls: int = 0
    used: int | None = None
    """Calls used of the org's day, as the org last said."""
    allowance: int | None = None
