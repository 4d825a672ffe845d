"""What is to be loaded, as the command line and the configuration say it, and how it ended."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from typing import Any

from pipeline.assembly.plans import find_parts, is_plan_file
from pipeline.clock import Clock, Dice
from pipeline.config import Settings
from pipeline.errors import ExitCode, InputError, UsageError
from pipeline.formats.rules import ReadRules
from pipeline.model.row import InputFile
from pipeline.model.tally import Tally
from pipeline.sources.address import is_remote
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
    confirmed: bool = False
    """Somebody has said that an org in production is meant."""

    def __post_init__(self) -> None:
        """Raise UsageError if nothing says what the rows of a file become."""
        unsaid = next((file.path for file in self.files if not self.object_of(file)), None)
        if unsaid is not None:
            raise UsageError(
                f"{self.settings.path}: job.object is missing: it says what the rows of {unsaid} become; only a plan of the "
                "Salesforce CLI says that itself"
            )

    def object_of(self, file: InputFile) -> str:
        """Name the object of a file's rows."""
        return file.object or self.settings.job.object

    @property
    def main(self) -> Sequence[InputFile]:
        """The files whose rows stand for themselves."""
        return [file for file in self.files if not file.joined]

    @property
    def in_order(self) -> Sequence[InputFile]:
        """The files as they flow: joined ones first, so that rows without a parent are known before anything is sent."""
        return [file for file in self.files if file.joined] + [*self.main]

    @property
    def key(self) -> str:
        """What is loaded where, as 64 hex digits: the same key again is the same run."""
        job, org = self.settings.job, self.settings.org
        files = [f"{file.object.lower()}:{file.sha256}" if file.object else file.sha256 for file in self.main]
        files += [f"{file.joined.lower()}<{file.sha256}" for file in self.files if file.joined]
        parts = [job.name, job.object.lower(), org.url, *files]
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
    """Find the input files and look at each: in the order given, those of a glob by name, of a plan step by step; none twice.

    :raises UsageError: if there is no pattern at all, or one is an address that can't be read.
    :raises InputError: if a file is missing or can't be read as what it should be, a glob matches nothing, or
        plans say different things of a file.
    """
    if not patterns:
        raise UsageError("no input: set job.input in the configuration, or give --input PATH")
    objects: dict[str, str] = {}
    for name, object_name in (part for pattern in patterns for file in found(pattern) for part in _parts(file)):
        before = objects.get(name) or object_name
        if object_name and before.lower() != object_name.lower():
            raise InputError(f"{name}: is said to hold records of {before} and of {object_name}")
        objects[name] = before
    return [replace(inspect(name, number, rules), object=objects[name]) for number, name in enumerate(objects, start=1)]


def find_files(settings: Settings, inputs: Sequence[str]) -> list[InputFile]:
    """Find the files of a job, or `inputs` instead of its own, and behind them those that are joined to them.

    :raises UsageError: as `find_input`.
    :raises InputError: as `find_input`.
    """
    files = find_input(inputs or settings.job.input, settings.read)
    joined = [
        (table, name)
        for table, rules in settings.mapping.children.items()
        for pattern in rules.inputs
        for name in found(pattern if is_remote(pattern) else normpath(settings.path.parent / pattern))
    ]
    return files + [
        replace(inspect(name, number, settings.read), joined=table)
        for number, (table, name) in enumerate(dict.fromkeys(joined), start=len(files) + 1)
    ]


def found_again(files: Sequence[InputFile], rules: ReadRules) -> Sequence[InputFile]:
    """Look at the files of an earlier run again, if rows of some belong to rows of others: what was sent is made of all of them.

    What is nested in rows isn't kept either, and is found in the first ones again.

    :raises InputError: if one of them is gone, or has changed.
    """
    if not any(file.joined for file in files):
        return [file if file.format == "csv" else _with_nested(file, rules) for file in files]
    now = [replace(inspect(file.path, file.number, rules), object=file.object, joined=file.joined) for file in files]
    changed = [file.path for file, before in zip(now, files, strict=True) if file.sha256 != before.sha256]
    if changed:
        raise InputError(
            f"{', '.join(changed)}: changed since rows were sent, so they can't be looked for: put the old file back"
        )
    return now


def _with_nested(file: InputFile, rules: ReadRules) -> InputFile:
    """Find what is nested in a file's rows; where it is gone, or has changed, much can be asked all the same."""
    try:
        now = inspect(file.path, file.number, rules)
    except InputError:
        return file
    return replace(file, nested=now.nested) if now.sha256 == file.sha256 else file


def _parts(name: str) -> list[tuple[str, str]]:
    """Return the files of a plan, each with the object of its records; of another file itself, with none."""
    return [(part.name, part.object) for part in find_parts(name)] if is_plan_file(name) else [(name, "")]
