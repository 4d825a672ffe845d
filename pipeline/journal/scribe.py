"""The thread that owns the journal's only writing connection, and commits in groups.

Whatever waits while a transaction is being written goes into the next one together: one fsync for all of it. A caller gets
its answer after the commit, so what it was told is on the disk.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import JournalError
from pipeline.journal.sql import migrations

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], Any]
LARGEST_GROUP = 200


class Scribe:
    """Writes to one journal. `perform` may be called from one event loop only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[tuple[Work, asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._opened: asyncio.Future[None] = self._loop.create_future()

    async def open(self) -> None:
        """Open the journal, or make it; bring an older one to this version.

        :raises JournalError: if that can't be done; the file is then as it was.
        """
        self._thread.start()
        await self._opened

    async def perform(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this inside a transaction, and return what it returns once it is durable.

        :raises JournalError: if the transaction could not be committed; then none of it is in the journal.
        """
        done: asyncio.Future[T] = self._loop.create_future()
        self._waiting.put((work, done))
        return await done

    async def close(self) -> None:
        """Finish what waits and close the file."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            connection = connect(self._path)
        except (sqlite3.Error, OSError, JournalError) as error:
            self._loop.call_soon_threadsafe(_fail, [self._opened], _explain(error, self._path))
            return
        self._loop.call_soon_threadsafe(self._opened.set_result, None)
        try:
            while (first := self._waiting.get()) is not None:
                self._commit(connection, [first, *self._rest()])
        finally:
            connection.close()

    def _rest(self) -> list[tuple[Work, asyncio.Future[Any]]]:
        group: list[tuple[Work, asyncio.Future[Any]]] = []
        while len(group) < LARGEST_GROUP:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                self._waiting.put(None)
                break
            group.append(item)
        return group

    def _commit(self, connection: sqlite3.Connection, group: list[tuple[Work, asyncio.Future[Any]]]) -> None:
        futures = [done for _, done in group]
        try:
            connection.execute("BEGIN IMMEDIATE")
            results = [work(connection) for work, _ in group]
            connection.execute("COMMIT")
        except (sqlite3.Error, JournalError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._loop.call_soon_threadsafe(_fail, futures, _explain(error, self._path))
        else:
            self._loop.call_soon_threadsafe(_resolve, futures, results)


def connect(path: Path) -> sqlite3.Connection:
    """Open a journal for writing, durably (WAL, synchronous=FULL), at this program's version.

    :raises JournalError: if a newer program has written it.
    """
    path.touch(mode=0o600)  # what SQLite lays beside it takes the same rights
    connection = sqlite3.connect(path, isolation_level=None)
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
    for number, script in enumerate(steps[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")


def _explain(error: Exception, path: Path) -> JournalError:
    if isinstance(error, JournalError):
        return error
    return JournalError(
        f"{path}: the journal can't be written ({error}); what it holds is safe: mend that and run the same command again"
    )


def _fail(futures: list[asyncio.Future[Any]], error: JournalError) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)


def _resolve(futures: list[asyncio.Future[Any]], results: list[Any]) -> None:
    for future, result in zip(futures, results, strict=True):
        if not future.done():
            future.set_result(result)
