"""The journal of one run, for the process that works on it. Each method returns once what it wrote is on the disk."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import orjson

from pipeline.clock import Clock, stamp
from pipeline.errors import ExitCode
from pipeline.journal.blobs import ID_LENGTH
from pipeline.journal.doubts import Doubts
from pipeline.journal.known import Known
from pipeline.journal.moves import move
from pipeline.journal.parts import Objects, ids_by_file, part_rows, place_of_ended
from pipeline.journal.rows import end_row, file_row, run_row
from pipeline.journal.scribe import Scribe
from pipeline.journal.sql import statements
from pipeline.model.lifecycle import ChunkState
from pipeline.model.record import Chunk, RowEnd
from pipeline.model.row import InputFile
from pipeline.model.run import ReadCounts, Run
from pipeline.model.wire import Purpose

NO_EFFECTS: Mapping[str, object] = {}


class Journal:
    """A context manager of a running event loop: opens (or makes) the file, and closes it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open.

        :raises JournalError: if that can't be done; the file is then as it was.
        """
        self.path = path
        self._clock = clock
        self._scribe = Scribe(path)
        self._sql = statements()
        self._objects = Objects(self._sql)
        self._counted: dict[str, int] = {}
        self.doubts = Doubts(self._scribe, self._sql, clock)
        self.known = Known(self._scribe, self._sql)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scribe.close()

    def _now(self) -> str:
        return stamp(self._clock.now())

    async def begin(self, run: Run, files: Sequence[InputFile]) -> None:
        """Write down a new run and its files."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(self._sql["add_run"], run_row(run))
            self._objects.number(db, run.object)
            db.executemany(self._sql["add_file"], [file_row(file) for file in files])

        await self._scribe.perform(work)

    async def start_session(
        self,
        version: str,
        config: str,
        *,
        path: str = "",
        overrides: Sequence[str] = (),
        effects: Mapping[str, object] = NO_EFFECTS,
        used: int | None = None,
        allowance: int | None = None,
    ) -> None:
        """Write down that the command was started on this run, and put what an earlier one left behind in order.

        What was on its way when it died is in doubt.
        """
        now = self._now()

        def work(db: sqlite3.Connection) -> None:
            db.execute(self._sql["reopen_run"])
            db.execute(self._sql["doubt_the_sending"], {"at": now})
            session = {
                "started_at": now,
                "version": version,
                "config": config,
                "config_path": path,
                "overrides": orjson.dumps(overrides).decode(),
                "effects": orjson.dumps(effects).decode(),
                "used_before": used,
                "allowance": allowance,
            }
            db.execute(self._sql["add_session"], session)

        await self._scribe.perform(work)

    async def replan(self) -> int:
        """Forget what certainly was not done, to be read again; return the first free chunk number."""

        def work(db: sqlite3.Connection) -> int:
            db.execute(self._sql["forget_the_planned"])
            (free,) = db.execute(self._sql["next_chunk"]).fetchone()
            return int(free)

        return await self._scribe.perform(work)

    async def file_read(self, file: int, counts: ReadCounts) -> None:
        """Write down what the reader counted in a file."""
        row = {
            "number": file,
            "lines_read": counts.lines,
            "blank": counts.blank,
            "rows": counts.rows,
            "complete": counts.complete,
        }
        await self._scribe.perform(lambda db: db.execute(self._sql["file_read"], row))

    async def rows_ended(self, file: int, ends: Iterable[RowEnd]) -> None:
        """Write down rows that were never sent: unreadable, duplicates in the file, or rejected here."""
        ends, now = list(ends), self._now()
        await self._scribe.perform(lambda db: self._add_rows(db, file, ends, None, now))

    async def nested_counted(self, file: int, records: int) -> None:
        """Write down how many records the rows of a file have beside their own."""
        await self._scribe.perform(lambda db: db.execute(self._sql["nested_counted"], {"number": file, "nested": records}))

    async def sending(self, chunk: Chunk) -> None:
        """Write down the intent to send a chunk, before any byte of it leaves."""
        now = self._now()
        chunk.attempts += 1

        def work(db: sqlite3.Connection) -> None:
            if chunk.attempts == 1:
                self._add_chunk(db, chunk, ChunkState.SENDING, now)
            else:
                self._move(db, chunk, ChunkState.SENDING, sent_at=now)
                db.execute(self._sql["job_made"], {"number": chunk.number, "job": ""})

        await self._scribe.perform(work)

    async def job_made(self, chunk: Chunk, job: str) -> None:
        """Write down which job a chunk is given to, before it gets anything."""
        await self._scribe.perform(lambda db: db.execute(self._sql["job_made"], {"number": chunk.number, "job": job}))

    async def withdrawn(self, chunk: Chunk, ends: Sequence[RowEnd]) -> None:
        """Write down that the last try certainly did nothing, and the rows that ended by themselves: they are out of it."""

        def work(db: sqlite3.Connection) -> None:
            self._take_out(db, chunk, ends)
            self._move(db, chunk, ChunkState.PLANNED)

        await self._scribe.perform(work)

    async def divided(self, chunk: Chunk, front: Chunk) -> None:
        """Write down that the front of a planned chunk goes by itself."""

        def work(db: sqlite3.Connection) -> None:
            self._keep(db, chunk)
            self._add_chunk(db, front, ChunkState.PLANNED, None)

        await self._scribe.perform(work)

    async def joined(self, chunk: Chunk, front: Chunk) -> None:
        """Write down that the front, which certainly was not done, is back in its chunk."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(self._sql["drop_chunk"], {"number": front.number})
            self._keep(db, chunk)

        await self._scribe.perform(work)

    async def not_attempted(self, chunk: Chunk) -> None:
        """Write down a chunk that is not sent in this session; it may have been withdrawn before."""

        def work(db: sqlite3.Connection) -> None:
            if chunk.attempts == 0:
                self._add_chunk(db, chunk, ChunkState.PLANNED, None)

        await self._scribe.perform(work)

    async def parted(self, chunk: Chunk, done: Chunk) -> None:
        """Write down that the last try did something with some rows of a chunk, which are a chunk of their own now.

        It certainly did nothing with the others.
        """

        def work(db: sqlite3.Connection) -> None:
            self._keep(db, chunk)
            self._move(db, chunk, ChunkState.PLANNED)
            self._add_chunk(db, done, ChunkState.SENDING, None)
            db.execute(self._sql["sent_with"], {"number": done.number, "other": chunk.number})

        await self._scribe.perform(work)

    async def created(self, chunk: Chunk, ids: bytes, ends: Sequence[RowEnd] = ()) -> None:
        """Settle a chunk: its records exist, with these ids in the order of `chunk.names()`; `ends` are those that don't."""
        now = self._now()
        parts = ids_by_file(chunk, ids, ID_LENGTH)

        def work(db: sqlite3.Connection) -> None:
            self._take_out(db, chunk, ends)
            self._move(db, chunk, ChunkState.SETTLED, settled_at=now, ids=parts[chunk.file])
            for file in parts.keys() - {chunk.file}:
                db.execute(self._sql["part_ids"], {"number": chunk.number, "file": file, "ids": parts[file]})

        await self._scribe.perform(work)

    async def ended(self, chunk: Chunk, ends: Sequence[RowEnd]) -> None:
        """Settle a chunk: all rows that were left of it have ended by themselves."""
        now = self._now()

        def work(db: sqlite3.Connection) -> None:
            self._take_out(db, chunk, ends)
            self._move(db, chunk, ChunkState.SETTLED, settled_at=now)

        await self._scribe.perform(work)

    async def in_doubt(self, chunk: Chunk, reason: str) -> None:
        """Set a chunk aside: it may have been executed."""
        now = self._now()
        await self._scribe.perform(lambda db: self._move(db, chunk, ChunkState.IN_DOUBT, settled_at=now, reason=reason))

    def count(self, calls: Mapping[Purpose, int]) -> None:
        """Write down with each transaction how many calls this session has made; `calls` has them by purpose, and grows.

        So of a session that is killed only those are missing that were in flight.
        """
        self._counted = {}
        self._scribe.beside = partial(self._note, calls)

    def _note(self, calls: Mapping[Any, int], db: sqlite3.Connection) -> None:
        if calls != self._counted:
            more = [{"purpose": str(name), "count": count - self._counted.get(name, 0)} for name, count in calls.items()]
            db.executemany(self._sql["add_calls"], [row for row in more if row["count"]])
            self._counted = dict(calls)

    async def end_session(self, calls: Mapping[str, int], *, used: int | None, allowance: int | None) -> None:
        """Write down the calls that this session made, by purpose."""

        def work(db: sqlite3.Connection) -> None:
            self._note(calls, db)
            self.count({})
            db.execute(self._sql["end_session"], {"used_after": used, "allowance": allowance})

        await self._scribe.perform(work)

    async def end(self, exit_code: ExitCode, reason: str | None) -> None:
        """Write down how the run ended, this time."""
        row = {"ended_at": self._now(), "exit_code": int(exit_code), "reason": reason}
        await self._scribe.perform(lambda db: db.execute(self._sql["end_run"], row))

    def _move(
        self,
        db: sqlite3.Connection,
        chunk: Chunk,
        to: ChunkState,
        *,
        sent_at: str | None = None,
        settled_at: str | None = None,
        reason: str | None = None,
        ids: bytes = b"",
    ) -> None:
        move(
            db,
            self._sql,
            chunk.number,
            to,
            attempts=chunk.attempts,
            sent_at=sent_at,
            settled_at=settled_at,
            reason=reason,
            ids=ids,
        )

    def _take_out(self, db: sqlite3.Connection, chunk: Chunk, ends: Sequence[RowEnd]) -> None:
        if ends:
            self._add_rows(db, chunk.file, ends, chunk, self._now())
            self._keep(db, chunk, ends)

    def _add_rows(self, db: sqlite3.Connection, file: int, ends: Iterable[RowEnd], chunk: Chunk | None, now: str) -> None:
        rows = [end_row(file, end, chunk, now) | {"object": self._objects.number(db, end.object)} for end in ends]
        db.executemany(self._sql["add_row"], rows)

    def _add_chunk(self, db: sqlite3.Connection, chunk: Chunk, state: ChunkState, sent_at: str | None) -> None:
        more = {"state": state, "attempts": chunk.attempts, "sent_at": sent_at}
        db.executemany(self._sql["add_chunk"], [part | more for part in part_rows(db, self._objects, chunk)])

    def _keep(self, db: sqlite3.Connection, chunk: Chunk, ends: Sequence[RowEnd] = ()) -> None:
        """Write down which records are left in a chunk; one without any keeps the place of those that have ended."""
        if any(end.file not in {0, chunk.file} for end in ends) or chunk.kin:
            db.execute(self._sql["empty_parts"], {"number": chunk.number})
        db.executemany(self._sql["keep_lines"], part_rows(db, self._objects, chunk) or [place_of_ended(chunk, ends)])
