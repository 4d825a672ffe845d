"""Two files joined by a key, by the real command, held against what the org has."""

import csv
import shlex
import signal
import subprocess
import time
from collections import Counter

import orjson
import pytest

from pipeline.simulator import ledger
from tests.cli.conftest import serving

JOB = """\
[job]
object = "Account"
input = "accounts.csv"
state = "state"
reports = "reports"
[org]
url = "embedded"
[mapping]
check = true
[mapping.children.Contacts]
input = "contacts.csv"
join = { "Account No" = "Number" }
"""
ACCOUNTS = "Number,Name,Phone\n1,Acme,+1\n2,Beta,+2\n3,Gamma,+3\n4,Alone,+4\n"
CONTACTS = (
    "Account No,LastName,Email\n2,Evans,e@example.org\n1,Smith,s@example.org\n1,Jones,j@example.org\n3,Hall,h@example.org\n"
)


def loaded(desk, *args, config="accounts.toml"):
    ran = desk.treeload("run", config, *args)
    assert ran.complaints == []
    summary = desk.summary()
    assert summary["balanced"]
    assert all(not imbalances_of(file["totals"]) for file in summary["files"]), "each file balances by itself"
    return ran


def results(desk) -> list[dict[str, str]]:
    with (desk.folder / "reports/latest/results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def imbalances_of(totals: dict) -> bool:
    lines = totals["lines_read"] != totals["blank"] + totals["unreadable"] + totals["rows"]
    rows = totals["rows"] + totals["nested"] != totals["duplicate_in_file"] + totals["rejected_here"] + totals["eligible"]
    eligible = totals["eligible"] != sum(totals[name] for name in ("created", "rejected_by_org", "in_doubt", "not_attempted"))
    return lines or rows or eligible or totals["created"] != totals["distinct_ids"]


def held(desk) -> dict[str, dict]:
    """Read what the embedded org holds, by id."""
    return {
        entry["id"]: entry["fields"] | {"object": entry["object"]}
        for line in (desk.folder / "state/embedded-org.jsonl").read_bytes().splitlines()
        for entry in orjson.loads(line).get("records", [])
    }


def families(desk) -> list[tuple[str, str]]:
    """Say of each contact in the org under which account it is, both by name."""
    org = held(desk)
    return sorted((org[one["AccountId"]]["Name"], one["LastName"]) for one in org.values() if one["object"] == "Contact")


@pytest.fixture
def job(desk):
    desk.write("accounts.csv", ACCOUNTS)
    desk.write("contacts.csv", CONTACTS)
    desk.write("accounts.toml", JOB)
    return desk


def test_rows_of_two_files_become_trees_and_each_is_in_the_report_in_its_place(job):
    assert loaded(job).code == 0
    assert [(row["file"], row["line"], row["object"], row["reference"], row["state"]) for row in results(job)] == [
        *(("accounts.csv", str(line), "Account", f"r1_{line}", "created") for line in range(2, 6)),
        *(("contacts.csv", str(line), "Contact", f"r2_{line}", "created") for line in range(2, 6)),
    ]
    assert families(job) == [("Acme", "Jones"), ("Acme", "Smith"), ("Beta", "Evans"), ("Gamma", "Hall")]
    assert {row["id"] for row in results(job)} == {*held(job)}
    assert job.summary()["calls"]["load"] == 1
    assert [(file["joined"], file["object"], file["totals"]["created"]) for file in job.summary()["files"]] == [
        ("", "Account", 4),
        ("Contacts", "Contact", 4),
    ]
    assert loaded(job).out.startswith("Nothing was sent")


def test_the_same_rows_with_other_children_are_another_run(job):
    loaded(job)
    job.write("contacts.csv", CONTACTS + "4,New,n@example.org\n")
    loaded(job)
    assert Counter(one["object"] for one in held(job).values()) == {"Account": 8, "Contact": 9}


BAD = """\
Account No,LastName,Email
1,Smith,s@example.org
9,Orphan,o@example.org
2,Evans,nowhere
,Nobody,n@example.org
3,Hall,h@example.org
1,Jones
"""


def test_what_goes_nowhere_is_rejected_with_its_reason_and_what_goes_with_it(job):
    job.write("contacts.csv", BAD)
    assert loaded(job).code == 3
    told = {row["reference"] or row["line"]: (row["state"], row["error_code"]) for row in results(job)}
    assert told == {
        "r1_2": ("created", ""),
        "r1_3": ("rejected_here", "FAMILY"),
        "r1_4": ("created", ""),
        "r1_5": ("created", ""),
        "r2_2": ("created", ""),
        "r2_3": ("rejected_here", "NO_PARENT"),
        "r2_4": ("rejected_here", "INVALID_EMAIL_ADDRESS"),
        "r2_5": ("rejected_here", "NO_PARENT"),
        "r2_6": ("created", ""),
        "7": ("unreadable", "UNREADABLE"),
    }
    messages = {row["line"]: row["error_message"] for row in results(job) if row["file"] == "contacts.csv"}
    assert messages["3"] == "no row has Number as Account No says: add that row, or correct Account No"
    assert messages["5"] == "Account No is empty, so it belongs to no row"


def table(path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return list(rows.fieldnames or ()), list(rows)


def rewrite(path, rows, columns) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def printed_command(ran) -> list[str]:
    (line,) = [line for line in ran.out.splitlines() if line.startswith("  treeload run")]
    return shlex.split(line)[1:]


def test_corrected_rows_of_both_files_are_loaded_by_the_printed_command_exactly_those(job):
    job.write("contacts.csv", BAD)
    ran = loaded(job)
    latest = (job.folder / "reports/latest").resolve()
    columns, accounts = table(latest / "rejected.csv")
    assert [row["Name"] for row in accounts] == ["Beta"]
    rewrite(latest / "rejected.csv", [*accounts, {"Number": "9", "Name": "New"}], columns)
    columns, contacts = table(latest / "rejected-contacts.csv")
    assert [row["LastName"] for row in contacts] == ["Orphan", "Evans", "Nobody", "Jones"]
    assert not {"Name", "Phone"} & set(columns)
    mended = {
        "Evans": {"Email": "e@example.org"},
        "Nobody": {"Account No": "9"},
        "Jones": {"Account No": "2", "treeload_source": ""},
    }
    rewrite(latest / "rejected-contacts.csv", [row | mended.get(row["LastName"], {}) for row in contacts], columns)
    before = families(job)
    again = job.treeload(*printed_command(ran))
    assert again.code == 0, again
    assert sorted(set(families(job)) - set(before)) == [
        ("Beta", "Evans"),
        ("Beta", "Jones"),
        ("New", "Nobody"),
        ("New", "Orphan"),
    ]
    assert Counter(one["object"] for one in held(job).values()) == {"Account": 5, "Contact": 6}


def test_where_only_children_are_rejected_the_file_for_their_parents_has_a_header_to_write_under(job):
    job.write("contacts.csv", CONTACTS + "9,Orphan,o@example.org\n")
    ran = loaded(job)
    columns, accounts = table(job.folder / "reports/latest/rejected.csv")
    assert accounts == []
    rewrite((job.folder / "reports/latest").resolve() / "rejected.csv", [{"Number": "9", "Name": "New"}], columns)
    assert job.treeload(*printed_command(ran)).code == 0
    assert ("New", "Orphan") in families(job)


def test_where_only_parents_are_rejected_no_children_come_along_a_second_time(job):
    job.write("accounts.csv", ACCOUNTS.replace("Alone", ""))
    ran = loaded(job)
    latest = (job.folder / "reports/latest").resolve()
    columns, accounts = table(latest / "rejected.csv")
    rewrite(latest / "rejected.csv", [row | {"Name": "Alone"} for row in accounts], columns)
    assert job.treeload(*printed_command(ran)).code == 0
    assert Counter(one["object"] for one in held(job).values()) == {"Account": 4, "Contact": 4}


def test_of_two_parents_with_one_key_that_rows_ask_for_neither_is_loaded_nor_what_asks(job):
    job.write("accounts.csv", ACCOUNTS + "1,Acme Two,+9\n4,Alone Two,+8\n")
    assert loaded(job).code == 3
    refused = {row["reference"]: row["error_message"] for row in results(job) if row["error_code"] == "NOT_UNIQUE_IN_FILE"}
    unknown = "and nobody knows to which"
    have = "line 2 of accounts.csv and line 6 of accounts.csv have the Number that Account No says"
    assert refused == {
        "r1_2": f"has the same Number as line 6 of accounts.csv, {unknown} of them rows of contacts.csv belong",
        "r1_6": f"has the same Number as line 2 of accounts.csv, {unknown} of them rows of contacts.csv belong",
        "r2_3": f"{have}, {unknown} it belongs",
        "r2_4": f"{have}, {unknown} it belongs",
    }
    assert job.summary()["totals"]["created"] == 6, "those with a key that nobody asks for are"


def test_the_first_of_repeated_parents_has_the_children_where_the_job_says_that_it_stands_for_the_others(job):
    job.write("accounts.csv", ACCOUNTS + "1,Acme Two,+9\n")
    job.write("accounts.toml", JOB + '[duplicates]\ncolumns = ["Number"]\n')
    assert loaded(job).code == 0
    assert ("Acme", "Smith") in families(job)
    assert job.summary()["totals"]["duplicate_in_file"] == 1


def test_what_belongs_to_a_row_that_repeats_another_is_rejected_for_no_row_stands_for_it(job):
    job.write("accounts.csv", "Number,Name,Phone\n1,Acme,+1\n2,Acme,+2\n3,Gamma,+3\n")
    job.write("accounts.toml", JOB + '[duplicates]\ncolumns = ["Name"]\n')
    assert loaded(job).code == 3
    (evans,) = [row for row in results(job) if row["reference"] == "r2_2"]
    assert (evans["state"], evans["error_code"]) == ("rejected_here", "FAMILY")
    assert "r1_3 (Account), which repeats another row" in evans["error_message"]
    _, contacts = table(job.folder / "reports/latest/rejected-contacts.csv")
    assert [row["LastName"] for row in contacts] == ["Evans"]


def test_more_than_a_request_takes_are_refused_with_their_parent(job):
    job.write("contacts.csv", "Account No,LastName\n" + "".join(f"1,Kim {at}\n" for at in range(5)) + "2,Lee\n")
    job.write("accounts.toml", JOB + "[send]\nchunk_records = 5\n")
    assert loaded(job).code == 3
    refused = [(row["reference"], row["error_code"]) for row in results(job) if row["state"] == "rejected_here"]
    assert refused == [("r1_2", "FAMILY_TOO_LARGE"), *((f"r2_{line}", "FAMILY") for line in range(2, 7))]
    assert families(job) == [("Beta", "Lee")]


def test_keys_of_several_columns_files_and_globs(job):
    job.write("accounts.csv", "Land,Number,Name\nDE,1,Acme\nFR,1,Bon\n")
    job.write("contacts-1.csv", "No,Country,LastName\n1,DE,Kim\n1,FR,Leroy\n")
    job.write("contacts-2.csv", "LastName;Country;No\nLee;DE;1\n")
    keys = JOB.replace('"Account No" = "Number"', "No = 'Number', Country = 'Land'")
    job.write("accounts.toml", keys.replace("contacts.csv", "contacts-*.csv"))
    assert loaded(job).code == 0
    assert families(job) == [("Acme", "Kim"), ("Acme", "Lee"), ("Bon", "Leroy")]


def test_files_of_other_formats_join_as_well_and_what_hangs_under_children_comes_along(job):
    job.write("accounts.csv", "")
    job.write("accounts.jsonl", '{"Number": 1, "Name": "Acme"}\n{"Number": 2, "Name": "Beta", "Cases": [{"Subject": "Help"}]}\n')
    job.write(
        "contacts.jsonl",
        '{"Account No": "2", "LastName": "Kim", "Cases": [{"Subject": "Why"}]}\n{"Account No": "1", "LastName": "Lee"}\n',
    )
    job.write("accounts.toml", JOB.replace(".csv", ".jsonl"))
    assert loaded(job).code == 0
    assert families(job) == [("Acme", "Lee"), ("Beta", "Kim")]
    org = held(job)
    (why,) = [one for one in org.values() if one.get("Subject") == "Why"]
    assert org[why["ContactId"]]["LastName"] == "Kim"
    assert [(row["reference"], row["object"]) for row in results(job) if "2" in row["file"] or row["object"] == "Case"] == [
        ("r1_2_1", "Case"),
        ("r2_1_1", "Case"),
    ]


BELOW = "input = 'contacts.csv'\njoin = { A = 'B' }\n[mapping.children.Contacts]"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            '"Account No" = ',
            '"Acount No" = ',
            "mapping.children.Contacts.join: CONTACTS has no column 'Acount No'; did you mean 'Account No'?",
        ),
        ('"Number"', '"Numbr"', "mapping.children.Contacts.join: ACCOUNTS has no column 'Numbr'; did you mean 'Number'?"),
        ('input = "contacts.csv"\n', "", "mapping.children.Contacts: join must stand beside input"),
        ('join = { "Account No" = "Number" }\n', "", "join is required beside input"),
        ('input = "contacts.csv"\n', 'input = "contacts.csv"\nof_row = true\n', "input must not stand beside of_row = true"),
        ('input = "contacts.csv"\n', 'input = "contakts.csv"\n', "contakts.csv: not found; did you mean contacts.csv?"),
        ("children.Contacts]", "children.Kontacts]", "Account has no child relationship 'Kontacts'; did you mean Contacts?"),
        ('"Account No" = "Number"', '"Account No" = "Number", "account no" = "Name"', "join must name columns, each once"),
        (
            "[mapping.children.Contacts]",
            "[mapping.cases.Lead]\nwhen = { column = 'Name', filled = true }\n[mapping.children.Contacts]",
            "can't stand in a job with mapping.cases",
        ),
        ("[mapping]", "[send]\nroute = 'collections'\n[mapping]", "its rows become records with others under them"),
        (
            "check = true",
            'check = true\nlarge_families = "split"',
            """can't stand in a job with mapping.large_families = "split\"""",
        ),
        (
            "[mapping.children.Contacts]",
            "[mapping.children.Opportunities]\nof_row = true\n[mapping.children.Opportunities.children.Tasks]\n" + BELOW,
            "input: is only for what hangs under the rows of job.input themselves",
        ),
    ],
)
def test_what_can_not_be_joined_is_told_in_one_line_before_anything_is_sent(job, old, new, complaint):
    job.write("accounts.toml", JOB.replace(old, new))
    ran = job.treeload("run", "accounts.toml")
    assert ran.code in {2, 8}
    complaint = complaint.replace("CONTACTS", str(job.folder / "contacts.csv")).replace(
        "ACCOUNTS", str(job.folder / "accounts.csv")
    )
    assert any(complaint in line for line in ran.complaints), ran.err
    assert not (job.folder / "reports").exists()


def test_a_join_that_finds_nothing_at_all_stops_before_anything_is_sent(job):
    job.write("contacts.csv", "Account No,LastName\n" + "".join(f"0{at},Kim\n" for at in range(20)))
    ran = job.treeload("run", "accounts.toml")
    assert ran.code == 8
    assert "none of the 20 rows of" in ran.complaints[0]
    assert "compare the columns ('Account No' = 'Number')" in ran.complaints[0]
    assert not (job.folder / "reports").exists()


def test_check_finds_the_same_and_counts_families_as_they_would_go(job):
    job.write("contacts.csv", BAD)
    ran = job.treeload("check", "accounts.toml")
    assert ran.code == 3
    assert "1 x INVALID_EMAIL_ADDRESS (Email): line contacts.csv:4" in ran.out
    assert "2 x NO_PARENT (Account No): lines contacts.csv:3, contacts.csv:5" in ran.out
    assert "The plan: 5 rows in 1 request" in ran.out


def test_nothing_of_what_was_put_aside_is_left_on_disk(job):
    loaded(job)
    left = {path.name.partition(".")[2] for path in (job.folder / "state/accounts").iterdir()}
    assert left <= {"", "journal", "journal-wal", "journal-shm"}


FAMILIES = 300
WAYS = {
    "marker": ('[mapping]\nmarker = "Import_Key__c"\n', 'marker = "Import_Key__c"\n'),
    "values": ("", ""),
}


def config(served, way: str) -> str:
    own, below = WAYS[way]
    return (
        '[job]\nobject = "Account"\ninput = "accounts.csv"\nstate = "state"\nreports = "reports"\n'
        f'[org]\nurl = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        "[send]\nconcurrency = 2\nrequests_per_second = 30\nchunk_records = 100\n[evidence]\nwindow = 1\n"
        + own
        + '[mapping.children.Contacts]\ninput = "contacts.csv"\njoin = { "Account No" = "Number" }\n'
        + below
    )


@pytest.fixture
def many(desk):
    """Write accounts of which each has none to six contacts, which lie scattered over their file; some are alike."""
    desk.write("accounts.csv", "Number,Name\n" + "".join(f"{at},Account {at}\n" for at in range(FAMILIES)))
    contacts = [(at, f"Person {at}.{number // 2}") for at in range(FAMILIES) for number in range(at % 7)]
    scattered = sorted(contacts, key=lambda one: one[0] * 7919 % 311)
    desk.write("contacts.csv", "Account No,LastName\n" + "".join(f"{at},{name}\n" for at, name in scattered))
    return desk, scattered


def assert_each_is_there_once_under_its_account(desk, served, contacts):
    org = {record.id: record for transaction in ledger.read(served.ledger) for record in transaction.records}
    assert Counter(record.object for record in org.values()) == {"Account": FAMILIES, "Contact": len(contacts)}
    rows = results(desk)
    assert [(row["file"], int(row["line"])) for row in rows] == [
        *(("accounts.csv", line) for line in range(2, FAMILIES + 2)),
        *(("contacts.csv", line) for line in range(2, len(contacts) + 2)),
    ]
    assert {row["id"] for row in rows} == {*org}
    ids = {(row["file"], int(row["line"])): row["id"] for row in rows}
    for at, (account, name) in enumerate(contacts, start=2):
        fields = org[ids["contacts.csv", at]].fields
        assert fields["LastName"] == name
        assert fields["AccountId"] == ids["accounts.csv", account + 2]
    assert desk.summary()["balanced"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("when", ["after_commit", "before_commit"])
def test_families_of_two_files_whose_reply_or_request_is_lost_are_there_once(many, way, when):
    desk, contacts = many
    desk.write("faults.toml", f'[[fault]]\nnth = [2, 4]\ndo = "drop"\nwhen = "{when}"\n')
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", config(served, way))
        ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
        assert ran.code == 0, ran
        assert_each_is_there_once_under_its_account(desk, served, contacts)
    assert bool(desk.summary()["totals"]["recovered"]) == (when == "after_commit")


@pytest.mark.parametrize(("number", "way"), [(signal.SIGKILL, "marker"), (signal.SIGKILL, "values"), (signal.SIGTERM, "values")])
def test_ended_in_the_middle_each_record_is_there_once_after_another_start(many, served, number, way):
    desk, contacts = many
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
        process.send_signal(number)
    if number == signal.SIGTERM:
        assert process.returncode == 5
        assert desk.summary()["balanced"]
        assert all(not imbalances_of(file["totals"]) for file in desk.summary()["files"])
    ran = desk.treeload("run", "job.toml", ORG_TOKEN=served.token)
    assert ran.code == 0, ran
    assert_each_is_there_once_under_its_account(desk, served, contacts)


def test_resolve_finds_families_of_two_files(many):
    desk, contacts = many
    faults = '[[fault]]\nnth = [2, 4]\ndo = "drop"\nwhen = "after_commit"\n'
    faults += '[[fault]]\ndo = "status"\non = "query"\nnth = 1\nstatus = 400\ncode = "INVALID_TYPE"\n'
    desk.write("faults.toml", faults)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", config(served, "marker"))
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).code == 6
        ran = desk.treeload("resolve", "latest", ORG_TOKEN=served.token)
        assert ran.code == 0, ran
        assert_each_is_there_once_under_its_account(desk, served, contacts)


def test_resolve_says_which_of_the_files_has_changed_and_leaves_all_in_doubt(many):
    desk, _ = many
    faults = '[[fault]]\nnth = [2]\ndo = "drop"\nwhen = "after_commit"\n'
    faults += '[[fault]]\ndo = "status"\non = "query"\nnth = 1\nstatus = 400\ncode = "INVALID_TYPE"\n'
    desk.write("faults.toml", faults)
    with serving(desk, "--faults", "faults.toml") as served:
        desk.write("job.toml", config(served, "marker"))
        assert desk.treeload("run", "job.toml", ORG_TOKEN=served.token).code == 6
        before = desk.summary()["totals"]
        desk.write("contacts.csv", "Account No,LastName\n1,Somebody Else\n")
        ran = desk.treeload("resolve", "latest", ORG_TOKEN=served.token)
    assert ran.code == 8
    assert any("contacts.csv: changed since rows were sent" in line for line in ran.complaints), ran.err
    assert desk.summary()["totals"] == before
