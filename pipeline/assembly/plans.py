"""Plans of the Salesforce CLI on the disk: their steps, and the files these name."""

import difflib
import glob
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import InputError, UsageError
from pipeline.formats.cli_plan import is_plan, read_plan
from pipeline.sources.opening import opened

_LARGEST = 16_777_216
"""Bytes that a plan may have."""
_BEGINNING = 4096


class Part(NamedTuple):
    """One file of a plan, in the plan's order."""

    object: str
    path: Path
    """Absolute."""


def is_plan_file(path: Path) -> bool:
    """Tell whether a file is a plan, by its ending and its first bytes. Raises InputError if it can't be read."""
    if path.suffix.lower() != ".json":
        return False
    with opened(str(path)) as file:
        return is_plan(file.read(0, _BEGINNING))


def find_parts(path: Path) -> tuple[Part, ...]:
    """Read a plan and find its files, from its folder on.

    :raises InputError: with a line for everything that is wrong with the plan; or for every file that is missing.
    """
    with opened(str(path)) as file:
        if file.size > _LARGEST:
            raise InputError(f"{path}: is no plan: it has more than {_LARGEST:,} bytes")
        steps = read_plan(str(path), file.read(0, _LARGEST))
    folder = path.absolute().parent
    parts = tuple(Part(step.object, folder / name) for step in steps for name in step.files)
    missing = [
        f"{path}: {name} ({step.object}) {fault}" for step in steps for name in step.files if (fault := _fault(folder / name))
    ]
    if missing:
        raise InputError("\n".join(missing))
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


def _fault(file: Path) -> str:
    """Say why a file isn't one; empty if it is."""
    if file.is_file():
        return ""
    if file.exists():
        return "is no file"
    near = (
        difflib.get_close_matches(file.name, [entry.name for entry in file.parent.iterdir()], 1) if file.parent.is_dir() else []
    )
    return f"is missing; did you mean {near[0]}?" if near else f"is missing: there is no {file}"
