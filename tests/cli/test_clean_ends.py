"""What stands in the way of a run ends it in one clear line; the same command goes on once that is mended."""

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from pipeline.simulator import ledger

ROWS = 4000
FULL = 200
"""Kilobytes that a file may have on the full disk: less than the journal needs."""

JOB = """\
[job]
name = "people"
object = "Contact"
input = "people.csv"
state = "state"
reports = "reports"
[org]
url = "{url}"
[org.auth]
kind = "access_token"
token = "env:ORG_TOKEN"
[mapping]
key = "Import_Key__c"
[send]
chunk_records = 100
concurrency = 2
requests_per_second = 0
[evidence]
window = 0
"""


@pytest.fixture
def job(desk, served):
    rows = "".join(f"K{n},Person {n}\n" for n in range(2, ROWS + 2))
    desk.write("people.csv", "Import_Key__c,LastName\n" + rows)
    desk.write("people.toml", JOB.format(url=served.url))
    return desk


@pytest.fixture
def run(job, served):
    return lambda *options: job.treeload("run", "people.toml", *options, ORG_TOKEN=served.token)


@pytest.fixture
def created(served):
    """Give the ids that the org really has, by key; nothing is there twice."""

    def read() -> dict[str, str]:
        written = [record for transaction in ledger.read(served.ledger) for record in transaction.records]
        ids = {record.fields["Import_Key__c"]: record.id for record in written}
        assert len(ids) == len(written), "something was created twice"
        return ids

    return read


def on_full_disk(desk, *args: str, **environ: str) -> tuple[int, list[str]]:
    """Give a command where no file may grow above a size; return its exit code and its complaints."""
    limited = ["sh", "-c", f'ulimit -f {FULL * 2}; exec "$@"', "sh", *desk.command(*args)]
    done = subprocess.run(
        limited, cwd=desk.folder, env=desk.environ | environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("{")]


def started(desk, served, *options):
    environ = desk.environ | {"ORG_TOKEN": served.token}
    return subprocess.Popen(
        desk.command("run", "people.toml", *options), cwd=desk.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def stopped(job, served, run, created):
    """Leave a run half way, in order."""
    with started(job, served, "--set", "send.requests_per_second=20") as process:
        deadline = time.monotonic() + 30
        while not served.ledger.exists() or len(created()) < 200:
            assert time.monotonic() < deadline, "the run makes no progress"
            time.sleep(0.01)  # noqa: TID251 - another process is watched
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 5
    return job


def told(ran, code: int, *words: str) -> bool:
    assert ran.code == code, ran
    assert len(ran.complaints) == 1, ran.complaints
    for word in words:
        assert word in ran.complaints[0]
    return True


def all_is_well(desk, ids) -> bool:
    """Hold the report against the org: nothing twice, nothing lost, no wrong id."""
    rows = desk.results()
    assert [row["line"] for row in rows] == [str(line) for line in range(2, ROWS + 2)]
    assert {row["state"] for row in rows} <= {"created", "recovered"}
    assert {f"K{row['line']}": row["id"] for row in rows} == ids
    return bool(desk.summary()["balanced"])


def test_a_disk_that_is_full_for_the_journal_ends_the_run_in_one_line_and_it_goes_on(job, served, run, created):
    code, complaints = on_full_disk(job, "run", "people.toml", ORG_TOKEN=served.token)
    assert code == 1
    assert len(complaints) == 1, complaints
    assert "the journal can't be written" in complaints[0]
    assert "run the same command again" in complaints[0]
    assert 0 < len(created()) < ROWS
    assert run().code == 0
    assert all_is_well(job, created())


def test_a_disk_that_is_full_for_the_report_leaves_a_whole_one_or_none(job, run, created):
    assert run().code == 0
    before = {path.name: path.read_bytes() for path in (job.folder / "reports/latest/").iterdir()}
    code, complaints = on_full_disk(job, "report", "latest")
    assert code == 1
    assert len(complaints) == 1, complaints
    assert "results.csv: can't be written" in complaints[0]
    assert {path.name: path.read_bytes() for path in (job.folder / "reports/latest/").iterdir()} == before
    assert job.treeload("report", "latest").code == 0
    assert all_is_well(job, created())


def test_a_place_where_no_report_can_be_written_is_told_before_anything_is_sent(desk):
    desk.write("reports", "in the way")
    assert told(desk.treeload("run", "people.toml"), 2, "reports", "is no folder", "job.reports")
    assert not (desk.folder / "state/people").exists()


@pytest.mark.parametrize(
    ("state", "words"),
    [("taken/state", "can't be made"), ("/proc/treeload", "can't be made"), ("state", "can't be opened")],
    ids=["below a file", "where nothing can be made", "with a folder for the lock"],
)
def test_a_state_folder_that_cannot_be_used_is_told_before_anything_is_sent(job, run, served, state, words):
    job.write("taken", "")
    (job.folder / "state/people/lock").mkdir(parents=True)
    assert told(run("--set", f"job.state={state}"), 1, state, words)
    assert not served.ledger.exists() or not list(ledger.read(served.ledger))


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions don't bind root")
def test_a_folder_that_may_not_be_written_is_told(desk):
    for name in ("state", "reports"):
        folder = desk.folder / name
        folder.mkdir(mode=0o500)
        assert told(desk.treeload("run", "people.toml"), 1 if name == "state" else 2, name)
        folder.chmod(0o700)
    assert desk.treeload("run", "people.toml").code == 0


def test_a_journal_of_a_newer_version_is_left_alone(desk):
    desk.treeload("run", "people.toml")
    (path,) = (desk.folder / "state/people").glob("*.journal")
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    for words in (["run", "people.toml"], ["report", "latest"], ["resolve", "latest"], ["resolve", "latest", "--not-created"]):
        assert told(desk.treeload(*words), 1, path.name, "version 99"), words
    assert path.read_bytes() == before


def test_input_that_changed_since_the_run_stopped_half_way_is_refused(stopped, run, created):
    old = (stopped.folder / "people.csv").read_text()
    before = created()
    stopped.write("people.csv", old + "K0,Person 0\n")
    assert told(run(), 8, "people.csv", f"{len(old):,} bytes then", f"{len(old) + 12:,} now", "--fresh")
    assert created() == before
    stopped.write("people.csv", old)
    assert run().code == 0, "the old file finishes the run"
    assert all_is_well(stopped, created())


def test_fresh_loads_the_changed_input_whole(stopped, run, created):
    keys = len(created())
    stopped.write("people.csv", "Import_Key__c,LastName\n" + "".join(f"N{n},Person {n}\n" for n in range(5)))
    assert run("--fresh").code == 0
    assert len(created()) == keys + 5
    assert stopped.summary()["totals"]["created"] == 5


def test_a_run_on_other_files_in_between_does_not_hide_that_the_input_changed(stopped, run, created):
    old = (stopped.folder / "people.csv").read_text()
    stopped.write("others.csv", "Import_Key__c,LastName\nN1,Person\n")
    assert run("--input", "others.csv").code == 0
    before = created()
    stopped.write("people.csv", old + "K0,Person 0\n")
    assert told(run(), 8, "people.csv", "--fresh")
    assert created() == before


def test_changed_input_after_a_finished_run_is_a_run_of_its_own(desk):
    desk.treeload("run", "people.toml")
    first = desk.summary()["run"]
    desk.write("people.csv", "First Name,Last Name\nKim,Lee\n")
    assert desk.treeload("run", "people.toml").code == 0
    assert (desk.summary()["totals"]["created"], desk.summary()["run"] != first) == (1, True)


def test_settings_that_changed_while_rows_are_in_doubt_are_refused(job, served, run, created):
    with started(job, served, "--set", "send.chunk_records=10", "--set", "send.concurrency=8") as process:
        deadline = time.monotonic() + 30
        while not served.ledger.exists() or len(created()) < 300:
            assert time.monotonic() < deadline, "the run makes no progress"
            time.sleep(0.01)  # noqa: TID251 - another process is watched
        process.kill()
    assert told(run("--set", "mapping.empty_cells=null"), 2, "people.toml", "was changed", "rows in doubt", "undo the change")
    assert run("--set", "send.concurrency=1").code == 0, "how fast it goes makes no other job of it"
    assert all_is_well(job, created())
