import asyncio
import sqlite3

import pytest

from pipeline.errors import ExitCode, JournalError
from pipeline.journal.journal import Journal
from pipeline.journal.reading import reading
from pipeline.journal.scribe import connect
from pipeline.model.lifecycle import MOVES, ChunkState, RowState
from pipeline.model.run import ReadCounts
from pipeline.salesforce.ids import count_distinct

IDS = b"0035g00000AAAAAAA40035g00000AAAABAA4"


def states(journal):
    with reading(journal.path) as record:
        return {chunk.number: chunk.state for chunk in record.chunks(1)}


async def test_an_intent_is_on_disk_before_it_is_told(journal, make_chunk):
    await journal.sending(make_chunk(1))
    assert states(journal) == {1: ChunkState.SENDING}


async def test_created_records_keep_their_ids_in_order(journal, make_chunk):
    chunk = make_chunk(1)
    await journal.sending(chunk)
    await journal.created(chunk, IDS)
    with reading(journal.path) as record:
        (settled,) = record.chunks(1)
    assert settled.state is ChunkState.SETTLED
    assert settled.created() == ([10, 11], ["0035g00000AAAAAAA4", "0035g00000AAAABAA4"])
    assert settled.attempts == 1


async def test_rejected_rows_are_out_of_the_chunk_with_their_errors_and_source(journal, make_chunk, rejection):
    chunk = make_chunk(1)
    await journal.sending(chunk)
    chunk.leave_out({"r1_10": rejection(10).ending})
    await journal.withdrawn(chunk, [rejection(10)])
    await journal.sending(chunk)
    await journal.created(chunk, IDS[:18])
    with reading(journal.path) as record:
        (story,) = record.rows(1)
        (source,) = record.sources(1)
        totals = record.totals(lambda ids: len({*ids()}))[1]
    assert (story.line, story.state, story.chunk, story.attempts) == (10, RowState.REJECTED_BY_ORG, 1, 1)
    assert source.source == b"Kim,x"
    assert (totals.eligible, totals.created, totals.rejected_by_org) == (2, 1, 1)


async def reach(journal, chunk, state: ChunkState) -> None:
    if state is ChunkState.PLANNED:
        await journal.not_attempted(chunk)
        return
    await journal.sending(chunk)
    if state is ChunkState.SETTLED:
        await journal.created(chunk, IDS)
    elif state is ChunkState.IN_DOUBT:
        await journal.in_doubt(chunk, "a reset")


@pytest.mark.parametrize("start", ChunkState)
@pytest.mark.parametrize("end", ChunkState)
async def test_the_journal_makes_the_moves_of_the_lifecycle_and_no_others(journal, make_chunk, start, end):
    chunk = make_chunk(1)
    await reach(journal, chunk, start)
    chunk.attempts = max(chunk.attempts, 1)
    move = {
        ChunkState.PLANNED: lambda: journal.withdrawn(chunk, []),
        ChunkState.SENDING: lambda: journal.sending(chunk),
        ChunkState.SETTLED: lambda: journal.created(chunk, IDS),
        ChunkState.IN_DOUBT: lambda: journal.in_doubt(chunk, "a reset"),
    }[end]
    if (start, end) in MOVES:
        await move()
        assert states(journal) == {1: end}
    else:
        with pytest.raises(JournalError, match=f"can't become {end}"):
            await move()
        assert states(journal) == {1: start}


async def test_a_chunk_that_is_settled_is_not_sent_again(journal, make_chunk):
    chunk = make_chunk(1)
    await journal.sending(chunk)
    await journal.created(chunk, IDS)
    with pytest.raises(JournalError, match="can't become sending"):
        await journal.sending(chunk)


async def test_after_a_crash_what_was_on_its_way_is_in_doubt_and_the_rest_is_forgotten(
    journal, clock, make_chunk, rejection, tmp_path
):
    settled, sending, withdrawn, culprit = make_chunk(1), make_chunk(2), make_chunk(3), make_chunk(4)
    for chunk in (settled, sending, withdrawn, culprit):
        await journal.sending(chunk)
    await journal.created(settled, IDS)
    await journal.withdrawn(withdrawn, [])
    culprit.leave_out({"r1_40": rejection(40).ending})
    await journal.withdrawn(culprit, [rejection(40)])
    await journal.not_attempted(make_chunk(5))

    await journal.start_session("0.1.0", "digest")
    free = await journal.replan()

    assert states(journal) == {1: ChunkState.SETTLED, 2: ChunkState.IN_DOUBT}
    assert free == 5
    known = await journal.known.rows(1)
    assert [line for line in range(60) if line in known] == [10, 11, 20, 21, 40]


async def test_a_second_session_counts_its_calls_on_top(journal):
    await journal.end_session({"load": 3}, used=13, allowance=15000)
    await journal.start_session("0.1.0", "digest", used=13, allowance=15000)
    await journal.end_session({"load": 2, "login": 1}, used=16, allowance=15000)
    with reading(journal.path) as record:
        assert record.calls() == {"load": 5, "login": 1}
        assert [session.used_after for session in record.sessions()] == [13, 16]


async def test_calls_are_written_with_whatever_is_written_next_so_that_a_killed_session_has_told_them(journal, make_chunk):
    calls = {"describe": 1}
    journal.count(calls)
    for number in (1, 2):
        calls["load"] = number
        await journal.sending(make_chunk(number))
    with reading(journal.path) as record:
        assert record.calls() == {"describe": 1, "load": 2}
    calls["load"] = 3
    await journal.end_session(calls, used=None, allowance=None)
    await journal.start_session("0.1.0", "digest")
    with reading(journal.path) as record:
        assert record.calls() == {"describe": 1, "load": 3}


async def test_an_ended_run_says_how(journal):
    await journal.end(ExitCode.REJECTS, None)
    with reading(journal.path) as record:
        assert record.run().finished
    await journal.start_session("0.1.0", "digest", used=None, allowance=None)
    with reading(journal.path) as record:
        assert not record.run().finished


async def test_rows_that_were_never_sent_are_kept_once(journal, rejection):
    await journal.rows_ended(1, [rejection(7, RowState.UNREADABLE)])
    await journal.rows_ended(1, [rejection(7, RowState.UNREADABLE), rejection(8, RowState.UNREADABLE)])
    with reading(journal.path) as record:
        assert [story.line for story in record.rows(1)] == [7, 8]


async def test_what_the_reader_counted_is_a_term_of_its_own(journal):
    await journal.file_read(1, ReadCounts(lines=5, blank=1, unreadable=1, rows=3, complete=True))
    with reading(journal.path) as record:
        totals = record.totals(lambda _: 0)[1]
        assert (totals.lines_read, totals.blank, totals.rows, totals.unreadable) == (5, 1, 3, 0)
        assert record.complete() == {1: True}


async def test_a_journal_of_a_newer_version_is_refused_and_left_alone(tmp_path, clock):
    path = tmp_path / "new.journal"
    db = connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match=r"newer treeload \(journal version 99"):
        Journal(path, clock)
    with pytest.raises(JournalError, match="version 99"), reading(path):
        pass


async def test_a_file_that_is_no_journal_is_refused(tmp_path, clock):
    path = tmp_path / "no.journal"
    path.write_bytes(b"not a database, but long enough to look at" * 30)
    with pytest.raises(JournalError, match="file is not a database"):
        Journal(path, clock)
    with pytest.raises(JournalError, match="is not a journal"), reading(path):
        pass


async def test_a_disk_that_takes_no_more_is_told_and_what_was_recorded_stays(journal, make_chunk):
    await journal.sending(make_chunk(1))

    def fill(db: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(JournalError, match="disk is full"):
        await journal._scribe.perform(fill)  # noqa: SLF001 - a disk can't be filled here
    await journal.sending(make_chunk(2))
    assert states(journal) == {1: ChunkState.SENDING, 2: ChunkState.SENDING}


async def test_readers_do_not_disturb_the_writer(journal, make_chunk):
    with reading(journal.path) as record:
        assert list(record.chunks(1)) == []
        await journal.sending(make_chunk(1))
        assert [chunk.number for chunk in record.chunks(1)] == [1]


async def test_the_journal_is_for_its_owner_only(journal):
    assert journal.path.stat().st_mode & 0o077 == 0


async def test_closing_in_the_middle_loses_only_what_was_not_told_and_makes_no_noise(tmp_path, clock, run, people, make_chunk):
    noise = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    with Journal(tmp_path / "one.journal", clock) as journal:
        await journal.begin(run, [people])
        told, untold = make_chunk(1), make_chunk(2)
        await journal.sending(told)
        waiting = asyncio.ensure_future(journal.sending(untold))  # noqa: TID251 - it is left alone on purpose
        await asyncio.wait([waiting], timeout=0)
    for _ in range(30):
        await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert noise == []
    assert states(journal) == {1: ChunkState.SENDING}


@pytest.mark.parametrize("left_behind", ["no bytes", "no run"])
def test_a_journal_whose_process_died_at_once_is_one_that_never_began(tmp_path, left_behind):
    path = tmp_path / "one.journal"
    if left_behind == "no bytes":
        path.touch()
    else:
        connect(path).close()
    with reading(path) as record:
        assert not record.begun()
        with pytest.raises(JournalError, match="never began"):
            record.run()


async def test_what_was_done_of_a_chunk_is_a_chunk_of_its_own_sent_at_the_same_time(journal, make_chunk):
    chunk = make_chunk(1, 7, 8, 9, 10)
    await journal.sending(chunk)
    done = chunk.take({"r1_7", "r1_8", "r1_10"}, 2)
    await journal.parted(chunk, done)
    assert states(journal) == {1: ChunkState.PLANNED, 2: ChunkState.SENDING}
    await journal.start_session("0.1.0", "digest")  # the first one was killed
    (pending,) = await journal.doubts.pending()
    assert (pending.chunk, pending.lines, pending.sent_at) == (2, (7, 8, 10), "2026-11-22T23:56:35.123Z")


async def test_rows_that_end_beside_those_that_are_created_are_written_down_with_them(journal, make_chunk, rejection):
    chunk = make_chunk(1, 7, 8)
    await journal.sending(chunk)
    (end,) = chunk.leave_out({"r1_8": rejection(8).ending})
    await journal.created(chunk, b"003SM0000000001YAA", [end])
    with reading(journal.path) as record:
        totals = record.totals(count_distinct)[1]
    assert (totals.created, totals.rejected_by_org, totals.distinct_ids) == (1, 1, 1)
