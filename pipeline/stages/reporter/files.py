"""Files that are whole or not there: written beside, synced, renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import JournalError, UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; it takes its name when all of it is on the disk. Only its owner may read it (0600).

    :raises JournalError: if it can't be written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=1 << 18) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except OSError as error:
        message = f"{path}: can't be written ({error.strerror}): mend that, then `treeload report` makes it from the journal"
        raise JournalError(message) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def check_folder(folder: Path) -> None:
    """Tell before anything is sent whether reports can be written to a folder, which need not be there yet.

    :raises UsageError: if not.
    """
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        what = "can't be written" if there.is_dir() else "is no folder"
        raise UsageError(f"{there}: {what}, so there is no place for reports: set job.reports to a folder that can")


def link_latest(folder: Path) -> None:
    """Point `latest` beside the folder to it; where links can't be made there is none."""
    link, beside = folder.parent / "latest", folder.parent / ".latest.part"
    try:
        beside.unlink(missing_ok=True)
        beside.symlink_to(folder.name)
        beside.replace(link)
    except OSError:
        beside.unlink(missing_ok=True)
