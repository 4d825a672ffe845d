"""Where journals lie: `<state>/<job>/<run>.journal`, with a lock so that one process at a time works on a job."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import JournalError, LockHeld

SUFFIX = ".journal"
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.glusterfs",
    }
)
_MOUNTS = Path("/proc/self/mounts")


def prepare(folder: Path) -> None:
    """Make the folder of a job's journals, for its owner only.

    :raises JournalError: if it can't be made or written, or lies on a network file system, where SQLite's locks don't hold.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"{folder}: the journal's folder can't be made ({error.strerror}): set job.state to one that can"
        ) from error
    kind = file_system(folder, mounts=_MOUNTS.read_text("utf-8", "replace") if _MOUNTS.exists() else "")
    if kind in NETWORK_FILE_SYSTEMS:
        raise JournalError(
            f"{folder}: lies on a network file system ({kind}), where a journal isn't safe: set job.state to a local folder"
        )


def file_system(folder: Path, *, mounts: str) -> str:
    """Tell the type of the file system that holds a folder, from the text of /proc/self/mounts; empty if unknown."""
    found, kind = Path(), ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:  # noqa: PLR2004 - device, mount point, type
            point = Path(fields[1].encode().decode("unicode_escape"))
            if folder.resolve().is_relative_to(point) and len(point.parts) >= len(found.parts):
                found, kind = point, fields[2]
    return kind


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold a job's lock; it dies with its process.

    :raises LockHeld: if another process has it.
    """
    path = folder / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"{path}: can't be opened ({error.strerror}): mend the folder's permissions") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 100, 0).decode("ascii", "replace").strip()
            raise LockHeld(
                f"another run of this job is working (process {holder or 'unknown'}): wait for it, or stop it"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def journals(folder: Path) -> list[Path]:
    """Return a job's journals, the newest first: their names begin with the time of the run's start."""
    return sorted(folder.glob("*" + SUFFIX), reverse=True)


def remove(path: Path) -> None:
    """Remove a journal, with what SQLite has laid beside it. Only who holds the lock may do that."""
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
