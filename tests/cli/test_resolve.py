"""Rows in doubt settled later by the real command: by asking the org, or by a person's word."""

import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from pipeline.cli import resolving
from pipeline.errors import InputError, TreeloadError, UsageError
from pipeline.simulator import ledger

LOST = '[[fault]]\ndo = "drop"\non = "tree"\nnth = 2\nwhen = "after_commit"\n'
"""The second request is executed, and its reply is lost."""
NEVER_DONE = LOST.replace("after", "before")
"""The second request never gets there, but nobody can tell."""
TWO_LOST = LOST.replace("nth = 2", "nth = [1, 3]")
NOT_TOLD = '[[fault]]\ndo = "status"\non = "query"\nnth = 1\nstatus = 400\ncode = "INVALID_TYPE"\nmessage = "not now"\n'
"""The first question about it is refused, so that the run leaves the rows in doubt."""

GOOD = "LastName,Email\n" + "".join(f"Person {n},p{n}@example.org\n" for n in range(2, 8))
"""Lines 2 to 7; two of them are a request, so that the second one has lines 4 and 5."""
ONE_BAD = GOOD.replace("p7@example.org", "nobody")

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
marker = "Import_Key__c"
[send]
chunk_records = 2
concurrency = 1
requests_per_second = 0
[evidence]
window = 0
"""


class Org:
    """An embedded org that stands alone and has bad days, and the commands that are given against it."""

    def __init__(self, desk, process):
        assert process.stdout is not None
        ready = orjson.loads(process.stdout.readline())
        self.desk = desk
        self.url = ready["url"]
        self.token = {"ORG_TOKEN": ready["token"]}
        self.asked = 0
        desk.write("people.toml", JOB.format(url=self.url))

    def treeload(self, *args: str):
        return self.desk.treeload(*args, **self.token)

    def run(self, *args: str):
        return self.treeload("run", "people.toml", *args)

    def resolve(self, *args: str):
        return self.treeload("resolve", "latest", "--state", "state", *args)

    def start(self, *args: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.desk.command(*args),
            cwd=self.desk.folder,
            env=self.desk.environ | self.token,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def created(self) -> dict[str, str]:
        """Give the id of each record that the org really has, by the line that it comes from; nothing is there twice."""
        place = self.desk.folder / "org.jsonl"
        written = [record for transaction in ledger.read(place) for record in transaction.records] if place.exists() else []
        ids = {record.fields["LastName"].removeprefix("Person "): record.id for record in written}
        assert len(ids) == len(written), "something was created twice"
        return ids

    def calls(self) -> int:
        """Count the calls that the org has counted, but for those that are made here."""
        self.asked += 1
        address = urlsplit(self.url)
        assert address.hostname is not None
        with closing(HTTPConnection(address.hostname, address.port, timeout=10)) as there:
            there.request("GET", "/services/data/v67.0/limits", headers={"Authorization": f"Bearer {self.token['ORG_TOKEN']}"})
            calls = orjson.loads(there.getresponse().read())["DailyApiRequests"]
        return calls["Max"] - calls["Remaining"] - self.asked

    def states(self) -> Counter:
        """Count the states of the report, which agrees with the org."""
        rows, ids = self.desk.results(), self.created()
        assert self.desk.summary()["balanced"]
        for row in rows:
            assert row["state"] == "in_doubt" or row["id"] == ids.get(row["line"], "")
        return Counter(row["state"] for row in rows)

    def journal(self) -> Path:
        (path,) = (self.desk.folder / "state/people").glob("*.journal")
        return path

    def remembered(self) -> list[str]:
        """Give all that the journal holds."""
        with closing(sqlite3.connect(self.journal())) as db:
            return list(db.iterdump())


@pytest.fixture
def org(desk):
    with ExitStack() as stack:

        def serve(faults: str, rows: str = GOOD, latency: float = 0.0) -> Org:
            desk.write("people.csv", rows)
            desk.write("faults.toml", faults)
            options = ["--ledger", "org.jsonl", "--faults", "faults.toml", "--latency", str(latency)]
            process = stack.enter_context(
                subprocess.Popen(desk.command("simulate", *options), cwd=desk.folder, env=desk.environ, stdout=subprocess.PIPE)
            )
            stack.callback(process.terminate)
            return Org(desk, process)

        yield serve


def until(true, what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)  # noqa: TID251 - another process is watched


def told(ran, code: int, *words: str) -> bool:
    assert ran.code == code, ran
    assert len(ran.complaints) == 1, ran.complaints
    for word in words:
        assert word in ran.complaints[0]
    return True


@pytest.mark.parametrize(("rows", "code"), [(GOOD, 0), (ONE_BAD, 3)], ids=["all good", "one rejected"])
def test_what_the_org_has_is_found_when_it_is_asked_later(org, rows, code):
    there = org(LOST + NOT_TOLD, rows)
    assert there.run().code == 6
    assert there.states()["in_doubt"] == 2
    (doubt,) = there.desk.summary()["in_doubt"]
    assert "not now" in doubt["finding"]
    asked = there.resolve()
    assert asked.code == code, asked
    assert "BALANCED" in asked.out
    assert there.states() == {"created": 4 - (code == 3), "recovered": 2} | ({"rejected_by_org": 1} if code else {})
    (resolved,) = there.desk.summary()["resolved"]
    assert (resolved["way"], resolved["finding"], resolved["rows"], resolved["who"]) == ("marker", "created", 2, "")
    assert "Import_Key__c IN" in resolved["question"]
    assert there.run().out.startswith("Nothing was sent")


def test_what_the_org_does_not_have_is_sent_by_the_next_run(org):
    there = org(NEVER_DONE + NOT_TOLD)
    assert there.run().code == 6
    asked = there.resolve()
    assert asked.code == 5
    assert "treeload run" in asked.out
    assert there.states() == {"created": 4, "not_attempted": 2}
    before = there.created()
    assert there.run().code == 0
    assert there.states() == {"created": 6}
    assert there.created().items() - before.items() == {(line, there.created()[line]) for line in ("4", "5")}


def test_a_persons_word_settles_rows_and_is_kept_in_the_report(org):
    there = org(LOST + NOT_TOLD)
    there.run()
    ids = there.created()
    there.desk.write("found.csv", f"\ufefffile,line,id\n1,5,{ids['5']}\n1,4,{ids['4']}\n")
    taken = there.resolve("--created", "found.csv", "--by", "Kim Lee")
    assert (taken.code, taken.complaints) == (0, [])
    assert there.states() == {"created": 4, "recovered": 2}
    (resolved,) = there.desk.summary()["resolved"]
    said = "treeload resolve latest --state state --created found.csv --by 'Kim Lee'"
    assert (resolved["way"], resolved["question"], resolved["finding"]) == ("word", said, "created")
    assert resolved["who"] == "Kim Lee"
    assert resolved["asked_at"] > resolved["sent_at"]
    assert there.run().out.startswith("Nothing was sent")


def test_a_word_with_a_fault_is_refused_in_one_line_and_changes_nothing(org):
    there = org(LOST + NOT_TOLD)
    there.run()
    ids = there.created()
    good = f"line,id\n4,{ids['4']}\n5,{ids['5']}\n"
    faults: dict[str, tuple[str | bytes, type[TreeloadError], str]] = {
        "a malformed id": (good.replace(ids["5"], ids["5"][:-1]), UsageError, "line 5"),
        "the id of another row": (good.replace(ids["5"], ids["2"]), UsageError, f"{ids['2']} is the id of another row"),
        "part of a request": (f"line,id\n4,{ids['4']}\n", UsageError, "1 of its 2 records"),
        "a line twice": (good + f"4,{ids['2']}\n", InputError, "found.csv:4: line 4 is there twice"),
        "no rows": ("line,id\n", InputError, "names no row"),
        "no column for ids": (good.replace("id", "key", 1), InputError, "column id"),
        "no column for lines": (good.replace("line", "row", 1), InputError, "column line"),
        "no reference": ("reference,id\nr1_4_x,x\n", InputError, "found.csv:2: 'r1_4_x' is no reference"),
        "a reference twice": ("reference,id\nr1_4_1,x\nr1_4_1,x\n", InputError, "r1_4_1 is there twice"),
        "a reference of another file": ("reference,id\nr2_4,x\n", InputError, "there is no file 2"),
        "no number": (good.replace("5,", "five,", 1), InputError, "found.csv:3"),
        "an unknown file": (good.replace("line,", "line,file,").replace(",00", ",2,00"), InputError, "there is no file 2"),
        "no text": (b"\xff\xfe\x00l", InputError, "found.csv"),
        "no CSV": ('line,id\n4,"' + "x" * 200_000, InputError, "found.csv"),
        "nothing": ("", InputError, "column line or id"),
    }
    before = there.remembered()
    for name, (content, kind, words) in faults.items():
        path = there.desk.write("found.csv", content)
        with pytest.raises(kind) as caught:
            resolving.take(str(there.journal()), None, created=path, chunks=(), who=None)
        assert words in str(caught.value), name
        assert len(str(caught.value).splitlines()) == 1, name
        assert there.remembered() == before, name
    there.desk.write("found.csv", "line,id\n" + "".join(f"{line},soon\n" for line in range(4, 100)))
    refused = there.resolve("--created", "found.csv")
    assert refused.code == 2
    assert [words in line for words, line in zip(("line 4", "line 5", "line 6"), refused.complaints[:3], strict=True)] == [
        True
    ] * 3
    assert refused.complaints[-1].endswith("and 76 faults more")
    assert told(there.resolve("--created", "gone.csv"), 8, "gone.csv")
    assert there.remembered() == before


def test_rows_that_a_person_says_were_not_created_are_sent_by_the_next_run(org):
    there = org(NEVER_DONE + NOT_TOLD)
    there.run()
    before = there.created()
    taken = there.resolve("--not-created")
    assert taken.code == 5
    assert "treeload run" in taken.out
    assert there.states() == {"created": 4, "not_attempted": 2}
    (resolved,) = there.desk.summary()["resolved"]
    assert "@" in resolved["who"], "without --by it is the user of this machine"
    assert there.run().code == 0
    assert set(there.created()) - set(before) == {"4", "5"}
    assert there.states() == {"created": 6}


def test_a_word_about_one_request_leaves_the_others_in_doubt(org):
    there = org(TWO_LOST + NOT_TOLD)
    there.run()
    first, third = (doubt["chunk"] for doubt in there.desk.summary()["in_doubt"])
    ids = there.created()
    both = "line,id\n" + "".join(f"{line},{ids[line]}\n" for line in "2367")
    there.desk.write("both.csv", both)
    assert there.resolve("--created", "both.csv", "--chunk", str(first)).code == 2
    there.desk.write("found.csv", f"line,id\n2,{ids['2']}\n3,{ids['3']}\n")
    assert there.resolve("--created", "found.csv", "--chunk", str(first)).code == 6
    assert there.states() == {"recovered": 2, "created": 2, "in_doubt": 2}
    assert told(there.resolve("--not-created", "--chunk", str(first)), 2, "are in doubt in these requests")
    assert [doubt["chunk"] for doubt in there.desk.summary()["in_doubt"]] == [third]


def test_options_that_contradict_each_other_are_a_mistake_of_use(desk):
    both = desk.treeload("resolve", "latest", "--created", "found.csv", "--not-created")
    assert (both.code, "say the opposite" in both.err) == (2, True)
    alone = desk.treeload("resolve", "latest", "--chunk", "7")
    assert (alone.code, "--created FILE or --not-created" in alone.err) == (2, True)


def test_where_nothing_is_in_doubt_one_line_says_so(desk):
    desk.treeload("run", "people.toml")
    before = desk.summary()
    for words in ([], ["--not-created"]):
        assert told(desk.treeload("resolve", "latest", *words), 2, "in doubt")
    desk.treeload("report", "latest")
    assert desk.summary() == before
    assert desk.treeload("run", "people.toml").out.startswith("Nothing was sent")


def test_a_run_that_never_began_has_nothing_to_settle(desk):
    folder = desk.folder / "state/people"
    folder.mkdir(parents=True)
    (folder / "20200101-000000-aaaa.journal").touch()
    for words in ([], ["--not-created"]):
        assert told(desk.treeload("resolve", "latest", "--state", "state", *words), 1, "never began")


def test_with_other_settings_the_org_is_not_asked_but_a_word_is_taken(org):
    there = org(LOST + NOT_TOLD)
    there.run()
    config = there.desk.folder / "people.toml"
    config.write_text(config.read_text().replace('marker = "Import_Key__c"', ""))
    assert told(there.resolve(), 2, "people.toml", "was changed", "undo the change", "--not-created")
    assert told(there.run(), 2, "people.toml", "was changed", "undo the change", "treeload resolve")
    assert there.states()["in_doubt"] == 2
    ids = there.created()
    there.desk.write("found.csv", f"line,id\n4,{ids['4']}\n5,{ids['5']}\n")
    assert there.resolve("--created", "found.csv").code == 0


def test_a_run_that_was_killed_half_way_stays_resumable_when_its_doubts_are_settled(org):
    there = org("", GOOD + "".join(f"Person {n},p{n}@example.org\n" for n in range(8, 2000)), latency=0.05)
    with there.start("run", "people.toml") as process:
        until(lambda: len(there.created()) >= 6, "the run makes no progress")
        process.kill()
    asked = there.resolve()
    assert asked.code == 5, asked
    assert "Not read to the end" in asked.out
    summary = there.desk.summary()
    assert (summary["totals"]["in_doubt"], summary["files"][0]["read_to_end"]) == (0, False)
    assert there.run("--set", "send.chunk_records=200").code == 0
    assert len(there.created()) == 1998
    assert set(there.states()) <= {"created", "recovered"}


def waiting(process) -> bool:
    """Read the log until it says that the run waits."""
    assert process.stderr is not None
    return any(b'"waiting"' in line for line in process.stderr)


def test_a_signal_ends_the_waiting_for_evidence_at_once(org):
    there = org(NEVER_DONE)
    with there.start("run", "people.toml", "--set", "evidence.window=1h") as process:
        assert waiting(process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 5
    assert b"2 rows are in doubt" in out
    assert there.states() == {"created": 4, "in_doubt": 2}
    with there.start("resolve", "latest", "--state", "state") as process:
        assert waiting(process), "the window is the run's own"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 5
    assert there.states() == {"created": 4, "in_doubt": 2}
    assert there.resolve("--not-created").code == 5
    assert there.run().code == 0
    assert there.states() == {"created": 6}


def test_a_second_signal_ends_the_asking_without_an_answer(org):
    there = org(LOST + NOT_TOLD + '[[fault]]\ndo = "hang"\non = "query"\nnth = 2\n')
    there.run()

    before = there.calls()
    with there.start("resolve", "latest", "--state", "state") as process:
        until(lambda: there.calls() - before == 2, "the org is not asked for a describe, and then for the rows")
        assert process.stderr is not None
        process.send_signal(signal.SIGINT)
        assert any(b"once more to stop at once" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 5
    assert b"stopped at once" in err
    assert b"Traceback" not in err
    assert there.resolve().code == 0
    assert there.states() == {"created": 4, "recovered": 2}


def test_a_user_without_a_name_has_a_number(org, monkeypatch):
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 54321")

    there = org(LOST + NOT_TOLD)
    there.run()
    monkeypatch.setattr("getpass.getuser", nameless)
    resolving.take(str(there.journal()), None, created=None, chunks=(), who=None)
    assert there.desk.summary()["resolved"][0]["who"].startswith(f"{os.getuid()}@")
