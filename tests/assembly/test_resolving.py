from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assembly.resolving import take_word
from pipeline.assembly.word import MOST_FAULTS, Word
from pipeline.errors import ExitCode, LockHeld, UsageError
from pipeline.journal.journal import Journal
from pipeline.journal.place import lock
from pipeline.journal.reading import reading
from pipeline.model.lifecycle import RowState
from pipeline.model.record import MEMBER, Chunk, Ending, FieldError, Kin, RowEnd, member_reference, references
from pipeline.model.record_id import to_18
from pipeline.model.row import InputFile
from pipeline.model.run import ReadCounts, Run

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class StandingClock:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise AssertionError("a word is taken at once")


def record_id(number: int) -> str:
    return to_18(f"003{number:012d}")


def chunk(number: int, file: int, *lines: int) -> Chunk:
    return Chunk(number, file, [*lines], [0] * len(lines), [b"{}"] * len(lines), [b"Kim"] * len(lines), references(file, lines))


def alone(line: int) -> RowEnd:
    return RowEnd(line, 0, Ending(RowState.IN_DOUBT, (FieldError("DUPLICATE_VALUE", "duplicate value found"),)), b"Kim")


@pytest.fixture
async def path(tmp_path):
    """Leave a run of two files with a request in doubt in each, two rows in doubt by themselves, and one request created."""
    path = tmp_path / "20261122-120000-abcd.journal"
    run = Run(path.stem, "key", "people", "Contact", "https://x", "67.0", str(tmp_path / "reports"), "2026-11-22T12:00:00Z")
    with Journal(path, StandingClock()) as journal:
        await journal.begin(run, [InputFile(number, f"/in/{number}.csv", "csv", 9, "ab" * 32) for number in (1, 2)])
        await journal.start_session("0.1.0", "digest", path="/jobs/people.toml")
        for each in (chunk(1, 1, 2, 3), chunk(2, 1, 4, 5, 6), chunk(3, 2, 2, 3)):
            await journal.sending(each)
            if each.number == 2:
                each.leave_out({"r1_4": alone(4).ending, "r1_5": alone(5).ending})
                await journal.withdrawn(each, [alone(4), alone(5)])
                await journal.sending(each)
                await journal.created(each, record_id(6).encode())
            else:
                await journal.in_doubt(each, "no reply")
        for number, rows in ((1, 5), (2, 2)):
            await journal.file_read(number, ReadCounts(rows, 0, 0, rows, complete=True))
        await journal.end(ExitCode.IN_DOUBT, None)
    return path


async def take(path, ids=None, *chunks: int):
    return await take_word(path, Word("Kim Lee", "treeload resolve", ids, chunks), StandingClock())


def states(path) -> dict[tuple[int, int], str]:
    """Give the state of each row by file and line."""
    found = {}
    with reading(path) as record:
        for file in (1, 2):
            found |= {(file, line): part.state.value for part in record.chunks(file) for line in part.created()[0]}
            found |= {(file, row.line): row.state.value for row in record.rows(file)}
    return found


def everything(path) -> list:
    with reading(path) as record:
        return [record.run(), record.sessions(), record.doubts(), record.resolutions(), states(path)]


async def test_rows_in_doubt_by_themselves_are_settled_one_by_one(path):
    ending = await take(path, {(1, 5): record_id(5)})
    assert ending.exit_code is ExitCode.IN_DOUBT
    found = states(path)
    assert (found[1, 4], found[1, 5]) == ("in_doubt", "recovered")
    with reading(path) as record:
        assert [(each.rows, each.who, each.way) for each in record.resolutions()] == [(1, "Kim Lee", "word")]


async def test_a_row_is_named_by_its_file_and_its_line(path):
    await take(path, {(2, 2): record_id(22), (2, 3): record_id(23)})
    found = states(path)
    assert (found[2, 2], found[2, 3]) == ("settled", "settled")
    assert (found[1, 2], found[1, 3]) == ("in_doubt", "in_doubt")


async def test_what_was_not_created_has_no_place_in_the_journal_any_more(path):
    ending = await take(path)
    assert ending.exit_code is not ExitCode.IN_DOUBT
    with Journal(path, StandingClock()) as journal:
        await journal.replan()
        known = await journal.known.rows(1)
    assert [line for line in range(2, 7) if line in known] == [6]


async def test_only_the_requests_that_are_named_are_settled(path):
    await take(path, None, 3)
    assert states(path) == {
        (1, 2): "in_doubt",
        (1, 3): "in_doubt",
        (1, 4): "in_doubt",
        (1, 5): "in_doubt",
        (1, 6): "settled",
        (2, 2): "planned",
        (2, 3): "planned",
    }


@pytest.mark.parametrize(
    ("ids", "chunks", "fault"),
    [
        ({(1, 7): record_id(7)}, (), "line 7 of file 1: is not in doubt"),
        ({(1, 6): record_id(7)}, (), "line 6 of file 1: is not in doubt"),
        ({(1, 4): record_id(4)}, (3,), "line 4 of file 1: is not in doubt in these requests"),
        ({(1, 4): record_id(4)[:15]}, (), "is no record id of 18 characters"),
        ({(1, 4): record_id(6)}, (), "is the id of another row"),
        ({(1, 4): record_id(4), (1, 5): record_id(4)}, (), f"{record_id(4)} is given 2 times"),
        ({(1, 2): record_id(2)}, (), "request 1: 1 of its 2 records are named, but all were created or none: name r1_3 as well"),
        (None, (9,), "no rows of run 20261122-120000-abcd are in doubt in these requests"),
    ],
)
async def test_a_word_that_does_not_fit_changes_nothing(path, ids, chunks, fault):
    before = everything(path)
    with pytest.raises(UsageError) as caught:
        await take(path, ids, *chunks)
    assert fault in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert everything(path) == before


async def test_of_very_many_faults_the_first_are_told(path):
    with pytest.raises(UsageError) as caught:
        await take(path, {(1, line): "soon" for line in range(100, 150)})
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[-1]) == (MOST_FAULTS + 1, f"and {50 - MOST_FAULTS} faults more")


async def test_while_another_process_works_on_the_job_no_word_is_taken(path):
    with lock(path.parent), pytest.raises(LockHeld):
        await take(path)


@pytest.fixture
async def killed(tmp_path):
    """Leave what a process leaves that died with a request on its way, before it could write down its counts."""
    path = tmp_path / "20261122-120000-abcd.journal"
    run = Run(path.stem, "key", "people", "Contact", "https://x", "67.0", str(tmp_path / "reports"), "2026-11-22T12:00:00Z")
    with Journal(path, StandingClock()) as journal:
        await journal.begin(run, [InputFile(1, "/in/1.csv", "csv", 9, "ab" * 32)])
        await journal.start_session("0.1.0", "digest", path="/jobs/people.toml")
        for each in (chunk(1, 1, 2, 3), chunk(2, 1, 4, 5)):
            await journal.sending(each)
    return path


async def test_a_run_whose_process_died_goes_on_however_often_its_doubts_are_settled(killed):
    for ids, number in (({(1, 2): record_id(2), (1, 3): record_id(3)}, 1), (None, 2)):
        ending = await take(killed, ids, number)
        assert ending.exit_code is ExitCode.RESUMABLE
        with reading(killed) as record:
            assert not record.run().finished
    with reading(killed) as record:
        assert [part.state.value for part in record.chunks(1)] == ["settled", "planned"]
        assert record.doubts() == []


async def test_a_word_that_does_not_fit_leaves_a_killed_run_as_it_is(killed):
    with reading(killed) as record:
        before = [record.sessions(), record.run(), [part.state for part in record.chunks(1)]]
    with pytest.raises(UsageError):
        await take(killed, {(1, 2): record_id(2)})
    with reading(killed) as record:
        assert [record.sessions(), record.run(), [part.state for part in record.chunks(1)]] == before


def account_id(number: int) -> str:
    return to_18(f"001{number:012d}")


def contact(line: int, at: int) -> Kin:
    place = line + at * MEMBER
    return Kin("Contact", member_reference(1, place), place, 1, 0, f"r1_{line}", "Contacts")


async def families_in_doubt(folder: Path) -> Path:
    """Leave a run of accounts in doubt: a request of line 2 with two contacts and line 3; a family by itself, line 4 with one."""
    path = folder / "20261122-120000-abcd.journal"
    run = Run(path.stem, "key", "accounts", "Account", "https://x", "67.0", str(folder / "reports"), "2026-11-22T12:00:00Z")
    with Journal(path, StandingClock()) as journal:
        await journal.begin(run, [InputFile(1, "/in/1.jsonl", "jsonl", 9, "ab" * 32)])
        await journal.start_session("0.1.0", "digest", path="/jobs/accounts.toml")
        whole = chunk(1, 1, 2, 3, 4)
        whole.kin = [(contact(2, 1), contact(2, 2)), (), (contact(4, 1),)]
        await journal.sending(whole)
        taken = Ending(RowState.IN_DOUBT, (FieldError("DUPLICATE_VALUE", "duplicate value found"),))
        await journal.withdrawn(whole, whole.leave_out({"r1_4": taken}))
        await journal.sending(whole)
        await journal.in_doubt(whole, "no reply")
        await journal.file_read(1, ReadCounts(3, 0, 0, 3, complete=True))
        await journal.nested_counted(1, 3)
        await journal.end(ExitCode.IN_DOUBT, None)
    return path


@pytest.fixture
async def families(tmp_path):
    return await families_in_doubt(tmp_path)


REQUEST = {(1, 2): account_id(2), (1, 3): account_id(3), (1, 2 + MEMBER): record_id(21), (1, 2 + 2 * MEMBER): record_id(22)}
FAMILY = {(1, 4): account_id(4), (1, 4 + MEMBER): record_id(41)}


def known(path) -> dict[tuple[int, int], str]:
    """Give the ids that the journal has."""
    with reading(path) as record:
        found = {(1, place): key for part in record.chunks(1) for place, key in zip(*part.created(), strict=False)}
        return found | {(1, row.line): row.id for row in record.rows(1) if row.id}


@pytest.mark.parametrize("named", [REQUEST, FAMILY, REQUEST | FAMILY], ids=["a request", "a family by itself", "all"])
async def test_each_record_of_a_family_gets_the_id_that_a_person_names(families, named):
    ending = await take(families, named)
    assert known(families) == named
    assert ending.summary["balanced"]
    assert (ending.exit_code is ExitCode.IN_DOUBT) == (len(named) < len(REQUEST | FAMILY))


@given(st.sets(st.sampled_from(sorted(REQUEST | FAMILY))))
async def test_only_whole_requests_and_families_can_be_named(named):
    with TemporaryDirectory() as folder:
        path = await families_in_doubt(Path(folder))
        word = {place: (REQUEST | FAMILY)[place] for place in named}
        whole = bool(named) and all(not (named & set(part)) or set(part) <= named for part in (REQUEST, FAMILY))
        if whole or not named:
            await take(path, word)
        else:
            with pytest.raises(UsageError) as caught:
                await take(path, word)
            parts = [part for part in (REQUEST, FAMILY) if 0 < len(named & set(part)) < len(part)]
            missing = [member_reference(*place) for part in parts for place in sorted(set(part) - named)]
            assert [each for each in missing if each not in str(caught.value)] == []
            assert len(str(caught.value).splitlines()) == len(parts)
        assert known(path) == (word if whole else {})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({(1, 2 + 3 * MEMBER): record_id(9)}, "r1_2_3: is not in doubt"),
        ({(1, 2 + MEMBER): "soon"}, "r1_2_1: 'soon' is no record id"),
        ({(1, 2): record_id(2), (1, 3): record_id(3)}, "r1_2_1 (Contact) and r1_2 (Account) have ids that begin with 003"),
        ({(1, 2 + MEMBER): record_id(22)}, f"{record_id(22)} is given 2 times"),
    ],
)
async def test_a_fault_in_a_family_is_told_by_its_reference(families, change, fault):
    before = everything(families)
    with pytest.raises(UsageError) as caught:
        await take(families, REQUEST | change)
    assert fault in str(caught.value)
    assert everything(families) == before


async def test_families_that_were_not_created_have_no_place_in_the_journal_any_more(families):
    await take(families)
    with Journal(families, StandingClock()) as journal:
        await journal.replan()
        known_rows = await journal.known.rows(1)
    assert [line for line in (2, 3, 4) if line in known_rows] == []
