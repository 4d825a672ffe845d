"""Plans of the Salesforce CLI, wherever they lie: their steps, and the files these name."""

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import InputError, InputUnavailable, UsageError
from pipeline.formats.cli_plan import is_plan, read_plan
from pipeline.sources.address import is_remote
from pipeline.sources.opening import opened

_LARGEST = 16_777_216
"""Bytes that a plan may have."""
_BEGINNING = 4096


class Part(NamedTuple):
    """One file of a plan, in the plan's order."""

    object: str
    name: str
    """As `opened` takes it: an absolute path, or an address."""


def is_plan_file(name: str) -> bool:
    """Tell whether a file is a plan, by its ending and its first bytes. Raises InputError if it can't be read."""
    if not name.lower().endswith(".json"):
        return False
    with opened(name) as file:
        return is_plan(file.read(0, _BEGINNING))


def find_parts(name: str) -> tuple[Part, ...]:
    """Read a plan and find its files, from its folder on.

    :raises InputError: with a line for everything that is wrong with the plan; or for every file that is missing.
    :raises InputUnavailable: if it can't be told because a place can't be reached.
    """
    with opened(name) as file:
        if file.size > _LARGEST:
            raise InputError(f"{name}: is no plan: it has more than {_LARGEST:,} bytes")
        steps = read_plan(name, file.read(0, _LARGEST))
    parts = tuple(Part(step.object, _beside(name, file)) for step in steps for file in step.files)
    faults = [f"{name}: {part.object}: {fault}" for part in parts if (fault := _fault(part.name))]
    if faults:
        raise InputError("\n".join(faults))
    return parts


def find_samples(patterns: Sequence[str]) -> list[Path]:
    """Find the files that the embedded org learns from. Raises UsageError where there is none."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        paths = sorted(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207 - absolute patterns
        if not paths:
            raise UsageError(f"org.learn: {pattern} matches no file")
        found.update(dict.fromkeys(paths))
    return list(found)


def _beside(plan: str, file: str) -> str:
    if is_remote(file):
        return file
    return f"{plan.rpartition('/')[0]}/{file}" if is_remote(plan) else str(Path(plan).absolute().parent / file)


def _fault(name: str) -> str | None:
    """Say why a file can't be opened, if so. Raises InputUnavailable if its place can't be reached."""
    try:
        with opened(name):
            return None
    except InputUnavailable:
        raise
    except InputError as error:
        return str(error)
    except ValueError as error:
        return f"the address of a file {error}"
