"""The one who writes: runs what is asked for inside a transaction, and commits in groups.

Statements take microseconds and touch no disk, so they run where they are asked for. The commit, which waits for the disk,
runs in a thread of its own; what is asked for meanwhile waits and goes into the next transaction together: one fsync for all
of it. A caller gets its answer after the commit, so what it was told is on the disk.

(Statements in the thread, too, were measured: each of them gives the interpreter's lock away and takes it back several times,
and the loop, which wants it as well, paid for that with half of its time.)
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from pipeline.errors import JournalError
from pipeline.journal.blobs import lines_without
from pipeline.journal.sql import migrations

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], Any]
_Group = tuple[list[asyncio.Future[Any]], list[Any]]

TURNS = 10
"""Turns of the loop that a transaction waits for others to join: milliseconds on a busy loop, next to nothing on an idle one."""


class Scribe:
    """Writes to one journal, from one event loop."""

    def __init__(self, path: Path) -> None:
        """Open the journal, or make it; bring an older one to this version.

        :raises JournalError: if that can't be done; the file is then as it was.
        """
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._committing = False
        self._open = True
        self.beside: Callable[[sqlite3.Connection], None] = _nothing
        """Done in each transaction, behind all that was asked for."""
        try:
            self._db = connect(path)
        except (sqlite3.Error, OSError) as error:
            raise _explained(error, path) from error
        self._to_commit: SimpleQueue[_Group | None] = SimpleQueue()
        self._thread = Thread(target=self._commit, name="journal", daemon=True)
        self._thread.start()

    async def perform(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this inside a transaction, and return what it returns once it is durable.

        :raises JournalError: if the transaction could not be committed; then none of it is in the journal.
        """
        done: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((work, done))
        if not self._committing:
            self._committing = True
            self._gather(TURNS)
        return await done

    def close(self) -> None:
        """Finish what is being written and close the file; what only waits is not written."""
        self._open = False
        self._to_commit.put(None)
        self._thread.join()
        self._db.close()

    def _commit(self) -> None:
        """Commit one group after the other, in the thread."""
        while (group := self._to_commit.get()) is not None:
            failure: sqlite3.Error | None = None
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                failure = error
            self._loop.call_soon_threadsafe(self._written, failure, *group)

    def _gather(self, turns: int) -> None:
        """Let what else is under way on the loop ask too."""
        if turns:
            self._loop.call_soon(self._gather, turns - 1)
        elif self._open:
            self._write()

    def _write(self) -> None:
        """Run what waits, and hand the commit to the thread."""
        group, self._waiting = self._waiting, []
        futures = [done for _, done in group]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            results = [work(self._db) for work, _ in group]
            self.beside(self._db)
        except Exception as error:  # noqa: BLE001 - whoever asked for this is told, whatever it is
            self._failed(futures, error)
        else:
            self._to_commit.put((futures, results))

    def _written(self, failure: sqlite3.Error | None, futures: list[asyncio.Future[Any]], results: list[Any]) -> None:
        if failure is not None:
            self._failed(futures, failure)
            return
        for future, result in zip(futures, results, strict=True):
            if not future.done():
                future.set_result(result)
        self._go_on()

    def _failed(self, futures: list[asyncio.Future[Any]], error: Exception) -> None:
        if self._open and self._db.in_transaction:
            self._db.execute("ROLLBACK")
        for future in futures:
            if not future.done():
                future.set_exception(_explained(error, self._path))
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting:
            self._gather(TURNS)
        else:
            self._committing = False


def _nothing(_: sqlite3.Connection) -> None:
    pass


def bring_up_to_date(path: Path) -> None:
    """Bring a journal of an older version to this one. Only who holds the job's lock may do that.

    :raises JournalError: if it is of a newer version, or no journal.
    """
    try:
        connect(path).close()
    except (sqlite3.Error, OSError) as error:
        raise _explained(error, path) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal for writing, durably (WAL, synchronous=FULL), at this program's version.

    :raises JournalError: if a newer program has written it.
    """
    path.touch(mode=0o600)  # what SQLite lays beside it takes the same rights
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)  # the loop and the thread take turns
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    steps = migrations()
    if version > len(steps):
        raise JournalError(
            f"{path}: was written by a newer treeload (journal version {version}, this one knows {len(steps)}): use that one"
        )
    connection.create_function("lines_without", 2, lines_without, deterministic=True)
    if version < len(steps):
        scripts = "\n".join(steps[version:])
        connection.executescript(f"BEGIN IMMEDIATE;\n{scripts}\nPRAGMA user_version = {len(steps)};\nCOMMIT;")


def _explained(error: Exception, path: Path) -> Exception:
    """Say what to do about an error of SQLite's or the disk's; any other explains itself."""
    if not isinstance(error, sqlite3.Error | OSError):
        return error
    return JournalError(
        f"{path}: the journal can't be written ({error}); what it holds is safe: mend that and run the same command again"
    )
