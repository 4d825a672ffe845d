"""The part of a journal that knows what is in doubt, and that takes down what evidence or a person says of it."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from pipeline.clock import Clock, stamp
from pipeline.journal.blobs import pack_lines, unpack_ids, unpack_lines
from pipeline.journal.moves import move
from pipeline.journal.scribe import Scribe
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.pending import Inquiry, Pending
from pipeline.model.record import MEMBER


class Doubts:
    """What waits for evidence. Each method returns once what it wrote is on the disk."""

    def __init__(self, scribe: Scribe, sql: Mapping[str, str], clock: Clock) -> None:
        self._scribe = scribe
        self._sql = sql
        self._clock = clock

    async def pending(self) -> list[Pending]:
        """Return what is in doubt: chunks, and rows by themselves."""

        def work(db: sqlite3.Connection) -> list[Pending]:
            chunks = _chunks(db.execute(self._sql["pending_chunks"]))
            families: dict[tuple[int, int, int], Pending] = {}
            for number, own, line, file, place, settled_at, reason, name in db.execute(self._sql["pending_rows"]):
                if whole := families.get((number, own, line)):  # the rows' own records come first
                    families[number, own, line] = replace(whole, kin=(*whole.kin, (file, place)))
                else:
                    sent_at = min(self._first_sent(db, file, place) or settled_at, settled_at)
                    whole = Pending(number, file, (place,), sent_at, reason, alone=True, object=name)
                    families[number, file, place] = whole
            return [*chunks, *_by_request(families.values())]

        return await self._scribe.perform(work)

    def _first_sent(self, db: sqlite3.Connection, file: int, line: int) -> str | None:
        """Tell when a row was sent first by a request whose reply was lost."""
        rows = db.execute(self._sql["doubted_lines"], {"file": file})
        return next((sent_at for lines, sent_at in rows if line in unpack_lines(lines)), None)

    async def last_created(self, object_name: str) -> tuple[list[str], str] | None:
        """Return ids of an object's records that this run is known to have created, the newest ones, and when they were sent."""

        def work(db: sqlite3.Connection) -> tuple[list[str], str] | None:
            known = db.execute(self._sql["object_number"], {"name": object_name}).fetchone()
            which = {} if known is None else {"number": known[0], "byte": bytes(known)}
            row = db.execute(self._sql["last_created"], which).fetchone() if which else None
            if row is None:
                return None
            ids, objects, sent_at = unpack_ids(row[0]), row[1], row[2]
            return [
                key for key, number in zip(ids, objects or bytes(known) * len(ids), strict=True) if number == known[0]
            ], sent_at

        return await self._scribe.perform(work)

    async def claimed(self, ids: Collection[str]) -> set[str]:
        """Tell which of these ids the journal has already for a row."""

        def work(db: sqlite3.Connection) -> set[str]:
            asked = set(ids)
            return {known for (joined,) in db.execute(self._sql["all_ids"]) for known in unpack_ids(joined) if known in asked}

        return await self._scribe.perform(work)

    async def created(
        self,
        pending: Pending,
        ids: Mapping[int, str],
        inquiry: Inquiry,
        *,
        kin: Mapping[tuple[int, int], str] = MappingProxyType({}),
    ) -> None:
        """Settle: these records exist, `ids[line]` for each of the lines, and of what hangs under them `kin[file, place]`."""
        known = {(pending.file, line): ids[line] for line in pending.lines} | {place: kin[place] for place in pending.kin}

        def work(db: sqlite3.Connection) -> None:
            if pending.alone:
                self._end_rows(db, pending, RowState.RECOVERED, known)
            else:
                move(db, self._sql, pending.chunk, ChunkState.SETTLED, settled_at=self._now(), recovered=True)
                for file, lines in db.execute(self._sql["part_lines"], {"number": pending.chunk}).fetchall():
                    joined = "".join([known[file, place] for place in unpack_lines(lines)]).encode("ascii")
                    db.execute(self._sql["part_ids"], {"number": pending.chunk, "file": file, "ids": joined})
            self._note(db, pending, inquiry)

        await self._scribe.perform(work)

    async def not_created(self, pending: Pending, inquiry: Inquiry) -> None:
        """Plan again: these records were not created, so their rows are read from their file again."""

        def work(db: sqlite3.Connection) -> None:
            if pending.alone:
                places = [{"file": file, "line": place} for file, place in _places(pending)]
                db.executemany(self._sql["forget_pending_row"], places)
            else:
                move(db, self._sql, pending.chunk, ChunkState.PLANNED)
            self._note(db, pending, inquiry)

        await self._scribe.perform(work)

    async def partly(self, pending: Pending, ids: Mapping[int, str], inquiry: Inquiry) -> None:
        """Settle the rows of a request that exist, `ids[line]`; the others were not created, and are a request of their own."""
        there = replace(pending, lines=tuple(line for line in pending.lines if line in ids))
        rest = replace(pending, lines=tuple(line for line in pending.lines if line not in ids))

        def work(db: sqlite3.Connection) -> None:
            db.execute(self._sql["part_off"], _extent(rest))
            db.execute(self._sql["keep_lines"], _extent(there) | {"heads": b"", "objects": b""})
            joined = "".join([ids[line] for line in there.lines]).encode("ascii")
            move(db, self._sql, pending.chunk, ChunkState.SETTLED, settled_at=self._now(), recovered=True, ids=joined)
            self._note(db, there, inquiry)
            self._note(db, rest, replace(inquiry, finding="not created"))

        await self._scribe.perform(work)

    async def rejected(self, pending: Pending, inquiry: Inquiry) -> None:
        """Settle rows that were in doubt by themselves: what holds their value is not ours, so the org's error stands."""

        def work(db: sqlite3.Connection) -> None:
            self._end_rows(db, pending, RowState.REJECTED_BY_ORG, {})
            self._note(db, pending, inquiry)

        await self._scribe.perform(work)

    async def unclear(self, pending: Pending, inquiry: Inquiry) -> None:
        """Leave them in doubt, and note what was asked."""
        await self._scribe.perform(lambda db: self._note(db, pending, inquiry))

    def _end_rows(self, db: sqlite3.Connection, pending: Pending, state: RowState, ids: Mapping[tuple[int, int], str]) -> None:
        now = self._now()
        rows = [
            {"file": file, "line": place, "state": state, "settled_at": now, "id": ids.get((file, place), "")}
            for file, place in _places(pending)
        ]
        db.executemany(self._sql["end_pending_row"], rows)

    def _note(self, db: sqlite3.Connection, pending: Pending, inquiry: Inquiry) -> None:
        row = {
            "chunk": pending.chunk,
            "file": pending.file,
            "lines": pack_lines([place for file, place in _places(pending) if file == pending.file]),
            "sent_at": pending.sent_at,
            "way": inquiry.way,
            "question": inquiry.question,
            "asked_at": inquiry.asked_at,
            "finding": inquiry.finding,
            "reason": inquiry.reason,
            "who": inquiry.who,
        }
        db.execute(self._sql["add_inquiry"], row)

    def _now(self) -> str:
        return stamp(self._clock.now())


def _extent(pending: Pending) -> dict[str, object]:
    """Say which rows of its file a chunk has."""
    first, last = pending.lines[0], pending.lines[-1]
    return {
        "number": pending.chunk,
        "file": pending.file,
        "lines": pack_lines(pending.lines),
        "first_line": first,
        "last_line": last,
    }


def _by_request(families: Iterable[Pending]) -> list[Pending]:
    """Put rows of one request together, but for families with rows of other files, and parts, which don't show whose they are."""
    together: dict[tuple[int, int, int], Pending] = {}
    for one in families:
        apart = one.kin and (one.lines[0] >= MEMBER or any(file != one.file for file, _ in one.kin))
        key = one.chunk, one.file, one.lines[0] if apart else 0
        before = together.get(key)
        together[key] = _joined(before, one) if before else one
    return [*together.values()]


def _joined(before: Pending, one: Pending) -> Pending:
    """Put rows of one request together: they are pending since the first of them was sent."""
    sent_at, kin = min(before.sent_at, one.sent_at), tuple(sorted(before.kin + one.kin))
    return replace(before, lines=before.lines + one.lines, kin=kin, sent_at=sent_at)


def _places(pending: Pending) -> list[tuple[int, int]]:
    """Return file and place of each of its records."""
    return [*((pending.file, line) for line in pending.lines), *pending.kin]


def _chunks(rows: Iterable[tuple[int, int, bytes, bytes, str, str, str, str]]) -> list[Pending]:
    """Put the parts of each chunk together, of which its own file's comes first."""
    chunks: dict[int, Pending] = {}
    for number, file, lines, heads, sent_at, reason, name, job in rows:
        own = chunks.get(number)
        places = unpack_lines(lines)
        if own is None:
            first = {*unpack_lines(heads)} if heads else {place for place in places if place < MEMBER}
            kin = tuple((file, place) for place in places if place not in first)
            lines_first = tuple(at for at in places if at in first)
            chunks[number] = Pending(number, file, lines_first, sent_at, reason, kin=kin, object=name, job=job)
        else:
            chunks[number] = replace(own, kin=(*own.kin, *((file, place) for place in places)))
    return list(chunks.values())
