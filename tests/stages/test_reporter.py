import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from pipeline.clock import SystemClock
from pipeline.errors import ExitCode, JournalError
from pipeline.journal.journal import Journal
from pipeline.journal.reading import reading
from pipeline.model.lifecycle import RowState
from pipeline.model.record import Chunk, Ending, FieldError, RowEnd, references
from pipeline.model.record_id import to_18
from pipeline.model.row import InputFile
from pipeline.model.run import ReadCounts, Run
from pipeline.stages.reporter import report
from pipeline.stages.reporter.results import shown_names

ERROR = (FieldError("INVALID_EMAIL_ADDRESS", "Email: x", ("Email",)),)


class NoClock(SystemClock):
    def now(self):
        return datetime(2026, 11, 22, 23, 56, 35, tzinfo=UTC)


def ids(*numbers: int) -> bytes:
    return "".join(to_18(f"0035g00000{number:05d}") for number in numbers).encode()


def chunk(number: int, *lines: int, file: int = 1) -> Chunk:
    many = len(lines)
    return Chunk(
        number, file, [*lines], [line * 20 for line in lines], [b"{}"] * many, [b"x;y\n"] * many, references(file, lines)
    )


def end(line: int, *errors: FieldError, source: bytes = b"=cmd();x@y", state=RowState.REJECTED_BY_ORG, key: str = "") -> RowEnd:
    return RowEnd(line, line * 20, Ending(state, errors or ERROR, key), source)


@pytest.fixture
async def story(tmp_path: Path):
    """Write a journal in which one of everything happened."""
    files = [
        InputFile(1, "/in/people.csv", "csv", 100, "aa", ";", '"', ("Name", "Email")),
        InputFile(2, "/in/more.jsonl", "jsonl", 50, "bb"),
    ]
    run = Run(
        "20261122-235635-abcd", "k", "people", "Contact", "embedded", "67.0", str(tmp_path / "reports"), "2026-11-22T23:56:35Z"
    )
    with Journal(tmp_path / "x.journal", NoClock()) as journal:
        await journal.begin(run, files)
        await journal.start_session("0.1.0", "digest", used=5, allowance=15000)
        created, doubt, planned, broken = chunk(1, 2, 4, 6), chunk(2, 8, 9), chunk(3, 10), chunk(4, 1, file=2)
        for each in (created, doubt, broken):
            await journal.sending(each)
        two = (
            FieldError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ("LastName",)),
            FieldError("X", "a,\nb"),
        )
        created.leave_out({"r1_4": end(4).ending})
        await journal.withdrawn(created, [end(4, *two)])
        await journal.sending(created)
        await journal.created(created, ids(1, 2))
        await journal.in_doubt(doubt, "the reply broke off")
        await journal.not_attempted(planned)
        broken.leave_out({"r2_1": end(1).ending})
        await journal.ended(broken, [end(1, source=b'{"LastName": "Kim" }')])
        unreadable = FieldError("UNREADABLE", "3 cells")
        await journal.rows_ended(1, [end(5, unreadable, source=b"a;b;c", state=RowState.UNREADABLE)])
        await journal.rows_ended(1, [end(7, state=RowState.REJECTED_HERE)])
        twice = FieldError("DUPLICATE_IN_FILE", "has the same Email as line 2", ("Email",))
        await journal.rows_ended(1, [end(3, twice, state=RowState.DUPLICATE_IN_FILE)])
        no_json = FieldError("UNREADABLE", "no JSON")
        await journal.rows_ended(2, [end(2, no_json, source=b"{oops", state=RowState.UNREADABLE)])
        await journal.file_read(1, ReadCounts(10, 1, 1, 8, complete=True))
        await journal.file_read(2, ReadCounts(2, 0, 1, 1, complete=True))
        await journal.end_session({"load": 3, "login": 1}, used=9, allowance=15000)
        await journal.end(ExitCode.IN_DOUBT, None)
        yield journal.path


def reported(path: Path):
    with reading(path) as record:
        return report(record)


async def test_every_row_has_one_line_in_the_order_of_the_files(story):
    folder, _ = reported(story)
    rows = list(csv.DictReader(io.StringIO((folder / "results.csv").read_text())))
    assert [(row["file"], row["line"], row["state"]) for row in rows] == [
        ("people.csv", "2", "created"),
        ("people.csv", "3", "duplicate_in_file"),
        ("people.csv", "4", "rejected_by_org"),
        ("people.csv", "5", "unreadable"),
        ("people.csv", "6", "created"),
        ("people.csv", "7", "rejected_here"),
        ("people.csv", "8", "in_doubt"),
        ("people.csv", "9", "in_doubt"),
        ("people.csv", "10", "not_attempted"),
        ("more.jsonl", "1", "rejected_by_org"),
        ("more.jsonl", "2", "unreadable"),
    ]
    assert [row["id"].encode() for row in rows if row["id"]] == [ids(1), ids(2)]
    assert (
        rows[2]
        | {
            "reference": "r1_4",
            "error_code": "REQUIRED_FIELD_MISSING; X",
            "error_message": "Required fields are missing: [LastName] | a,\nb",
            "error_fields": "LastName",
            "chunk": "1",
            "attempts": "1",
        }
        == rows[2]
    )
    assert rows[6]["error_message"] == "the reply broke off"
    assert rows[3]["reference"] == ""
    assert (rows[1]["error_message"], rows[1]["reference"], rows[1]["chunk"]) == ("has the same Email as line 2", "r1_3", "")


async def test_the_order_holds_when_a_chunk_was_sent_anew_around_its_rejected_rows(tmp_path):
    run = Run(
        "20261122-235635-abcd", "k", "people", "Contact", "embedded", "67.0", str(tmp_path / "reports"), "2026-11-22T23:56:35Z"
    )
    with Journal(tmp_path / "x.journal", NoClock()) as journal:
        await journal.begin(run, [InputFile(1, "/in/people.csv", "csv", 100, "aa", columns=("Name",))])
        await journal.start_session("0.1.0", "digest", used=None, allowance=None)
        withdrawn = chunk(1, 2, 3, 4, 5, 6)
        await journal.sending(withdrawn)
        await journal.withdrawn(withdrawn, withdrawn.leave_out({"r1_2": end(2).ending, "r1_5": end(5).ending}))
        await journal.start_session("0.1.0", "digest", used=None, allowance=None)
        await journal.replan()
        for number, lines in ((2, (3, 4)), (3, (6,))):
            anew = chunk(number, *lines)
            await journal.sending(anew)
            await journal.created(anew, ids(*lines))
    folder, _ = reported(tmp_path / "x.journal")
    rows = list(csv.DictReader(io.StringIO((folder / "results.csv").read_text())))
    assert [int(row["line"]) for row in rows] == [2, 3, 4, 5, 6]


async def test_the_summary_has_every_term_by_file_and_in_all_and_balances(story):
    _, summary = reported(story)
    assert summary["balanced"]
    assert summary["totals"] == {
        "lines_read": 12,
        "blank": 1,
        "unreadable": 2,
        "rows": 9,
        "nested": 0,
        "duplicate_in_file": 1,
        "rejected_here": 1,
        "eligible": 7,
        "created": 2,
        "recovered": 0,
        "rejected_by_org": 2,
        "in_doubt": 2,
        "not_attempted": 1,
        "distinct_ids": 2,
    }
    for term, total in summary["totals"].items():
        assert total == sum(file["totals"][term] for file in summary["files"])
    assert summary["calls"] == {"total": 4, "load": 3, "login": 1}
    assert summary["allowance"] == {"used_before": 5, "used_after": 9, "max": 15000}
    assert [group["rows"] for group in summary["errors"] if group["code"] == "INVALID_EMAIL_ADDRESS"] == [1, 1]
    assert [(group["rows"], group["state"]) for group in summary["errors"] if group["code"] == "DUPLICATE_IN_FILE"] == [
        (1, "duplicate_in_file")
    ]
    assert summary["in_doubt"][0]["rows"] == 2


async def test_counts_in_results_equal_the_summary(story):
    folder, summary = reported(story)
    states = [row["state"] for row in csv.DictReader(io.StringIO((folder / "results.csv").read_text()))]
    for state in RowState:
        assert states.count(state.value) == summary["totals"][state.value]


async def test_rejected_rows_stand_as_they_were_read_with_their_delimiter_and_errors(story):
    folder, _ = reported(story)
    rows = list(csv.DictReader(io.StringIO((folder / "rejected.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [row["treeload_line"] for row in rows] == ["4", "5", "7"]
    assert (rows[0]["Name"], rows[0]["Email"]) == ("'=cmd()", "x@y")
    assert (rows[1]["Name"], rows[1]["Email"], rows[1]["treeload_source"]) == ("a", "b", "a;b;c")
    objects = [orjson.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    assert objects[0] | {"LastName": "Kim", "treeload_error_code": "INVALID_EMAIL_ADDRESS", "treeload_line": 1} == objects[0]
    assert objects[1]["treeload_source"] == "{oops"


async def test_a_duplicate_is_not_among_the_rows_to_be_corrected_for_fed_back_it_would_be_loaded_twice(story):
    folder, _ = reported(story)
    assert "duplicate" not in (folder / "rejected.csv").read_text("utf-8-sig").lower()


async def test_the_same_journal_gives_the_same_bytes(story):
    folder, _ = reported(story)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    reported(story)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


async def test_latest_points_to_the_newest_report(story):
    folder, _ = reported(story)
    assert (folder.parent / "latest").resolve() == folder.resolve()


async def test_a_folder_that_cannot_be_written_is_told_and_nothing_half_written(story, tmp_path):
    (tmp_path / "reports").write_text("a file where the folder should be")
    with pytest.raises(JournalError, match=r"results.csv: can't be written .*treeload report"):
        reported(story)


def test_files_of_the_same_name_are_told_apart():
    files = [
        InputFile(1, "/a/x.csv", "csv", 0, ""),
        InputFile(2, "/b/x.csv", "csv", 0, ""),
        InputFile(3, "/b/y.csv", "csv", 0, ""),
    ]
    assert shown_names(files) == {1: "/a/x.csv", 2: "/b/x.csv", 3: "y.csv"}
