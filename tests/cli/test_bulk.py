"""The route `bulk` by the real command, against an embedded org that stands alone: replies lost, runs killed and stopped."""

import signal
import subprocess
import time
from collections import Counter

import pytest

from pipeline.simulator import ledger
from tests.cli.conftest import serving

ROWS = 600
BAD = {7, 450}
JOB = """
[job]
object = "Contact"
name = "bulk"
input = "people.csv"
state = "state"
reports = "reports"
[org]
url = "{url}"
auth = {{kind = "client_credentials", client_id = "{client_id}", client_secret = "env:ORG_SECRET"}}
[send]
route = "bulk"
job_records = 300
[mapping]
check = false
"""


@pytest.fixture
def begin(desk):
    def start(served, *more: str):
        rows = (f'P{n % 50},"A ""{n % 40}"", ü",{"nobody" if n in BAD else "a@example.org"}\n' for n in range(ROWS))
        desk.write("people.csv", "LastName,FirstName,Email\n" + "".join(rows))
        desk.write("bulk.toml", JOB.format(url=served.url, client_id=served.client_id))
        given = [part for setting in more for part in ("--set", setting)]
        environ = desk.environ | {"ORG_SECRET": served.client_secret}
        return subprocess.Popen(
            desk.command("run", "bulk.toml", *given),
            cwd=desk.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def org_has(served) -> dict[str, tuple[str, str]]:
    """Name and first name of each record that the org really has, by its id."""
    if not served.ledger.exists():
        return {}
    return {
        record.id: (record.fields["LastName"], record.fields["FirstName"])
        for transaction in ledger.read(served.ledger)
        for record in transaction.records
    }


def wait_until(reached) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "the run makes no progress"
        time.sleep(0.01)  # noqa: TID251 - another process is watched


def assert_all_is_there_once(desk, served) -> Counter:
    """Hold the report against the org, row by row."""
    summary, org, rows = desk.summary(), org_has(served), desk.results()
    assert summary["balanced"]
    assert len(org) == ROWS - len(BAD), "something is missing, or there twice"
    ids = [row["id"] for row in rows if row["id"]]
    assert sorted(ids) == sorted(org)
    for row in rows:
        n = int(row["line"]) - 2
        assert not row["id"] or org[row["id"]] == (f"P{n % 50}", f'A "{n % 40}", ü')
    states = Counter(row["state"] for row in rows)
    assert states["created"] + states["recovered"] == ROWS - len(BAD)
    assert {int(row["line"]) - 2 for row in rows if row["state"] == "rejected_by_org"} == BAD
    return states


def test_a_job_makes_the_records_and_its_refusals_are_those_of_the_rows(desk, served, begin):
    with begin(served) as process:
        _, err = process.communicate(timeout=100)
    assert process.returncode == 3, err
    assert assert_all_is_there_once(desk, served)["recovered"] == 0
    calls = desk.summary()["calls"]
    assert 2 * 6 <= calls["load"] <= 2 * 8, calls


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    "call", ["ingest_create", "ingest_upload", "ingest_change", "ingest_get", "ingest_succeeded", "ingest_failed"]
)
def test_each_call_may_be_lost_and_nothing_is_twice_or_missing(desk, begin, call, when):
    desk.write("faults.toml", f'[[fault]]\non = "{call}"\nnth = 1\ndo = "drop"\nwhen = "{when}"\n')
    with serving(desk, "--faults", "faults.toml") as served:
        with begin(served) as process:
            _, err = process.communicate(timeout=100)
        assert process.returncode == 3, err
        assert_all_is_there_once(desk, served)


@pytest.mark.parametrize(
    ("call", "moment"),
    [
        ("ingest_upload", 0),
        ("ingest_change", 200),
        ("ingest_get", 298),
        ("ingest_succeeded", 298),
        ("ingest_failed", 298),
    ],
)
def test_killed_at_any_step_the_next_start_asks_the_job_and_makes_none_again(desk, begin, call, moment):
    desk.write("faults.toml", f'[[fault]]\non = "{call}"\nnth = 1\ndo = "hang"\nseconds = 8\nwhen = "after_commit"\n')
    with serving(desk, "--faults", "faults.toml") as served:
        with begin(served) as process:
            assert "job made" in process.stderr.readline()
            wait_until(lambda: len(org_has(served)) >= moment)
            process.send_signal(signal.SIGKILL)
        with begin(served) as process:
            _, err = process.communicate(timeout=100)
        assert process.returncode == 3, err
        states = assert_all_is_there_once(desk, served)
        assert bool(states["recovered"]) == bool(moment)


def test_stopped_while_a_job_works_it_is_left_working_and_asked_by_the_next_start(desk, begin):
    with serving(desk, "--latency", "0.5") as served:
        with begin(served, "send.job_records=1000") as process:
            wait_until(lambda: len(org_has(served)) > 0)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=100)
        assert process.returncode == 5, err
        assert desk.summary()["totals"]["in_doubt"] == ROWS
        with begin(served, "send.job_records=1000") as process:
            _, err = process.communicate(timeout=100)
        assert process.returncode == 3, err
        assert assert_all_is_there_once(desk, served)["recovered"] == ROWS - len(BAD)


def test_what_a_lock_held_up_goes_again_in_a_job_of_its_own(desk, begin):
    desk.write("faults.toml", '[[fault]]\non = "bulk_chunk"\nnth = 1\ndo = "row_lock"\nnaming = "all"\n')
    with serving(desk, "--faults", "faults.toml") as served:
        with begin(served) as process:
            _, err = process.communicate(timeout=100)
        assert process.returncode == 3, err
        assert_all_is_there_once(desk, served)
        assert desk.summary()["calls"]["retry"] > 0


def test_a_field_that_the_org_does_not_know_ends_the_run_and_the_job_says_which(desk, served, begin):
    with begin(served, "mapping.constants.Nothing__c='x'") as process:
        _, err = process.communicate(timeout=100)
    assert process.returncode in {2, 4}, err
    assert "Nothing__c" in err
    assert org_has(served) == {}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("effects.assignment=active", 'effects.assignment = "active" (give the id of the rule): bulk jobs can\'t be told that'),
        ("effects.duplicate_rules=allow", 'effects.duplicate_rules = "allow": bulk jobs can\'t be told that'),
    ],
)
def test_what_jobs_cannot_be_told_is_one_line_and_nothing_is_sent(desk, served, begin, setting, told):
    with begin(served, setting) as process:
        _, err = process.communicate(timeout=100)
    assert process.returncode == 2
    (line,) = [line for line in err.splitlines() if not line.startswith("{")]
    assert told in line
    assert org_has(served) == {}


def test_rows_that_cells_cannot_say_are_rejected_here(desk):
    desk.write("people.csv", "LastName,FirstName\n#N/A,Anna\n,\nLee,Kim\n")
    config = (desk.folder / "people.toml").read_text().partition("[mapping")[0]
    desk.write("people.toml", config + '[send]\nroute = "bulk"\n')
    ran = desk.treeload("run", "people.toml")
    assert ran.code == 3, ran.err
    rows = {row["line"]: (row["state"], row["error_code"]) for row in desk.results()}
    assert rows == {"2": ("rejected_here", "INVALID_VALUE"), "3": ("rejected_here", "NO_VALUES"), "4": ("created", "")}


def test_the_plan_counts_jobs_and_their_calls(desk):
    ran = desk.treeload("check", "people.toml", "--set", "send.route=bulk", "--set", "send.job_records=2")
    assert "3 rows in 2 jobs" in ran.out
    assert "of jobs of 2 rows at most (send.job_records), 7 each" in ran.out


def test_lines_of_json_come_out_as_they_were_meant_however_they_were_written(desk):
    lines = [
        '{"LastName": "Berg, Jr.", "FirstName" : "A"}',
        '{"LastName":"Cohn"}',
        '{ "LastName": "#N/A" }',
        '{"LastName":"\\u0023N/A"}',
    ]
    desk.write("people.jsonl", "\n".join(lines))
    with serving(desk) as served:
        desk.write("bulk.toml", JOB.format(url=served.url, client_id=served.client_id).replace("people.csv", "people.jsonl"))
        ran = desk.treeload("run", "bulk.toml", ORG_SECRET=served.client_secret)
        assert ran.code == 3, ran.err
        assert sorted(
            (record.fields["LastName"], record.fields.get("FirstName"))
            for transaction in ledger.read(served.ledger)
            for record in transaction.records
        ) == [("Berg, Jr.", "A"), ("Cohn", None)]
    assert [row["state"] for row in desk.results()] == ["created", "created", "rejected_here", "rejected_here"]
