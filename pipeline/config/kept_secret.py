"""A secret that is replaced now and then, by one command at a time, and whole or not at all.

A new secret is written beside the file (`.NAME.new`), comes to rest on the disk, and then takes its place. Who is killed in
between leaves the new one there; whoever reads next puts it in its place first, for it is the only one that is still good.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from pipeline.config.secret import OTHERS, SecretRef
from pipeline.errors import OrgUnavailable, UsageError

_PATIENCE = 120
"""Seconds to wait for another command. It holds a secret only as long as it asks the org for the next one."""
_STEP = 0.05


class KeptSecret:
    """The secret at a reference; only a file can be rewritten."""

    def __init__(self, ref: SecretRef) -> None:
        self._ref = ref
        self._path = Path(ref.name).resolve() if ref.source == "file" else None

    def hold(self) -> Callable[[], None]:
        """Keep other commands from reading and replacing it, until what is returned is called. Blocks while another holds it.

        :raises OrgUnavailable: another command holds it for too long.
        """
        try:
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC) if self._path is not None else None
        except OSError:  # whoever reads it will say so
            folder = None
        if folder is None:
            return lambda: None
        try:
            _lock(folder, self._ref)
        except BaseException:
            os.close(folder)
            raise
        return lambda: os.close(folder)

    def read(self) -> str:
        """Read it; finish first what somebody was killed over.

        :raises UsageError: it isn't there, is empty, or others can read it.
        """
        if self._path is not None:
            with suppress(OSError):
                _finish(_beside(self._path), self._path)
        return self._ref.resolve()

    def keep(self, secret: str) -> None:
        """Put another one there, for its owner only.

        :raises UsageError: it can't be put there.
        """
        if self._path is None:
            raise UsageError(f"{self._ref} can't be rewritten: name a file that treeload may rewrite (file:PATH)")
        try:
            _write(_beside(self._path), f"{secret}\n".encode())
            _beside(self._path).replace(self._path)
            _sync(self._path.parent)
        except OSError as error:
            raise UsageError(f"{self._ref}: {error.strerror}: let this user write that file and its folder") from None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _lock(folder: int, ref: SecretRef) -> None:
    pause = Event()
    for _ in range(round(_PATIENCE / _STEP)):
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pause.wait(_STEP)
        except OSError:  # a file system without locks
            return
        else:
            return
    raise OrgUnavailable(f"{ref}: another command has been using it for {_PATIENCE} seconds: run again when that one is done")


def _finish(unfinished: Path, path: Path) -> None:
    """Put a new secret in its place, if one was left whole; one that wasn't never came to rest on the disk."""
    if not unfinished.stat().st_mode & OTHERS and unfinished.read_bytes().endswith(b"\n"):
        unfinished.replace(path)
        _sync(path.parent)
    else:
        unfinished.unlink()


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
