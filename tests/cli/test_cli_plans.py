"""Plans of the Salesforce CLI by the real command: every reference is an id in the end, or its row says why not."""

import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import orjson
import pytest

TREES = Path(__file__).parents[1] / "fixtures/trees"
JOB = """\
[job]
input = "{plan}"
state = "state"
reports = "reports"
[org]
url = "embedded"
learn = "{plan}"
"""
WHOLE = [
    ("lwc-recipes/data-plan.json", 36),
    ("dreamhouse-lwc/sample-data-plan.json", 25),
    ("coral-cloud/data-plan.json", 203),
    ("easy-spaces-lwc/Plan1.json", 11),
    ("easy-spaces-lwc/Plan2.json", 169),
    ("plugin-data/commonChild/Account-Opportunity-Task-Case-plan.json", 6),
    ("plugin-data/accounts-contacts-plan.json", 8),
    ("plugin-data/self-referencing/Account-plan.json", 12),
    ("purealoe-lwc/Merchandise__c-plan.json", 4),
    ("purealoe-lwc/Harvest_Field__c-plan.json", 20),
]


def held(desk) -> dict[str, dict]:
    return in_ledger(desk.folder / "state/embedded-org.jsonl")


def in_ledger(path: Path) -> dict[str, dict]:
    """Read what an embedded org holds, by id; it may be writing another line."""
    lines = path.read_bytes().rpartition(b"\n")[0].splitlines() if path.exists() else []
    return {entry["id"]: entry["fields"] for line in lines for entry in orjson.loads(line)["records"]}


def named(plan: Path) -> dict[tuple[str, int], tuple[str, dict]]:
    """Read the records on the first level of a plan's files: name and members by file and line."""
    return {
        (file, line): (record["attributes"]["referenceId"], record)
        for step in orjson.loads(plan.read_bytes())
        for file in step["files"]
        for line, record in enumerate(orjson.loads((plan.parent / file).read_bytes())["records"], start=1)
    }


@pytest.mark.parametrize(("name", "records"), WHOLE, ids=[name for name, _ in WHOLE])
def test_a_real_plan_loads_and_each_reference_holds_the_id_of_what_it_names(desk, name, records):
    plan = TREES / name
    desk.write("job.toml", JOB.format(plan=plan))
    ran = desk.treeload("run", "job.toml")
    assert (ran.code, ran.complaints) == (0, [])
    summary = desk.summary()
    assert (summary["balanced"], summary["totals"]["created"]) == (True, records)
    org, rows = held(desk), named(plan)
    ids = {rows[row["file"], int(row["line"])][0]: row["id"] for row in desk.results() if row["reference"].count("_") == 1}
    for own, record in rows.values():
        for field, value in record.items():
            if isinstance(value, str) and value.startswith("@"):
                assert org[ids[own]][field] == ids[value[1:]]
    assert desk.treeload("run", "job.toml").out.startswith("Nothing was sent")


def test_a_reference_that_names_nothing_is_its_rows_error_and_the_others_are_loaded(desk):
    desk.write("job.toml", JOB.format(plan=TREES / "plugin-data/missingRef/Account-Opportunity-plan.json"))
    assert desk.treeload("run", "job.toml").code == 3
    bad = [row for row in desk.results() if row["state"] == "rejected_here"]
    assert [(row["object"], row["error_code"]) for row in bad] == [("Opportunity", "UNKNOWN_REFERENCE")]
    assert desk.summary()["totals"]["created"] == 2


def tree(*records: tuple[str, str]) -> bytes:
    """Write accounts by name, each under the one that a reference names."""
    return orjson.dumps(
        {
            "records": [
                {"attributes": {"type": "Account", "referenceId": name}, "Name": name}
                | ({"ParentId": f"@{parent}"} if parent else {})
                for name, parent in records
            ]
        }
    )


@pytest.fixture
def accounts(desk):
    def write(*records):
        desk.write("Account.json", tree(*records))
        desk.write("plan.json", '[{"sobject": "Account", "files": ["Account.json"]}]')
        desk.write("job.toml", JOB.format(plan="plan.json"))
        return desk

    return write


def test_rows_that_refer_forward_go_after_what_they_name_and_the_report_keeps_their_order(accounts):
    desk = accounts(("c", "b"), ("b", "a"), ("a", ""), ("d", "c"))
    assert desk.treeload("run", "job.toml").code == 0
    results = desk.results()
    assert [(row["line"], row["state"]) for row in results] == [(str(line), "created") for line in (1, 2, 3, 4)]
    org, ids = held(desk), [row["id"] for row in results]
    assert [org[key].get("ParentId") for key in ids] == [ids[1], ids[2], None, ids[0]]


def test_a_circle_is_told_with_all_that_leads_into_it_and_nothing_of_it_is_sent(accounts):
    desk = accounts(("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("e", ""))
    assert desk.treeload("run", "job.toml").code == 3
    states = {row["line"]: (row["state"], row["error_code"]) for row in desk.results()}
    assert states["5"] == ("created", "")
    assert all(states[line][0] == "rejected_here" for line in "1234")
    assert {states[line][1] for line in "123"} == {"CIRCULAR_REFERENCE"}
    assert desk.summary()["balanced"]


def test_what_refers_to_a_rejected_record_is_rejected_with_that_reason(accounts):
    desk = accounts(("a", ""), ("b", "a"), ("c", "b"))
    desk.write(
        "Account.json", (desk.folder / "Account.json").read_bytes().replace(b'"Name":"b"', b'"Name":"b","AnnualRevenue":"much"')
    )
    assert desk.treeload("run", "job.toml").code == 3
    assert [(row["state"], row["error_code"]) for row in desk.results()] == [
        ("created", ""),
        ("rejected_here", "INVALID_VALUE"),
        ("rejected_here", "REFERENCE_REJECTED"),
    ]


def test_check_tells_how_many_rows_wait_and_counts_the_requests_of_each_wave(accounts):
    desk = accounts(("c", "b"), ("b", "a"), ("a", ""), ("d", ""))
    ran = desk.treeload("check", "job.toml")
    assert ran.code == 0
    assert "2 rows wait for others, to which they refer" in ran.out
    assert "in 3 requests" in ran.out


def test_missing_files_are_named_all_of_them_before_anything_is_written(desk):
    desk.write("plan.json", '[{"sobject": "Account", "files": ["a.json", "b.json"]}]')
    desk.write("job.toml", JOB.format(plan="plan.json").replace('learn = "plan.json"\n', ""))
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 8
    assert "a.json" in ran.err
    assert "b.json" in ran.err
    assert not (desk.folder / "reports").exists()


def test_without_a_plan_the_object_has_to_be_said(desk):
    desk.write("job.toml", JOB.format(plan="people.csv").replace('learn = "people.csv"\n', ""))
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 2
    assert ran.complaints[0].endswith("job.object: is required")


def test_references_in_nested_records_are_resolved_too(desk):
    team = {"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "Smith", "ReportsToId": "@c2"}
    firm = {"attributes": {"type": "Account", "referenceId": "a1"}, "Name": "Acme", "Contacts": {"records": [team]}}
    boss = {"attributes": {"type": "Contact", "referenceId": "c2"}, "LastName": "Evans"}
    desk.write("firms.json", orjson.dumps({"records": [firm]}))
    desk.write("people.json", orjson.dumps({"records": [boss]}))
    desk.write(
        "plan.json",
        orjson.dumps([{"sobject": "Account", "files": ["firms.json"]}, {"sobject": "Contact", "files": ["people.json"]}]),
    )
    desk.write("plan.toml", '[job]\ninput = "plan.json"\nstate = "state"\n[org]\nurl = "embedded"\n')
    ran = desk.treeload("run", "plan.toml")
    assert ran.code == 0, ran
    org = held(desk)
    by_name = {fields.get("LastName", fields.get("Name")): (key, fields) for key, fields in org.items()}
    assert by_name["Smith"][1]["ReportsToId"] == by_name["Evans"][0]
    assert by_name["Smith"][1]["AccountId"] == by_name["Acme"][0]


def test_killed_between_waves_and_started_again_nothing_is_twice(desk, served):
    accounts = [
        {"attributes": {"type": "Account", "referenceId": f"a{n}"}, "Name": f"A{n}"}
        | ({"ParentId": f"@a{n // 5}"} if n >= 5 else {})
        for n in range(1, 500)
    ]
    contacts = [
        {"attributes": {"type": "Contact", "referenceId": f"c{n}"}, "LastName": f"C{n}", "AccountId": f"@a{n}"}
        for n in range(1, 500)
    ]
    desk.write("accounts.json", orjson.dumps({"records": accounts}))
    desk.write("contacts.json", orjson.dumps({"records": contacts}))
    steps = [{"sobject": "Contact", "files": ["contacts.json"]}, {"sobject": "Account", "files": ["accounts.json"]}]
    desk.write("plan.json", orjson.dumps(steps))
    desk.write(
        "plan.toml",
        f'[job]\ninput = "plan.json"\nstate = "state"\n[org]\nurl = "{served.url}"\n'
        '[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        "[send]\nchunk_records = 20\nconcurrency = 2\nrequests_per_second = 30\n[evidence]\nwindow = 1\n",
    )
    environ = desk.environ | {"ORG_TOKEN": served.token}
    for records in (60, 400):
        with subprocess.Popen(
            desk.command("run", "plan.toml"), cwd=desk.folder, env=environ, stderr=subprocess.DEVNULL
        ) as process:
            deadline = time.monotonic() + 60
            while len(in_ledger(served.ledger)) < records and process.poll() is None:
                assert time.monotonic() < deadline, "the run makes no progress"
                time.sleep(0.01)  # noqa: TID251 - another process is watched
            process.send_signal(signal.SIGKILL)
    ran = desk.treeload("run", "plan.toml", ORG_TOKEN=served.token)
    assert ran.code in {0, 5, 6}, ran
    assert desk.summary()["balanced"]
    org = in_ledger(served.ledger)
    times = Counter(fields.get("LastName", fields.get("Name")) for fields in org.values())
    assert set(times.values()) == {1}
    ids = {
        key: row["id"]
        for row in desk.results()
        if row["id"]
        for key in [("a" if row["object"] == "Account" else "c") + row["line"]]
    }
    assert set(ids.values()) <= org.keys()
    for name, key in ids.items():
        number, fields = int(name[1:]), org[key]
        if name.startswith("c"):
            assert fields["AccountId"] == ids[f"a{number}"]
        elif number >= 5:
            assert fields["ParentId"] == ids[f"a{number // 5}"]
    doubtful = [row for row in desk.results() if row["state"] in {"in_doubt", "not_attempted"}]
    assert len(ids) + len(doubtful) == len(accounts) + len(contacts)


def test_record_types_of_the_files_become_ids_also_in_nested_records_and_one_that_is_unknown_is_its_row_s_error(desk):
    def record(name: str, title: str, **more: object) -> dict:
        return {"attributes": {"type": "Account", "referenceId": name}, "Name": name, "RecordType": {"Name": title}, **more}

    def written(*records: dict) -> bytes:
        return orjson.dumps({"records": records})

    child = record("Below", "Key Account")
    desk.write("known.json", written(record("Seen", "Key Account"), record("Seen2", "Partner")))
    desk.write(
        "accounts.json",
        written(
            record("Above", "key account", ChildAccounts={"records": [child]}),
            record("Wrong", "Nobody"),
            record("Named", "x") | {"RecordType": {"DeveloperName": "Partner"}},
        ),
    )
    desk.write(
        "job.toml",
        JOB.replace("input", 'object = "Account"\ninput').replace("{plan}", "accounts.json", 1).format(plan="known.json"),
    )
    assert desk.treeload("run", "job.toml").code == 3
    fields = {each["Name"]: each for each in held(desk).values()}
    assert fields["Above"]["RecordTypeId"] == fields["Below"]["RecordTypeId"] != fields["Named"]["RecordTypeId"]
    assert fields["Above"]["RecordTypeId"].startswith("012")
    bad = [(row["line"], row["error_code"]) for row in desk.results() if row["error_code"]]
    assert bad == [("2", "RECORD_TYPE_NOT_FOUND")]
