"""What an org's describe has become since one was kept: told before it is relied on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.assembly.keeping import read_kept
from pipeline.assembly.work import Import
from pipeline.config import Settings
from pipeline.mapping.drift import Change, changes, touching
from pipeline.model.describe import Describe


@dataclass(frozen=True, slots=True)
class Drift:
    """How an object has changed."""

    object: str
    kept: Path
    """The older describe."""
    since: str
    """Day on which it was kept (UTC)."""
    changes: Sequence[Change]


Tell = Callable[[Drift], None]
"""Says it to a person."""


def untold(drift: Drift) -> None:
    """Say nothing."""


def place_of(settings: Settings, object_name: str) -> Path:
    """Tell where a job keeps the describe of an object, unless it is told otherwise."""
    return settings.job.state / "describes" / f"{object_name}.json"


def drift_since(kept: Path, now: Describe) -> Drift | None:
    """Compare with a describe that was kept there; None if there is none.

    :raises UsageError: if what is there is no describe, or one of another object.
    """
    if not kept.exists():
        return None
    before = read_kept(kept, now.name)
    day = datetime.fromtimestamp(kept.stat().st_mtime, UTC).date().isoformat()
    return Drift(now.name, kept, day, changes(before, now))


def tell_drift(work: Import, now: Describe, tell: Tell) -> None:
    """Tell what has changed, since the job's describe was kept, of the fields that it sets; if it keeps one.

    :raises UsageError: as above.
    """
    drift = drift_since(place_of(work.settings, now.name), now)
    if drift is not None:
        columns = {column for file in work.files for column in file.columns}
        if found := touching(drift.changes, work.settings.mapping, columns):
            tell(Drift(drift.object, drift.kept, drift.since, found))
