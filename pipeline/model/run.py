"""A run, as the journal keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.errors import ExitCode


@dataclass(frozen=True, slots=True)
class Run:
    """One import: a job over certain files into a certain org. Ended and started again it is the same run."""

    id: str
    key: str
    """Digest of what is loaded where (job, object, org, content of the files): the same key again is the same run."""
    job: str
    object: str
    org: str
    api_version: str
    reports: str
    """Folder in which this run's reports get a folder of their own."""
    started_at: str
    ended_at: str | None = None
    exit_code: int | None = None
    reason: str | None = None

    @property
    def finished(self) -> bool:
        """Nothing is left to be sent or to be asked for."""
        return self.exit_code in {ExitCode.DONE, ExitCode.REJECTS}


@dataclass(frozen=True, slots=True)
class Session:
    """One start of the command on a run."""

    number: int
    started_at: str
    version: str
    config: str
    """Digest of the settings; behind a colon that of functions and looked-up ids, where records are made of such."""
    used_before: int | None
    """Calls of the org's day that were used when it began, as the org said."""
    used_after: int | None
    allowance: int | None
    config_path: str = ""
    """The configuration file."""
    overrides: tuple[str, ...] = ()
    """Settings that the command line gave, as `section.key=value`. Secrets are references there, too."""

    effects: Mapping[str, object] = field(default_factory=dict)
    """What it was allowed to set off in the org, by setting; empty: it was not written down."""

    @property
    def settings(self) -> str:
        """Digest of the settings alone."""
        return self.config.partition(":")[0]


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """What the reader counted in a file. A row of several physical lines is one line; a CSV header is none."""

    lines: int
    blank: int
    unreadable: int
    rows: int
    complete: bool
    """The file was read to its end."""
