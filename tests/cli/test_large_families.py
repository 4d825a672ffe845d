"""Families larger than a request by the real command: the row's own record first, what hangs under it after."""

import signal
import subprocess
import time
from collections import Counter

import orjson
import pytest

from pipeline.simulator import ledger
from tests.cli.conftest import serving

JOB = '[job]\nobject = "Account"\ninput = "accounts.jsonl"\nstate = "state"\nreports = "reports"\n'
EMBEDDED = '[org]\nurl = "embedded"\n'
SPLIT = '[mapping]\nlarge_families = "split"\n'
SEND = "[send]\nchunk_records = 20\nconcurrency = 2\nrequests_per_second = 60\n"
WAYS = {
    "marker": 'marker = "Import_Key__c"\n[mapping.children.Contacts]\nmarker = "Import_Key__c"\n',
    "values": "",
}


def served_by(served) -> str:
    return (
        f'[org]\nurl = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n[evidence]\nwindow = 1\n'
        + SEND
    )


def write_accounts(desk, families: list[dict]) -> None:
    desk.write("accounts.jsonl", b"\n".join(map(orjson.dumps, families)))


def family(name: str, contacts: int, *, cases: int = 0) -> dict:
    """Make an account with contacts, of which every third has cases."""
    return {
        "Name": name,
        "Contacts": [
            {"LastName": f"{name}.{at}"}
            | ({"Cases": [{"Subject": f"{name}.{at}.{case}"} for case in range(cases)]} if cases and at % 3 == 0 else {})
            for at in range(contacts)
        ],
    }


FAMILIES = [family(f"A{number}", contacts) for number, contacts in enumerate((0, 3, 45, 1, 130, 0, 19, 20, 64, 2))]
DEEP = [family("B0", 7, cases=2), family("B1", 4, cases=45), family("B2", 50, cases=1), family("B3", 0)]


def count(families: list[dict]) -> Counter:
    """Count the records of families by their objects."""
    contacts = [contact for each in families for contact in each["Contacts"]]
    counts = Counter({"Account": len(families), "Contact": len(contacts)})
    return counts + Counter({"Case": sum(len(contact.get("Cases", ())) for contact in contacts)})


def assert_each_record_is_there_once_under_its_own(desk, org, families):
    """Hold the ledger and the report against the file: `org` has fields and object of each record, by id."""
    assert Counter(object_name for object_name, _ in org.values()) == count(families)
    assert desk.summary()["balanced"]
    results = desk.results()
    assert len({row["id"] for row in results}) == len(results) == len(org)
    assert {row["id"] for row in results} == org.keys()
    places = [(int(row["line"]), [*map(int, row["reference"].split("_")[2:])]) for row in results]
    assert places == sorted(places), "in the order of the file"
    names = {key: fields.get("Name") or fields.get("LastName") or fields.get("Subject") for key, (_, fields) in org.items()}
    for key, (object_name, fields) in org.items():
        if object_name == "Contact":
            assert names[fields["AccountId"]] == names[key].split(".")[0]
        if object_name == "Case":
            assert names[fields["ContactId"]] == names[key].rpartition(".")[0]
    assert len(set(names.values())) == len(names)


def embedded(desk) -> dict[str, tuple[str, dict]]:
    return {
        entry["id"]: (entry["object"], entry["fields"])
        for line in (desk.folder / "state/embedded-org.jsonl").read_bytes().splitlines()
        for entry in orjson.loads(line).get("records", [])
    }


def held_by(served) -> dict[str, tuple[str, dict]]:
    return {record.id: (record.object, record.fields) for entry in ledger.read(served.ledger) for record in entry.records}


def run_and_kill(desk, served, transactions: int, *args: str) -> None:
    """Kill a run once the org has so many transactions."""
    with subprocess.Popen(
        desk.command("run", "job.toml", *args),
        cwd=desk.folder,
        env=desk.environ | {"ORG_TOKEN": served.token},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while not served.ledger.exists() or len(list(ledger.read(served.ledger))) < transactions:
            assert time.monotonic() < deadline, "the run makes no progress"
            time.sleep(0.005)  # noqa: TID251 - another process is watched
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("families", [FAMILIES, DEEP], ids=["two levels", "three levels"])
def test_each_record_is_created_once_under_its_own_parent(desk, families):
    write_accounts(desk, families)
    desk.write("job.toml", JOB + EMBEDDED + SPLIT + SEND)
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 0, ran
    assert_each_record_is_there_once_under_its_own(desk, embedded(desk), families)
    assert max(Counter(row["chunk"] for row in desk.results()).values()) <= 20
    assert desk.treeload("run", "job.toml").out.startswith("Nothing was sent")


def test_what_is_left_of_several_families_goes_in_full_requests(desk):
    write_accounts(desk, [family(f"A{number}", 250) for number in range(8)])
    desk.write("job.toml", JOB + EMBEDDED + SPLIT)
    assert desk.treeload("run", "job.toml").code == 0
    assert desk.summary()["calls"]["load"] == 1 + 8 * 250 / 200
    checked = desk.treeload("check", "job.toml")
    assert "2,008 records in 11 requests" in checked.out, checked


def test_a_child_that_the_org_refuses_touches_neither_its_parent_nor_its_siblings_and_is_loaded_later(desk):
    families = [family("A", 30), family("B", 25, cases=2)]
    families[0]["Contacts"][7]["Email"] = "nowhere"
    families[1]["Contacts"][0]["Cases"][1]["Status"] = "x" * 300
    write_accounts(desk, families)
    desk.write("job.toml", JOB + EMBEDDED + SPLIT + SEND)
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 3, ran
    assert desk.summary()["balanced"]
    wrong = {row["reference"]: (row["state"], row["error_code"]) for row in desk.results() if row["state"] != "created"}
    assert {reference for reference, (_, code) in wrong.items() if code != "FAMILY"} == {"r1_1_8", "r1_2_3"}
    assert set(wrong) == {"r1_1_8", "r1_2_1", "r1_2_2", "r1_2_3"}, "a contact and its cases go together"
    folder = desk.folder / "reports/latest"
    assert not (folder / "rejected.jsonl").exists(), "the accounts exist, so their rows must not be loaded again"
    assert "rejected-Contact.jsonl" in ran.out
    left = (folder / "rejected-Contact.jsonl").read_bytes()
    desk.write("contacts.jsonl", left.replace(b"nowhere", b"a@example.org").replace(b"x" * 300, b"New"))
    desk.write("contacts.toml", JOB.replace("Account", "Contact").replace("accounts", "contacts") + EMBEDDED)
    again = desk.treeload("run", "contacts.toml")
    assert again.code == 0, again
    org = embedded(desk)
    assert Counter(object_name for object_name, _ in org.values()) == count(families)
    own = {fields["Name"]: key for key, (object_name, fields) in org.items() if object_name == "Account"}
    assert Counter(fields["AccountId"] for object_name, fields in org.values() if object_name == "Contact") == {
        own["A"]: 30,
        own["B"]: 25,
    }


def test_a_parent_that_the_org_refuses_takes_its_kin_with_it_and_its_row_is_fed_back_whole(desk):
    families = [family("A", 30), family("B", 30)]
    families[1]["NumberOfEmployees"] = -3_000_000_000
    write_accounts(desk, families)
    desk.write("job.toml", JOB + EMBEDDED + SPLIT + SEND)
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 3, ran
    assert desk.summary()["balanced"]
    states = Counter((row["line"], row["object"], row["state"], row["error_code"]) for row in desk.results())
    assert states["2", "Contact", "rejected_here", "FAMILY"] == 30
    assert states["1", "Contact", "created", ""] == 30
    (row,) = (desk.folder / "reports/latest/rejected.jsonl").read_bytes().splitlines()
    desk.write("again.jsonl", row.replace(b"-3000000000", b"12"))
    assert desk.treeload("run", "job.toml", "--input", "again.jsonl").code == 0
    assert Counter(object_name for object_name, _ in embedded(desk).values()) == count(families)


def test_without_the_setting_it_is_refused_and_the_message_names_the_setting(desk):
    write_accounts(desk, [family("A", 30)])
    desk.write("job.toml", JOB + EMBEDDED + SEND)
    assert desk.treeload("run", "job.toml").code == 3
    assert "mapping.large_families" in desk.results()[0]["error_message"]


def test_a_child_that_names_its_parent_itself_is_the_error_of_its_row(desk):
    families = [family("A", 30)]
    families[0]["Contacts"][3]["AccountId"] = "001SM0000000001YAA"
    write_accounts(desk, families)
    desk.write("job.toml", JOB + EMBEDDED + SPLIT + SEND)
    assert desk.treeload("run", "job.toml").code == 3
    assert desk.results()[0]["error_code"] == "PARENT_GIVEN"
    assert "Contacts[4]" in desk.results()[0]["error_message"]
    assert desk.summary()["totals"]["rejected_here"] == 31


def test_other_rows_may_refer_to_records_that_go_later_and_only_to_a_rejected_one_in_vain(desk):
    def record(object_name: str, reference: str, **fields: object) -> dict:
        return {"attributes": {"type": object_name, "referenceId": reference}, **fields}

    contacts = [record("Contact", f"c{at}", LastName=f"A.{at}") for at in range(30)]
    contacts[4]["Email"] = "nowhere"
    accounts = [record("Account", "a", Name="A", Contacts={"records": contacts}), record("Account", "b", Name="B")]
    cases = [
        record("Case", f"s{at}", Subject=name, ContactId=f"@{name}", AccountId="@a")
        for at, name in enumerate(("c1", "c4", "c29"))
    ]
    desk.write("accounts.json", orjson.dumps({"records": accounts}))
    desk.write("cases.json", orjson.dumps({"records": cases}))
    steps = [{"sobject": "Case", "files": ["cases.json"]}, {"sobject": "Account", "files": ["accounts.json"]}]
    desk.write("my-plan.json", orjson.dumps(steps))
    job = JOB.replace('object = "Account"\n', "").replace("accounts.jsonl", "my-plan.json")
    desk.write("job.toml", job + EMBEDDED + SPLIT + SEND)
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 3, ran
    assert desk.summary()["balanced"]
    results = {row["reference"]: row for row in desk.results()}
    assert [row["error_code"] for row in results.values() if row["state"] != "created"] == [
        "REFERENCE_REJECTED",
        "INVALID_EMAIL_ADDRESS",
    ]
    org = embedded(desk)
    last = org[results["r1_3"]["id"]][1]
    assert (last["ContactId"], last["AccountId"]) == (results["r2_1_30"]["id"], results["r2_1"]["id"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("when", ["after_commit", "before_commit"])
def test_records_whose_reply_or_request_is_lost_are_there_once(desk, way, when):
    desk.write("faults.toml", f'[[fault]]\nnth = [2, 4, 7]\ndo = "drop"\nwhen = "{when}"\n')
    write_accounts(desk, FAMILIES + DEEP)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", JOB + served_by(served) + SPLIT + WAYS[way])
        ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
        assert ran.code == 0, ran
        assert_each_record_is_there_once_under_its_own(desk, held_by(served), FAMILIES + DEEP)
    assert bool(desk.summary()["totals"]["recovered"]) == (when == "after_commit")


def test_a_part_that_was_in_doubt_may_be_refused_after_all(desk):
    families = [family("A", 30, cases=2)]
    families[0]["Contacts"][9]["Title"] = "rule"
    rule = '\n[[fault]]\ndo = "rule"\nnaming = "first"\n[fault.where]\nfield = "Title"\nequals = "rule"\n'
    desk.write("faults.toml", '[[fault]]\nnth = [2, 3]\ndo = "drop"\nwhen = "before_commit"\n' + rule)
    write_accounts(desk, families)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", JOB + served_by(served) + SPLIT)
        ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
    assert ran.code == 3, ran
    assert desk.summary()["balanced"]
    states = Counter((row["object"], row["state"]) for row in desk.results())
    assert states == {
        ("Account", "created"): 1,
        ("Contact", "created"): 29,
        ("Case", "created"): 18,
        ("Contact", "rejected_by_org"): 1,
        ("Case", "rejected_by_org"): 2,
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("transactions", [1, 2, 6, 14])
def test_killed_between_passes_or_within_one_each_record_is_there_once_after_another_start(desk, served, way, transactions):
    write_accounts(desk, FAMILIES + DEEP)
    desk.write("job.toml", JOB + served_by(served) + SPLIT + WAYS[way])
    run_and_kill(desk, served, transactions)
    ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
    assert ran.code == 0, ran
    assert_each_record_is_there_once_under_its_own(desk, held_by(served), FAMILIES + DEEP)


@pytest.mark.parametrize("most", [200, 7])
@pytest.mark.parametrize("setting", ["split", "refuse"])
def test_a_family_of_which_a_part_was_sent_goes_on_in_parts_whatever_the_settings_say_then(desk, most, setting):
    desk.write("faults.toml", '[[fault]]\nnth = [6]\ndo = "allowance"\n')
    families = [family(f"A{number}", 45) for number in range(25)] + DEEP
    write_accounts(desk, families)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", JOB + served_by(served) + SPLIT)
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).code == 5
        assert desk.summary()["balanced"]
        totals = desk.summary()["totals"]
        assert totals["not_attempted"] > totals["created"] > 25, "all accounts and some contacts"
        then = (f"send.chunk_records={most}", f"mapping.large_families={setting}")
        ran = desk.treeload("run", "job.toml", *(word for each in then for word in ("--set", each)), ORG_TOKEN=served.token)
        assert ran.code == 0, ran
        assert_each_record_is_there_once_under_its_own(desk, held_by(served), families)


@pytest.mark.parametrize("way", WAYS)
def test_after_a_kill_resolve_finds_parts_whose_parents_only_the_journal_knows(desk, way):
    desk.write("faults.toml", '[[fault]]\nnth = [5]\ndo = "hang"\nseconds = 4\nwhen = "after_commit"\n')
    write_accounts(desk, FAMILIES + DEEP)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", JOB + served_by(served) + SPLIT + WAYS[way])
        run_and_kill(desk, served, 5, "--set", "send.concurrency=1")
        (journal,) = (desk.folder / "state/job").glob("*.journal")
        assert desk.treeload("resolve", journal.stem, ORG_TOKEN=served.token).code == 5
        assert desk.summary()["totals"]["recovered"] > 1
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).code == 0
        assert_each_record_is_there_once_under_its_own(desk, held_by(served), FAMILIES + DEEP)


def test_what_is_found_wrong_with_a_row_after_a_part_was_sent_ends_the_rest_of_it(desk):
    desk.write("faults.toml", '[[fault]]\nnth = [2]\ndo = "allowance"\n')
    families = [family("A", 30), family("B", 30)]
    families[1]["Contacts"][20]["Email"] = "nowhere"
    write_accounts(desk, families)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", JOB + served_by(served) + SPLIT)
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).code == 5
        ran = desk.treeload("run", "job.toml", "--set", "mapping.check=true", ORG_TOKEN=served.token)
    assert ran.code == 3, ran
    assert desk.summary()["balanced"]
    states = Counter((row["line"], row["object"], row["state"]) for row in desk.results())
    assert states == {
        ("1", "Account", "created"): 1,
        ("1", "Contact", "created"): 30,
        ("2", "Account", "created"): 1,
        ("2", "Contact", "rejected_here"): 30,
    }


def test_what_is_made_of_a_row_may_go_in_parts_too(desk):
    desk.write("accounts.csv", "Name,Last,Mail\n" + "".join(f"A{at},P{at},p{at}@example.org\n" for at in range(9)))
    made = '[mapping.children.Contacts]\nof_row = true\ncolumns = { Last = "LastName", Mail = "Email" }\n'
    desk.write("job.toml", JOB.replace("jsonl", "csv") + EMBEDDED + SPLIT + made + "[send]\nchunk_records = 1\n")
    ran = desk.treeload("run", "job.toml")
    assert ran.code == 0, ran
    org = embedded(desk)
    own = {fields["Name"]: key for key, (object_name, fields) in org.items() if object_name == "Account"}
    people = [fields for object_name, fields in org.values() if object_name == "Contact"]
    assert sorted(own) == sorted(f"A{fields['LastName'][1:]}" for fields in people)
    assert all(fields["AccountId"] == own[f"A{fields['LastName'][1:]}"] for fields in people)
