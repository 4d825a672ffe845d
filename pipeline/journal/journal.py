"""The journal of one run, for the process that works on it. Each method returns once what it wrote is on the disk."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import orjson

from pipeline.clock import Clock, stamp
from pipeline.errors import ExitCode, JournalError
from pipeline.journal.blobs import pack_lines, unpack_lines
from pipeline.journal.known_rows import KnownRows
from pipeline.journal.scribe import Scribe
from pipeline.journal.sql import statements
from pipeline.model.lifecycle import MOVES, ChunkState, RowState
from pipeline.model.record import Chunk, Rejection
from pipeline.model.row import InputFile
from pipeline.model.run import ReadCounts, Run


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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scribe.close()

    def _now(self) -> str:
        return stamp(self._clock.now())

    async def begin(self, run: Run, files: Sequence[InputFile]) -> None:
        """Write down a new run and its files."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(self._sql["add_run"], {name: getattr(run, name) for name in _RUN_COLUMNS})
            db.executemany(self._sql["add_file"], [_file_row(file) for file in files])

        await self._scribe.perform(work)

    async def start_session(self, version: str, config: str, *, used: int | None, allowance: int | None) -> int:
        """Write down that the command was started on this run, and put what an earlier one left behind in order.

        What was on its way when it died is in doubt; what certainly was not done is forgotten, to be read again. Returns the
        first free chunk number.
        """
        now = self._now()

        def work(db: sqlite3.Connection) -> int:
            db.execute(self._sql["reopen_run"])
            db.execute(self._sql["doubt_the_sending"], {"at": now})
            self._forget_the_planned(db, now)
            session = {
                "started_at": now,
                "version": version,
                "config": config,
                "used_before": used,
                "allowance": allowance,
            }
            db.execute(self._sql["add_session"], session)
            (free,) = db.execute(self._sql["next_chunk"]).fetchone()
            return int(free)

        return await self._scribe.perform(work)

    def _forget_the_planned(self, db: sqlite3.Connection, now: str) -> None:
        for number, rejected in db.execute(self._sql["planned_chunks"]).fetchall():
            if lines := orjson.loads(rejected):
                left = {
                    "number": number,
                    "at": now,
                    "lines": pack_lines(lines),
                    "first_line": lines[0],
                    "last_line": lines[-1],
                }
                db.execute(self._sql["empty_the_planned"], left)
        db.execute(self._sql["forget_the_planned"])

    async def known_rows(self, file: int) -> KnownRows:
        """Tell which rows of a file have their place in the journal."""

        def work(db: sqlite3.Connection) -> KnownRows:
            known = KnownRows(line for (line,) in db.execute(self._sql["known_rows"], {"file": file}))
            for (lines,) in db.execute(self._sql["known_lines"], {"file": file}):
                known.add(unpack_lines(lines))
            return known

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

    async def rows_ended(self, file: int, state: RowState, rejections: Iterable[Rejection]) -> None:
        """Write down rows that were never sent: unreadable, or rejected here."""
        rows = self._rejected_rows(file, state, rejections)
        await self._scribe.perform(lambda db: db.executemany(self._sql["add_row"], rows))

    async def sending(self, chunk: Chunk) -> None:
        """Write down the intent to send a chunk, before any byte of it leaves."""
        now = self._now()
        chunk.attempts += 1

        def work(db: sqlite3.Connection) -> None:
            if chunk.attempts == 1:
                db.execute(self._sql["add_chunk"], _chunk_row(chunk, ChunkState.SENDING, now))
            else:
                self._move(db, chunk, ChunkState.SENDING, sent_at=now)

        await self._scribe.perform(work)

    async def withdrawn(self, chunk: Chunk, rejected: Sequence[Rejection]) -> None:
        """Write down that the last try certainly did nothing, and the rows that the org rejected: they are out of the chunk."""
        now = self._now()

        def work(db: sqlite3.Connection) -> None:
            self._reject(db, chunk, rejected, now)
            self._move(db, chunk, ChunkState.PLANNED)

        await self._scribe.perform(work)

    async def not_attempted(self, chunk: Chunk) -> None:
        """Write down a chunk that is not sent in this session; it may have been withdrawn before."""

        def work(db: sqlite3.Connection) -> None:
            if chunk.attempts == 0:
                db.execute(self._sql["add_chunk"], _chunk_row(chunk, ChunkState.PLANNED, None))

        await self._scribe.perform(work)

    async def created(self, chunk: Chunk, ids: bytes) -> None:
        """Settle a chunk: its records exist, with these ids in its order."""
        now = self._now()
        await self._scribe.perform(lambda db: self._move(db, chunk, ChunkState.SETTLED, settled_at=now, ids=ids))

    async def rejected(self, chunk: Chunk, rejections: Sequence[Rejection]) -> None:
        """Settle a chunk: the org has rejected all that was left of it."""
        now = self._now()

        def work(db: sqlite3.Connection) -> None:
            self._reject(db, chunk, rejections, now)
            self._move(db, chunk, ChunkState.SETTLED, settled_at=now)

        await self._scribe.perform(work)

    async def in_doubt(self, chunk: Chunk, reason: str) -> None:
        """Set a chunk aside: it may have been executed."""
        now = self._now()
        await self._scribe.perform(lambda db: self._move(db, chunk, ChunkState.IN_DOUBT, settled_at=now, reason=reason))

    async def end_session(self, calls: Mapping[str, int], *, used: int | None, allowance: int | None) -> None:
        """Write down the calls that this session made, by purpose."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany(self._sql["add_calls"], [{"purpose": name, "count": count} for name, count in calls.items()])
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
        allowed = orjson.dumps([start for start, end in MOVES if end is to]).decode()
        row = {
            "number": chunk.number,
            "state": to,
            "attempts": chunk.attempts,
            "sent_at": sent_at,
            "settled_at": settled_at,
            "reason": reason,
            "ids": ids,
            "allowed": allowed,
        }
        if db.execute(self._sql["move_chunk"], row).rowcount != 1:
            raise JournalError(f"{self.path}: chunk {chunk.number} can't become {to} from the state it is in")

    def _reject(self, db: sqlite3.Connection, chunk: Chunk, rejections: Iterable[Rejection], now: str) -> None:
        rows = self._rejected_rows(chunk.file, RowState.REJECTED_BY_ORG, rejections, chunk, now)
        db.executemany(self._sql["add_row"], rows)

    def _rejected_rows(
        self,
        file: int,
        state: RowState,
        rejections: Iterable[Rejection],
        chunk: Chunk | None = None,
        now: str | None = None,
    ) -> list[dict[str, object]]:
        return [
            {
                "file": file,
                "line": rejection.line,
                "offset": rejection.offset,
                "state": state,
                "errors": orjson.dumps([[error.code, error.message, error.fields] for error in rejection.errors]).decode(),
                "source": rejection.source,
                "chunk": None if chunk is None else chunk.number,
                "attempts": 0 if chunk is None else chunk.attempts,
                "settled_at": now or self._now(),
            }
            for rejection in rejections
        ]


_RUN_COLUMNS = ("id", "key", "job", "object", "org", "api_version", "reports", "started_at")


def _file_row(file: InputFile) -> dict[str, object]:
    return {
        "number": file.number,
        "path": file.path,
        "format": file.format,
        "size": file.size,
        "sha256": file.sha256,
        "delimiter": file.delimiter,
        "quote": file.quote,
        "columns": orjson.dumps(file.columns).decode(),
    }


def _chunk_row(chunk: Chunk, state: ChunkState, sent_at: str | None) -> dict[str, object]:
    return {
        "number": chunk.number,
        "file": chunk.file,
        "first_line": chunk.lines[0],
        "last_line": chunk.lines[-1],
        "lines": pack_lines(chunk.lines),
        "state": state,
        "attempts": chunk.attempts,
        "sent_at": sent_at,
    }
