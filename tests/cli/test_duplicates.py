"""Rows with the same key, loaded by the real command."""

import csv
import io
import signal
import subprocess
from collections import Counter

import pytest

from pipeline.simulator import ledger

TWICE = """\
First Name,Last Name,Email,Birthdate
Anna,Müller,anna@example.org,1990-01-31
Anna,Mueller,ANNA@example.org,
Kim,Lee,,
Kim,Lee,,
Zoë,O'Brien,zoe@example.org,
Zoë,O'Brien,zoe@example.org,
"""
BY_EMAIL = ("--set", 'duplicates.columns=["email"]')
NONE = ("--set", "duplicates.keep=none")
NORMALISED = ("--set", "duplicates.compare=normalised")


def ends(desk) -> list[tuple[str, str, str, str]]:
    return [(row["file"], row["line"], row["state"], row["error_message"]) for row in desk.results()]


@pytest.fixture
def twice(desk):
    desk.write("people.csv", TWICE)
    return desk


def test_the_first_row_with_a_key_is_loaded_and_the_others_are_left_out_which_is_no_failure(twice):
    ran = twice.treeload("run", "people.toml", *BY_EMAIL)
    assert ran.code == 0
    assert ends(twice)[4:] == [
        ("people.csv", "6", "created", ""),
        ("people.csv", "7", "duplicate_in_file", "has the same email as line 6"),
    ]
    totals = twice.summary()["totals"]
    assert (totals["rows"], totals["duplicate_in_file"], totals["rejected_here"], totals["created"]) == (6, 1, 0, 5)
    assert "1 x DUPLICATE_IN_FILE (email), first in line 7" in ran.out
    assert "rejected.csv" not in ran.out
    assert not (twice.folder / "reports/latest/rejected.csv").exists()


def test_rows_without_a_key_are_compared_with_none(twice):
    twice.treeload("run", "people.toml", *BY_EMAIL, *NORMALISED)
    assert [(line, state) for _, line, state, _ in ends(twice)] == [
        *(("2", "created"), ("3", "duplicate_in_file")),
        *(("4", "created"), ("5", "created")),
        *(("6", "created"), ("7", "duplicate_in_file")),
    ]


def test_where_none_is_to_win_all_are_rejected_and_can_be_corrected_and_fed_back(twice):
    ran = twice.treeload("run", "people.toml", *BY_EMAIL, *NONE)
    assert ran.code == 3
    told = ', and duplicates.keep = "none" loads neither: keep the right one'
    rejected = twice.folder / "reports/latest/rejected.csv"
    rows = list(csv.DictReader(io.StringIO(rejected.read_text("utf-8-sig"))))
    assert [(row["treeload_line"], row["treeload_state"], row["treeload_error_message"]) for row in rows] == [
        ("6", "rejected_here", f"has the same email as line 7{told}"),
        ("7", "rejected_here", f"has the same email as line 6{told}"),
    ]
    header, first, _ = rejected.read_text("utf-8-sig").splitlines()
    twice.write("one.csv", f"{header}\n{first}\n")
    again = twice.treeload("run", "people.toml", *BY_EMAIL, *NONE, "--input", "one.csv")
    assert (again.code, twice.summary()["totals"]["created"]) == (0, 1)


def test_files_are_compared_with_each_other_in_their_order(twice):
    twice.write("more.jsonl", '{"FirstName": "Z", "LastName": "O", "Email": "zoe@example.org"}\n{"LastName": "Lee"}\n')
    twice.treeload("run", "people.toml", *BY_EMAIL, "--input", "more.jsonl", "--input", "people.csv")
    assert [end for end in ends(twice) if end[2] != "created"] == [
        ("people.csv", line, "duplicate_in_file", "has the same email as line 1 of more.jsonl") for line in ("6", "7")
    ]
    assert [file["totals"]["duplicate_in_file"] for file in twice.summary()["files"]] == [0, 2]


def test_the_first_row_stands_for_the_others_even_if_it_is_rejected(twice):
    twice.write("people.csv", "Last Name,Email,Birthdate\nKim,kim@example.org,soon\nKim,kim@example.org,1990-01-31\n")
    assert twice.treeload("run", "people.toml", *BY_EMAIL).code == 3
    assert [state for _, _, state, _ in ends(twice)] == ["rejected_here", "duplicate_in_file"]


@pytest.mark.parametrize("more", [(), NONE, NORMALISED, (*NONE, *NORMALISED)])
def test_a_check_finds_what_a_run_finds_and_leaves_nothing_behind(twice, more):
    before = sorted(path.name for path in twice.folder.iterdir())
    found = twice.treeload("check", "people.toml", *BY_EMAIL, *more)
    assert sorted(path.name for path in twice.folder.iterdir()) == before
    ran = twice.treeload("run", "people.toml", *BY_EMAIL, *more)
    assert found.code == ran.code
    words, totals = " ".join(found.out.split()), twice.summary()["totals"]
    assert f"rejected here {totals['rejected_here']} to be sent {totals['eligible']}" in words
    assert ("duplicate in file" in words) == (totals["duplicate_in_file"] > 0)
    for error in twice.summary()["errors"]:
        assert f"{error['rows']} x {error['code']} (email): line" in words
        assert error["example"] in words


def test_a_job_that_wants_no_bad_rows_takes_no_offence_at_a_duplicate_but_at_keys_of_which_none_is_to_win(twice):
    no_bad_rows = ("--set", "mapping.bad_rows=stop")
    refused = twice.treeload("run", "people.toml", *BY_EMAIL, *NONE, *no_bad_rows)
    assert (refused.code, "NOT_UNIQUE_IN_FILE" in refused.err) == (8, True)
    twice.write("bad.csv", "Last Name,Email,Birthdate\nKim,a@example.org,\nKim,a@example.org,\nLee,b@example.org,soon\n")
    refused = twice.treeload("run", "people.toml", *BY_EMAIL, *no_bad_rows, "--input", "bad.csv")
    assert (refused.code, "1 row would be rejected here" in refused.err, "DUPLICATE" in refused.err) == (8, True, False)
    assert twice.treeload("run", "people.toml", *BY_EMAIL, *no_bad_rows).code == 0


def test_what_hangs_under_a_duplicate_is_left_out_with_it_and_the_report_balances(desk):
    desk.write("families.jsonl", '{"Name": "Acme", "Contacts": [{"LastName": "Kim"}]}\n' * 2 + '{"Name": "Other"}\n')
    desk.write("families.toml", (desk.folder / "people.toml").read_text().partition("[mapping")[0].replace("Contact", "Account"))
    ran = desk.treeload("run", "families.toml", "--set", 'duplicates.columns=["Name"]', "--input", "families.jsonl")
    assert (ran.code, desk.summary()["balanced"], desk.summary()["totals"]["created"]) == (0, True, 3)
    assert [(row["reference"], row["state"]) for row in desk.results()] == [
        *(("r1_1", "created"), ("r1_1_1", "created")),
        *(("r1_2", "duplicate_in_file"), ("r1_2_1", "duplicate_in_file")),
        ("r1_3", "created"),
    ]


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_column_that_is_not_there_stops_before_anything_is_written(twice, command):
    ran = twice.treeload(command, "people.toml", "--set", 'duplicates.columns=["E-mail"]')
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert "people.csv has no column 'E-mail'; did you mean 'Email'?" in ran.complaints[0]
    assert not list(twice.folder.glob("state/people/*.journal"))


def test_a_key_that_no_json_row_has_stops_before_anything_is_written(twice):
    twice.write("more.jsonl", '{"LastName": "Lee", "Email": "a@example.org"}\n')
    ran = twice.treeload("run", "people.toml", "--set", 'duplicates.columns=["Mail"]', "--input", "more.jsonl")
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert "has no row with a key 'Mail'; did you mean 'Email'?" in ran.complaints[0]
    assert not list(twice.folder.glob("state/people/*.journal"))


# ---------------------------------------------------------------- killed

ROWS = 6_000


@pytest.fixture
def many(desk, served):
    """Six thousand rows, of which each third repeats the key of an earlier one, in another case."""
    rows = (f"K{n},Person {n},{f'P{n // 2}' if n % 3 == 2 else f'p{n}'}@example.org\n" for n in range(ROWS))
    desk.write("people.csv", "Import_Key__c,LastName,Email\n" + "".join(rows))
    desk.write(
        "big.toml",
        '[job]\nobject = "Contact"\ninput = "people.csv"\nstate = "state"\nreports = "reports"\n'
        f'[org]\nurl = "{served.url}"\n[org.auth]\nkind = "access_token"\ntoken = "env:ORG_TOKEN"\n'
        '[mapping]\nkey = "Import_Key__c"\n[duplicates]\ncolumns = ["Email"]\ncompare = "normalised"\n'
        "[send]\nconcurrency = 3\nrequests_per_second = 30\n[evidence]\nwindow = 1\n",
    )
    return desk


def expected() -> dict[str, str]:
    """Say of each duplicate the line of the first row with its key, by a dict in memory."""
    firsts: dict[int, int] = {}
    found = {}
    for n in range(ROWS):
        key = n // 2 if n % 3 == 2 else n
        if firsts.setdefault(key, n) != n:
            found[str(n + 2)] = f"has the same Email as line {firsts[key] + 2}"
    return found


def created(served) -> list[str]:
    if not served.ledger.exists():
        return []
    return [record.fields["Import_Key__c"] for sent in ledger.read(served.ledger) for record in sent.records]


def test_killed_and_started_again_the_verdicts_are_the_same_and_nothing_is_twice(many, served):
    environ = many.environ | {"ORG_TOKEN": served.token}
    for records in (400, 1_600):
        with subprocess.Popen(many.command("run", "big.toml"), cwd=many.folder, env=environ) as process:
            while len(created(served)) < records:
                assert process.poll() is None, "it ended before it could be killed"
            process.send_signal(signal.SIGKILL)
    ran = many.treeload("run", "big.toml", ORG_TOKEN=served.token)
    assert ran.code == 0
    rows = many.results()
    duplicates = {row["line"]: row["error_message"] for row in rows if row["state"] == "duplicate_in_file"}
    assert duplicates == expected()
    assert Counter(created(served)) == Counter(f"K{n}" for n in range(ROWS) if str(n + 2) not in duplicates)
    assert many.summary()["balanced"]
    assert len(many.summary()["sessions"]) == 3
    assert {path.name.partition(".")[2] or path.name for path in (many.folder / "state/big").iterdir()} <= {
        *("lock", "journal", "journal-wal", "journal-shm")
    }


def test_stopped_while_the_files_are_looked_through_nothing_is_sent_and_it_goes_on(many, served):
    many.write("people.csv", "Import_Key__c,LastName,Email\n" + "".join(f"K{n},P,p{n}@x.org\n" for n in range(600_000)))
    environ, pipe = many.environ | {"ORG_TOKEN": served.token}, subprocess.PIPE
    command = many.command("run", "big.toml")
    with subprocess.Popen(command, cwd=many.folder, env=environ, stdout=pipe, stderr=pipe) as process:
        while not (many.folder / "state/big/lock").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=100)
    assert process.returncode == 5, err
    assert created(served) == []
    assert many.summary()["totals"]["lines_read"] == 0
    assert "Not read to the end" in out.decode()
