"""A process that writes a journal and is killed: its files go on, under a new name, as they were on the disk at that moment."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.clock import SystemClock
from pipeline.journal.journal import Journal

Work = Callable[[Journal], Awaitable[Any]]


class Moment(StrEnum):
    """When the process dies, seen from a piece of work that it has asked for, and that it is not told about any more."""

    WAITING = "the work waits for its transaction"
    UNCOMMITTED = "its statements are done, and not committed"
    COMMITTED = "it is on the disk"


class Process:
    """One process after the other, on the same journal."""

    def __init__(self, folder: Path) -> None:
        self._paths = (folder / f"{number}.journal" for number in count(1))
        self._runner = asyncio.Runner()
        self._journal: Journal | None = None
        self.path = next(self._paths)

    def _open(self) -> Journal:
        if self._journal is None:
            self._journal = Journal(self.path, SystemClock())
            # A killed process needs no fsync: what it wrote is with the kernel. (Power cuts can't be played here.)
            self._journal._scribe._db.execute("PRAGMA synchronous = OFF")  # noqa: SLF001
        return self._journal

    def ask(self, work: Work) -> Any:
        """Do it, and return what the journal answers when it is durable."""

        async def asked() -> Any:
            return await work(self._open())

        return self._runner.run(asked())

    def ask_and_die(self, work: Work, moment: Moment) -> None:
        """Ask for it, and die at this moment."""

        async def asked() -> None:
            with self._open() as journal:
                await _kill(journal, work, moment, to)

        to = next(self._paths)
        self._runner.run(asked())
        self._journal, self.path = None, to

    def die(self) -> None:
        """Die while nothing is asked for."""
        to = next(self._paths)
        copy(self.path, to)
        self.end()
        self.path = to

    def end(self) -> None:
        """End as a process should."""
        if self._journal is not None:
            self._journal.__exit__()
            self._journal = None

    def close(self) -> None:
        self.end()
        self._runner.close()


def copy(path: Path, to: Path) -> None:
    """Copy what a dead process leaves behind. The -wal's index in shared memory is made anew."""
    for suffix in ("", "-wal"):
        if path.with_name(path.name + suffix).exists():
            shutil.copyfile(path.with_name(path.name + suffix), to.with_name(to.name + suffix))


async def _kill(journal: Journal, work: Work, moment: Moment, to: Path) -> None:
    scribe = journal._scribe  # noqa: SLF001 - the moments lie inside of it

    async def asked() -> None:
        await work(journal)

    async def die_in_the_transaction() -> None:
        await scribe.perform(lambda _: copy(journal.path, to))

    async def die_after_the_commit() -> None:
        await scribe.perform(lambda _: asyncio.get_running_loop().call_soon(committed))

    def committed() -> None:
        """Run when the commit was handed to the thread, and before anybody is told: that comes through the loop as well."""
        scribe._to_commit.put(None)  # noqa: SLF001
        scribe._thread.join()  # noqa: SLF001
        copy(journal.path, to)

    async with asyncio.TaskGroup() as group:
        working = group.create_task(asked())
        match moment:
            case Moment.WAITING:
                await asyncio.wait([working], timeout=0)
                copy(journal.path, to)
                working.cancel()
            case Moment.UNCOMMITTED:  # what is asked for at the same time goes into the same transaction, in this order
                group.create_task(die_in_the_transaction())
            case Moment.COMMITTED:
                group.create_task(die_after_the_commit())
