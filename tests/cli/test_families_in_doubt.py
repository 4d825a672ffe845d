"""Families on bad days: replies lost, requests lost, the real command killed. Held against the org, record by record."""

import signal
import subprocess
import time
from collections import Counter

import orjson
import pytest

from pipeline.simulator import ledger
from tests.cli.conftest import serving

FAMILIES = 240
WAYS = {
    "marker": '[mapping]\nmarker = "Import_Key__c"\n[mapping.children.Contacts]\nmarker = "Import_Key__c"\n',
    "marker of the first record only": '[mapping]\nmarker = "Import_Key__c"\n',
    "key": '[mapping]\nkey = "Import_Key__c"\n',
    "values": "",
}
FAULTS = {
    "after_commit": '[[fault]]\nnth = [2, 4]\ndo = "drop"\nwhen = "after_commit"\n',
    "before_commit": '[[fault]]\nnth = [2, 4]\ndo = "drop"\nwhen = "before_commit"\n',
}


def rows(way: str) -> bytes:
    """Write accounts of which each has none to six contacts, some of them alike."""
    families = []
    for number in range(FAMILIES):
        contacts = [{"LastName": f"Person {number}.{at // 2}", "Title": "Twin"} for at in range(number % 7)]
        family: dict = {"Name": f"Account {number}", "Contacts": contacts}
        families.append(family | ({"Import_Key__c": f"A{number}"} if way == "key" else {}))
    return b"\n".join(map(orjson.dumps, families))


def config(served, way: str) -> str:
    return (
        '[job]\nobject = "Account"\ninput = "accounts.jsonl"\nstate = "state"\nreports = "reports"\n'
        f'[org]\nurl = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        "[send]\nconcurrency = 2\nrequests_per_second = 30\nchunk_records = 100\n[evidence]\nwindow = 1\n" + WAYS[way]
    )


def assert_each_family_is_there_once_as_the_report_says(desk, served):
    org = {record.id: record for transaction in ledger.read(served.ledger) for record in transaction.records}
    assert Counter(record.object for record in org.values()) == {
        "Account": FAMILIES,
        "Contact": sum(number % 7 for number in range(FAMILIES)),
    }
    results = desk.results()
    assert len({row["id"] for row in results}) == len(results) == len(org)
    own = {row["line"]: row["id"] for row in results if row["object"] == "Account"}
    for line, key in own.items():
        assert org[key].fields["Name"] == f"Account {int(line) - 1}"
    for row in results:
        if row["object"] == "Contact":
            fields = org[row["id"]].fields
            assert fields["AccountId"] == own[row["line"]], "under the account of its own row"
            number = int(row["line"]) - 1
            place = int(row["reference"].split("_")[2]) - 1
            assert fields["LastName"] == f"Person {number}.{place // 2}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_families_whose_reply_or_request_is_lost_are_there_once_each_record_with_its_id(desk, way, fault):
    desk.write("faults.toml", FAULTS[fault])
    desk.write("accounts.jsonl", rows(way))
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", config(served, way))
        ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
        assert ran.code == 0, ran
        assert_each_family_is_there_once_as_the_report_says(desk, served)
    totals = desk.summary()["totals"]
    assert desk.summary()["balanced"]
    assert bool(totals["recovered"]) == (fault == "after_commit")


@pytest.mark.parametrize("way", ["marker", "values"])
def test_killed_in_the_middle_families_are_there_once_after_another_start(desk, served, way):
    desk.write("accounts.jsonl", rows(way))
    desk.write("job.toml", config(served, way))
    with subprocess.Popen(
        desk.command("run", "job.toml"),
        cwd=desk.folder,
        env=desk.environ | {"ORG_TOKEN": served.token},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while not served.ledger.exists() or len(list(ledger.read(served.ledger))) < 3:
            assert time.monotonic() < deadline, "the run makes no progress"
            time.sleep(0.01)  # noqa: TID251 - another process is watched
        process.send_signal(signal.SIGKILL)
    ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
    assert ran.code == 0, ran
    assert_each_family_is_there_once_as_the_report_says(desk, served)
    assert desk.summary()["balanced"]


def test_a_person_names_the_records_of_families_with_the_lines_of_the_report(desk):
    desk.write(
        "faults.toml", FAULTS["after_commit"] + '[[fault]]\ndo = "status"\non = "query"\nstatus = 400\ncode = "INVALID_TYPE"\n'
    )
    desk.write("accounts.jsonl", rows("marker"))
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", config(served, "marker"))
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).code == 6
        really = {record.referenceId: record.id for sent in ledger.read(served.ledger) for record in sent.records}
        columns = (desk.folder / "reports/latest/results.csv").read_text().splitlines()[0]
        doubtful = [row for row in desk.results() if row["state"] == "in_doubt"]
        lines = [",".join((row | {"id": really[row["reference"]]}).values()) for row in doubtful]
        kin = next(at for at, row in enumerate(doubtful) if row["object"] == "Contact")
        desk.write("part.csv", "\n".join([columns, *lines[:kin], *lines[kin + 1 :]]))
        refused = desk.treeload("resolve", "latest", "--created", "part.csv")
        assert refused.code == 2
        assert [doubtful[kin]["reference"] in line for line in refused.complaints] == [True]
        desk.write("all.csv", "\n".join([columns, *lines]))
        assert desk.treeload("resolve", "latest", "--created", "all.csv").code == 0
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).out.startswith("Nothing was sent")
        assert_each_family_is_there_once_as_the_report_says(desk, served)
    assert desk.summary()["totals"]["recovered"] == len(doubtful)
