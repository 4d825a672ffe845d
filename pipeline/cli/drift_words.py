"""How an object has changed, in words for the terminal."""

from pipeline.assembly.drifting import Drift
from pipeline.mapping.drift import Change

MOST = 40


def drift_told(drift: Drift) -> list[str]:
    """Say what has changed, a line each; no line if nothing has."""
    if not drift.changes:
        return []
    lines = [f"  {_told(change)}" for change in drift.changes[:MOST]]
    if len(drift.changes) > MOST:
        lines.append(f"  and {len(drift.changes) - MOST:,} more")
    return [f"{drift.object} has changed since its describe was kept on {drift.since} ({drift.kept}):", *lines]


def _told(change: Change) -> str:
    if change.what == "field":
        demanded = ", and the org requires it" if change.demands else ""
        return f"{change.field}: is {change.after}{demanded}"
    if change.what in {"picklist", "refers to"}:
        went, came = (f" {word} {words}" if words else "" for word, words in (("without", change.before), ("with", change.after)))
        return f"{change.field}: {change.what} now{went}{' and' * bool(went and came)}{came}"
    return f"{change.field}: {change.what}: {change.after}, was {change.before}"
