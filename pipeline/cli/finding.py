"""From what a person types for a run to its journal: an id, the folder of a report, a journal, or `latest`."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.journal.known_folders import known
from pipeline.journal.place import SUFFIX, journals


def all_journals(state: Path | None) -> list[Path]:
    """Return the journals of a state folder, or of all that this user has worked with, the newest first.

    :raises UsageError: if that folder does not exist.
    """
    if state and not state.is_dir():
        raise UsageError(f"{state}: there is no such folder: give the job's state folder (job.state)")
    folders = [state] if state else known(os.environ)
    found = [path for folder in folders for job in folder.iterdir() if job.is_dir() for path in journals(job)]
    return sorted(found, key=lambda path: path.name, reverse=True)


def find(run: str, state: Path | None) -> Path:
    """Find a run's journal.

    :raises UsageError: if there is none, with the nearest that there is.
    """
    path = Path(run)
    if path.suffix == SUFFIX and path.is_file():
        return path
    name = path.resolve().name if path.is_dir() else run
    found = all_journals(state)
    if name == "latest" and found:
        return found[0]
    for journal in found:
        if journal.stem == name:
            return journal
    raise UsageError(_missing(run, [journal.stem for journal in found], state))


def _missing(run: str, runs: Iterable[str], state: Path | None) -> str:
    near = get_close_matches(run, list(runs), n=1, cutoff=0.4)
    where = f"in {state}" if state else "in the folders that this user's runs have used (--state FOLDER names another)"
    return f"no run {run!r} {where}" + (f"; did you mean {near[0]!r}?" if near else "; `treeload status` lists them")
