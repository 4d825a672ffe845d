"""What is to be loaded, as the command line and the configuration say it, and how it ended."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.clock import Clock, Dice
from pipeline.config import Settings
from pipeline.errors import ExitCode, UsageError
from pipeline.formats.rules import ReadRules
from pipeline.model.row import InputFile
from pipeline.model.tally import Tally
from pipeline.sources.opening import found
from pipeline.stages.reader import inspect
from pipeline.stop import Stop


@dataclass(frozen=True, slots=True)
class Import:
    """What is to be loaded."""

    settings: Settings
    files: Sequence[InputFile]
    fresh: bool
    """Load the files even if they were loaded before."""
    overrides: Sequence[str] = ()
    """Settings that the command line gave."""

    @property
    def key(self) -> str:
        """What is loaded where, as 64 hex digits: the same key again is the same run."""
        job, org = self.settings.job, self.settings.org
        parts = [job.name, job.object.lower(), org.url, *(file.sha256 for file in self.files)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What comes in from outside: time, chance, the brake, and what the display looks at."""

    clock: Clock
    dice: Dice
    stop: Stop
    tally: Tally


@dataclass(frozen=True, slots=True)
class Ending:
    """How an import ended."""

    exit_code: ExitCode
    summary: dict[str, Any]
    folder: Path
    """Where the reports are."""
    already_done: bool = False
    """There was nothing to do: an earlier run had loaded all of it."""


def find_input(patterns: Sequence[str], rules: ReadRules) -> list[InputFile]:
    """Find the input files and look at each: in the order given, those of a glob by name, none twice.

    :raises UsageError: if there is no pattern at all, or one is an address that can't be read.
    :raises InputError: if a file is missing or can't be read as what it should be, or a glob matches nothing.
    """
    if not patterns:
        raise UsageError("no input: set job.input in the configuration, or give --input PATH")
    names = dict.fromkeys(name for pattern in patterns for name in found(pattern))
    return [inspect(name, number, rules) for number, name in enumerate(names, start=1)]
