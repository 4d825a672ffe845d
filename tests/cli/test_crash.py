"""The real command killed, stopped and started twice, against an embedded org that stands alone."""

import signal
import subprocess
import time
from collections import Counter

import orjson
import pytest

from pipeline.simulator import ledger

ROWS = 6000
BAD = range(7, ROWS, 150)
"""Rows that the org rejects, so that chunks are sent anew without them."""


@pytest.fixture
def job(desk, served):
    rows = (f"K{n},Person {n},{'nobody' if n in BAD else f'p{n}@example.org'}\n" for n in range(ROWS))
    desk.write("people.csv", "Import_Key__c,LastName,Email\n" + "".join(rows))
    desk.write(
        "big.toml",
        '[job]\nobject = "Contact"\ninput = "people.csv"\nstate = "state"\nreports = "reports"\n'
        f'[org]\nurl = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        "[send]\nconcurrency = 3\nrequests_per_second = 30\n"
        '[mapping]\nkey = "Import_Key__c"\ncheck = false\n[evidence]\nwindow = 1\n',
    )
    return desk


def start(desk, served, *options):
    environ = desk.environ | {"ORG_TOKEN": served.token}
    return subprocess.Popen(
        desk.command("run", "big.toml", *options), cwd=desk.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def created(served) -> list[tuple[str, str]]:
    """Key and id of each record that the org really has."""
    return [
        (record.fields["Import_Key__c"], record.id)
        for transaction in ledger.read(served.ledger)
        for record in transaction.records
    ]


def wait_for(served, records: int) -> None:
    deadline = time.monotonic() + 60
    while not served.ledger.exists() or len(created(served)) < records:
        assert time.monotonic() < deadline, "the run makes no progress"
        time.sleep(0.01)  # noqa: TID251 - another process is watched


def assert_report_and_org_agree(desk, served):
    org = created(served)
    assert len({key for key, _ in org}) == len(org), "something was created twice"
    ids = {f"{2 + int(key[1:])}": record_id for key, record_id in org}
    rows = desk.results()
    assert [row["line"] for row in rows] == [str(line) for line in range(2, ROWS + 2)], "each line once, in order"
    states = Counter(row["state"] for row in rows)
    assert states.keys() <= {"created", "recovered", "rejected_by_org"}
    assert {row["line"] for row in rows if row["state"] == "rejected_by_org"} <= {str(2 + n) for n in BAD}
    for row in rows:
        assert ids.get(row["line"], "") == row["id"], "something is missing, or has another row's id"
    return states


def test_killed_in_the_middle_and_started_again_nothing_is_twice_and_nothing_missing(job, served):
    for records in (800, 2400):
        process = start(job, served)
        with process:
            wait_for(served, records)
            process.send_signal(signal.SIGKILL)
    with start(job, served) as process:
        out, err = process.communicate(timeout=100)
    states = assert_report_and_org_agree(job, served)
    assert process.returncode == 3, (out, err)
    assert states["recovered"] <= 2 * 3 * 200, "only what was in flight had to be looked for"
    assert job.summary()["balanced"]
    assert len(job.summary()["sessions"]) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_order_it_ends_resumable_and_goes_on_without_doubts(job, served, number):
    with start(job, served) as process:
        wait_for(served, 800)
        process.send_signal(number)
        out, _ = process.communicate(timeout=100)
    assert process.returncode == 5
    assert b"The same command again goes on from here" in out
    assert job.summary()["balanced"]
    assert job.summary()["totals"]["in_doubt"] == 0
    with start(job, served) as process:
        process.communicate(timeout=100)
    assert process.returncode == 3
    assert assert_report_and_org_agree(job, served) == {"created": ROWS - len(BAD), "rejected_by_org": len(BAD)}


def test_of_two_starts_one_works_and_the_other_leaves_it_alone(job, served):
    slowly = ("--set", "send.requests_per_second=6")
    with start(job, served, *slowly) as first:
        wait_for(served, 200)
        with start(job, served, *slowly) as second:
            _, err = second.communicate(timeout=100)
        assert second.returncode == 75
        assert b"another run of this job is working" in err
        first.communicate(timeout=100)
    assert first.returncode == 3
    assert assert_report_and_org_agree(job, served) == {"created": ROWS - len(BAD), "rejected_by_org": len(BAD)}


def test_a_finished_run_sends_nothing_when_it_is_started_again(job, served):
    with start(job, served) as process:
        process.communicate(timeout=100)
    before = created(served)
    with start(job, served) as process:
        out, _ = process.communicate(timeout=100)
    assert out.startswith(b"Nothing was sent")
    assert created(served) == before


def test_a_second_signal_stops_at_once_and_says_what_that_means(desk, job):
    command = desk.command("simulate", "--ledger", str(desk.folder / "slow.jsonl"), "--latency", "30")
    with subprocess.Popen(command, cwd=desk.folder, env=desk.environ, stdout=subprocess.PIPE) as slow:
        assert slow.stdout is not None
        ready = orjson.loads(slow.stdout.readline())
        token = {"ORG_TOKEN": ready["token"], "TREELOAD_ORG__URL": ready["url"]}
        environ = desk.environ | token
        with subprocess.Popen(desk.command("run", "big.toml"), cwd=desk.folder, env=environ, stderr=subprocess.PIPE) as process:
            time.sleep(2)  # noqa: TID251 - another process is waiting for a reply that takes 30 seconds
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)  # noqa: TID251 - so that it sees two signals, not one
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        slow.kill()
    assert process.returncode == 5
    assert b"stopped at once" in err
    assert b"Traceback" not in err


def test_a_process_that_died_while_it_made_the_journal_stands_in_nobodys_way(desk):
    folder = desk.folder / "state/people"
    folder.mkdir(parents=True)
    left_behind = folder / "20200101-000000-aaaa.journal"
    left_behind.touch()
    assert "never began" in desk.treeload("status", "--state", "state").out
    assert desk.treeload("report", "20200101-000000-aaaa", "--state", "state").code == 1
    assert desk.treeload("run", "people.toml").code == 0
    assert not left_behind.exists()
