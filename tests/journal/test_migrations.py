"""A journal that an earlier version wrote is brought to this one when it is opened, as a whole or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import JournalError
from pipeline.journal import scribe
from pipeline.journal.blobs import lines_without, pack_lines
from pipeline.journal.journal import Journal
from pipeline.journal.reading import OlderJournal, reading
from pipeline.journal.sql import migrations
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import Ending, FieldError, RowEnd
from pipeline.model.record_id import to_18
from pipeline.model.summary import imbalances
from pipeline.salesforce.ids import count_distinct
from tests.journal.killing import copy

IDS = [to_18(f"003SM{number:010d}") for number in range(6)]
AT = "2026-11-22T23:56:35.123Z"

CHUNKS = [  # number, lines as they were planned, state, attempts, ids
    (1, (1, 2, 3), "settled", 1, IDS[:3]),
    (2, (4, 5, 6, 7), "settled", 3, IDS[3:5]),  # 5 and 7 were rejected
    (3, (8, 9), "settled", 1, []),  # both were rejected
    (4, (12, 13), "in_doubt", 2, []),  # 13 was rejected by the first try
    (5, (14, 15), "sending", 1, []),
    (6, (16,), "planned", 0, []),
]
ROWS: list[tuple[int, str, int | None]] = [  # line, state, chunk
    *((line, "rejected_by_org", 2) for line in (5, 7)),
    *((line, "rejected_by_org", 3) for line in (8, 9)),
    *((10, "unreadable", None), (11, "rejected_here", None)),
    (13, "rejected_by_org", 4),
]


def fill(db: sqlite3.Connection) -> None:
    """Write a run as version 1 did: rejected rows stayed among the lines of their chunk."""
    run = ("20261122-1", "key", "people", "Contact", "embedded", "67.0", "reports", AT)
    db.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)", run)
    db.execute("INSERT INTO session VALUES (1, ?, '0.1.0', 'digest', 10, NULL, 15000)", [AT])
    file = ("/data/people.csv", "csv", 100, "ab" * 32, ",", '"', '["LastName"]')
    db.execute("INSERT INTO file VALUES (1, ?, ?, ?, ?, ?, ?, ?, 17, 1, 15, 1)", file)
    for number, lines, state, attempts, ids in CHUNKS:
        chunk = (number, lines[0], lines[-1], pack_lines(lines), state, attempts, AT, AT, "".join(ids).encode())
        db.execute("INSERT INTO chunk VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, NULL, ?)", chunk)
    for line, state, owner in ROWS:
        row = (line, line * 20, state, '[["CODE","message",["Email"]]]', b"Kim,%d" % line, owner, int(owner is not None), AT)
        db.execute("INSERT INTO row VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute("INSERT INTO call VALUES ('load', 9)")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.journal"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.executescript(f"BEGIN;\n{migrations()[0]}\nPRAGMA user_version = 1;\nCOMMIT;")
    fill(db)
    db.close()
    return path


def content(path: Path) -> list[str]:
    """Return everything that is in a journal, with its version."""
    db = sqlite3.connect(path)
    try:
        return [*db.iterdump(), str(db.execute("PRAGMA user_version").fetchone())]
    finally:
        db.close()


@pytest.fixture
async def brought(old: Path, clock) -> Path:
    with Journal(old, clock):
        pass
    return old


async def test_a_chunk_keeps_only_the_rows_that_share_its_fate(brought):
    with reading(brought) as record:
        chunks = {chunk.number: chunk for chunk in record.chunks(1)}
    assert {number: chunk.created() for number, chunk in chunks.items()} == {
        1: ([1, 2, 3], IDS[:3]),
        2: ([4, 6], IDS[3:5]),
        4: ([12], []),
        5: ([14, 15], []),
        6: ([16], []),
    }
    assert [chunks[number].state for number in (2, 4, 5, 6)] == ["settled", "in_doubt", "sending", "planned"]
    assert [chunks[number].attempts for number in (1, 2, 4)] == [1, 3, 2]
    assert not any(chunk.recovered for chunk in chunks.values())


async def test_rows_keep_their_stories(brought):
    with reading(brought) as record:
        stories, sources = list(record.rows(1)), list(record.sources(1))
    assert [(story.line, story.state, story.chunk) for story in stories] == sorted(ROWS)
    assert {story.errors[0].fields for story in stories} == {("Email",)}
    assert {story.id for story in stories} == {""}
    assert [story.source for story in sources] == [b"Kim,%d" % line for line, _, _ in sorted(ROWS)]


async def test_the_books_balance(brought):
    with reading(brought) as record:
        totals = record.totals(count_distinct)[1]
        assert record.calls() == {"load": 9}
        assert record.complete() == {1: True}
    assert imbalances(totals) == []
    assert (totals.eligible, totals.created, totals.rejected_by_org, totals.in_doubt, totals.not_attempted) == (14, 5, 5, 3, 1)


async def test_the_journal_is_sound_and_of_this_version(brought):
    db = sqlite3.connect(brought)
    assert db.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


async def test_the_run_goes_on(brought, clock):
    with Journal(brought, clock) as journal:
        await journal.start_session("0.2.0", "digest")
        assert await journal.replan() == 6
        assert [(each.chunk, each.lines) for each in await journal.doubts.pending()] == [(4, (12,)), (5, (14, 15))]
        known = await journal.known.rows(1)
    assert [line for line in range(20) if line in known] == list(range(1, 16))
    with reading(brought) as record:
        states = {chunk.number: chunk.state for chunk in record.chunks(1)}
        assert states == {n: ChunkState.SETTLED if n < 3 else ChunkState.IN_DOUBT for n in (1, 2, 4, 5)}
        assert record.sessions()[0].overrides == ()


async def test_a_journal_of_this_version_is_left_as_it_is(brought, clock):
    before = content(brought)
    with Journal(brought, clock):
        pass
    assert content(brought) == before


def parts(script: str) -> list[str]:
    """Take a script apart into its statements."""
    statements, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            statements.append(statement)
            statement = ""
    return statements


LATER = dict(enumerate(migrations()[1:], start=2))
"""Migrations by the version that they make, from the second on."""
HALF_WAY = [(version, done) for version, script in LATER.items() for done in range(len(parts(script)) + 1)]


def bring_to(version: int, path: Path, patch: pytest.MonkeyPatch) -> None:
    """Open a journal with a program of that version."""
    patch.setattr(scribe, "migrations", lambda: migrations()[:version])
    scribe.bring_up_to_date(path)


@pytest.mark.parametrize("script", LATER.values(), ids=map(str, LATER))
def test_a_migration_is_taken_apart_as_a_whole(script):
    assert "".join(parts(script)) == script
    assert len(parts(script)) >= script.count(";\n")


@pytest.mark.parametrize(("version", "done"), HALF_WAY)
async def test_a_migration_that_fails_half_way_leaves_the_journal_as_it_was(old, clock, monkeypatch, version, done):
    broken = "".join(parts(LATER[version])[:done]) + "INSERT INTO nowhere VALUES (1);"
    with monkeypatch.context() as patch:
        bring_to(version - 1, old, patch)
        before = content(old)
        patch.setattr(scribe, "migrations", lambda: [*migrations()[: version - 1], broken])
        with pytest.raises(JournalError, match=r"no such table: nowhere.*run the same command again"):
            Journal(old, clock)
    assert content(old) == before
    with Journal(old, clock) as journal:
        assert len(await journal.doubts.pending()) == 1


@pytest.mark.parametrize(("version", "done"), HALF_WAY)
async def test_a_process_that_is_killed_half_way_leaves_the_journal_as_it_was(old, clock, tmp_path, monkeypatch, version, done):
    with monkeypatch.context() as patch:
        bring_to(version - 1, old, patch)
    before = content(old)
    db = sqlite3.connect(old, isolation_level=None)
    db.create_function("lines_without", 2, lines_without, deterministic=True)
    db.execute("PRAGMA cache_size = 1")  # so that what is not committed is in the -wal already
    db.executescript("BEGIN IMMEDIATE;" + "".join(parts(LATER[version])[:done]) + f"PRAGMA user_version = {version};")
    copy(old, left := tmp_path / "left.journal")
    db.close()
    assert content(left) == before
    with Journal(left, clock) as journal:
        assert len(await journal.doubts.pending()) == 1


async def test_a_duplicate_has_no_place_in_a_journal_of_version_2_and_has_one_now(old, clock, monkeypatch):
    ended = RowEnd(17, 340, Ending(RowState.DUPLICATE_IN_FILE, (FieldError("DUPLICATE_IN_FILE", "x"),)), b"Kim,17")
    with monkeypatch.context() as patch:
        bring_to(2, old, patch)
    row = (17, 340, "duplicate_in_file", "[]", b"Kim,17", None, 0, AT, "")
    with closing(sqlite3.connect(old)) as db, pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed"):
        db.execute("INSERT INTO row VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    with Journal(old, clock) as journal:
        await journal.rows_ended(1, [ended])
        assert [(each.chunk, each.lines) for each in await journal.doubts.pending()] == [(4, (12,))]
    with reading(old) as record:
        assert record.totals(count_distinct)[1].duplicate_in_file == 1
        assert [story.line for story in record.rows(1)] == [*sorted(line for line, _, _ in ROWS), 17]


def test_an_old_journal_is_not_read_as_it_is_and_the_reader_says_what_to_do(old):
    what = r"is a journal of version 1, this treeload reads version \d+: `treeload run` of its job brings it up to date"
    with pytest.raises(OlderJournal, match=what), reading(old):
        pass


def test_who_only_wants_to_read_can_bring_it_up_to_date_before(old):
    scribe.bring_up_to_date(old)
    with reading(old) as record:
        assert [chunk.number for chunk in record.chunks(1)] == [1, 2, 4, 5, 6]


def test_what_is_no_journal_is_not_brought_to_any_date(tmp_path):
    path = tmp_path / "no.journal"
    path.write_bytes(b"not a database, but long enough to look at" * 30)
    with pytest.raises(JournalError, match="file is not a database"):
        scribe.bring_up_to_date(path)
