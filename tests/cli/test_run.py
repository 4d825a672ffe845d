import csv
import io
import subprocess

import pytest


def test_a_file_of_people_is_loaded_and_every_line_accounted_for(desk):
    ran = desk.treeload("run", "people.toml")
    assert (ran.code, ran.complaints) == (0, [])
    assert "BALANCED" in ran.out
    summary = desk.summary()
    assert summary["balanced"] is True
    assert summary["totals"] | {"lines_read": 3, "rows": 3, "eligible": 3, "created": 3, "distinct_ids": 3} == summary["totals"]
    assert [(row["line"], row["reference"], row["state"], len(row["id"])) for row in desk.results()] == [
        (str(line), f"r1_{line}", "created", 18) for line in (2, 3, 4)
    ]
    assert not (desk.folder / "reports/latest/rejected.csv").exists()


def test_the_same_command_again_sends_nothing(desk):
    desk.treeload("run", "people.toml")
    first = desk.summary()
    again = desk.treeload("run", "people.toml")
    assert again.code == 0
    assert again.out.startswith("Nothing was sent: ")
    assert desk.summary() == first


def test_fresh_loads_it_once_more_as_a_run_of_its_own(desk):
    desk.treeload("run", "people.toml")
    first = desk.summary()["run"]
    assert desk.treeload("run", "people.toml", "--fresh").code == 0
    assert desk.summary()["run"] != first
    assert desk.summary()["totals"]["created"] == 3


def test_bad_rows_are_in_the_rejected_file_and_correcting_it_creates_exactly_those(desk):
    rows = "Anna,Müller,anna@example.org,\nLee,,lee@example.org,\nKim,Lee,not an address,\n=1+1,Q,q@example.org,soon\nx,y\n"
    desk.write("people.csv", "First Name,Last Name,Email,Birthdate\n" + rows)
    ran = desk.treeload("run", "people.toml", "--set", "mapping.check=false")
    assert ran.code == 3
    states = [(row["line"], row["state"], row["error_code"]) for row in desk.results()]
    assert states == [
        ("2", "created", ""),
        ("3", "rejected_by_org", "REQUIRED_FIELD_MISSING"),
        ("4", "rejected_by_org", "INVALID_EMAIL_ADDRESS"),
        ("5", "rejected_here", "INVALID_VALUE"),
        ("6", "unreadable", "UNREADABLE"),
    ]
    text = (desk.folder / "reports/latest/rejected.csv").read_text("utf-8-sig")
    rejected = list(csv.DictReader(io.StringIO(text)))
    assert [row["treeload_line"] for row in rejected] == ["3", "4", "5", "6"]
    assert rejected[2]["First Name"] == "'=1+1"
    assert rejected[3]["treeload_source"] == "x,y"

    rejected[0]["Last Name"] = "Lee"
    rejected[1]["Email"] = "kim@example.org"
    rejected[2]["Birthdate"] = "1990-01-31"
    rejected[3] |= {"Last Name": "Y", "treeload_source": ""}
    out = io.StringIO()
    writer = csv.DictWriter(out, rejected[0].keys())
    writer.writeheader()
    writer.writerows(rejected)
    desk.write("corrected.csv", "\ufeff" + out.getvalue())
    again = desk.treeload("run", "people.toml", "--input", "corrected.csv")
    assert (again.code, desk.summary()["totals"]["created"]) == (0, 4)

    ledger = (desk.folder / "state/embedded-org.jsonl").read_text()
    assert ledger.count('"FirstName":"=1+1"') == 1


def test_what_the_org_would_refuse_is_rejected_here_without_a_call(desk):
    rows = f"Anna,Müller,anna@example.org,\n{'x' * 41},,lee,2999-12-31\nKim,Lee,,9999-12-31\n"
    desk.write("people.csv", "First Name,Last Name,Email,Birthdate\n" + rows)
    assert desk.treeload("run", "people.toml", "--set", "mapping.check=true").code == 3
    assert [(row["line"], row["state"], row["error_code"]) for row in desk.results()] == [
        ("2", "created", ""),
        ("3", "rejected_here", "STRING_TOO_LONG; REQUIRED_FIELD_MISSING; INVALID_EMAIL_ADDRESS"),
        ("4", "rejected_here", "FIELD_INTEGRITY_EXCEPTION"),
    ]
    assert desk.summary()["calls"]["load"] == 1


def test_json_lines_are_loaded_and_their_rejects_can_be_fed_back(desk):
    desk.write("people.jsonl", '{"LastName":"Kim"}\n\n{"LastName":"Lee","Email":"x"}\nnot json\n[1]\n')
    config = desk.write(
        "lines.toml",
        '[job]\nobject = "Contact"\ninput = "people.jsonl"\nstate = "state"\nreports = "reports"\n[org]\nurl = "embedded"\n',
    )
    assert desk.treeload("run", config.name).code == 3
    totals = desk.summary()["totals"]
    assert (totals["lines_read"], totals["blank"], totals["unreadable"], totals["created"], totals["rejected_by_org"]) == (
        5,
        1,
        2,
        1,
        1,
    )
    rejected = (desk.folder / "reports/latest/rejected.jsonl").read_text().splitlines()
    assert len(rejected) == 3
    corrected = rejected[0].replace('"Email":"x"', '"Email":"lee@example.org"')
    desk.write("corrected.jsonl", corrected + "\n")
    assert desk.treeload("run", config.name, "--input", "corrected.jsonl").code == 0


def test_without_a_terminal_the_log_is_json_and_holds_no_values(desk):
    desk.write("people.csv", "First Name,Last Name,Email\nSecretia,,secretia@example.org\nKim,Lee,kim@example.org\n")
    ran = desk.treeload("run", "people.toml", "--set", "mapping.check=false")
    events = [line for line in ran.err.splitlines() if line]
    assert events
    assert all(line.startswith("{") for line in events)
    assert "ecretia" not in ran.err


def test_reports_and_journal_are_for_their_owner_only(desk):
    desk.treeload("run", "people.toml")
    for place in ("reports", "state"):
        for path in (desk.folder / place).rglob("*"):
            assert path.is_symlink() or path.stat().st_mode & 0o077 == 0, path


def test_the_report_can_be_made_again_byte_for_byte(desk):
    desk.write("people.csv", "First Name,Last Name,Email\nLee,,lee@example.org\nKim,Lee,kim@example.org\n")
    desk.treeload("run", "people.toml")
    folder = (desk.folder / "reports/latest").resolve()
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    assert desk.treeload("report", folder.name).code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


@pytest.mark.parametrize("form", ["json", "csv", "text"])
def test_a_report_is_printed_as_asked(desk, form):
    desk.treeload("run", "people.toml")
    printed = desk.treeload("report", "latest", "--format", form).out
    first = {"json": "{", "csv": "file,line,object", "text": "\npeople: people.csv to Contact"}[form]
    assert printed.startswith(first)


def test_who_has_read_enough_of_a_report_hears_no_complaint(desk):
    desk.write("people.csv", "Last Name\n" + "".join(f"Person {n}\n" for n in range(3000)))
    desk.treeload("run", "people.toml")
    command = desk.command("report", "latest", "--format", "csv")
    with subprocess.Popen(command, cwd=desk.folder, env=desk.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as printing:
        assert printing.stdout is not None
        assert printing.stderr is not None
        assert printing.stdout.read(10) == b"file,line,"
        printing.stdout.close()
        assert printing.stderr.read() == b""


def test_a_terminal_without_unicode_still_shows_the_summary(desk):
    desk.write("people.csv", "Last Name,Email\nŁukasz,\n,ł@example\n".replace("Łukasz", "Ł" * 90))
    ran = desk.treeload("run", "people.toml", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == 3
    assert "BALANCED" in ran.out


def test_status_lists_runs_and_shows_one(desk):
    assert "No runs yet" in desk.treeload("status").out
    desk.treeload("run", "people.toml")
    listed = desk.treeload("status").out.splitlines()
    run = desk.summary()["run"]
    assert run in listed[1]
    assert "done" in listed[1]
    assert "BALANCED" in desk.treeload("status", run).out
    nowhere = desk.treeload("status", "--state", "nowhere")
    assert (nowhere.code, "nowhere: there is no such folder" in nowhere.err) == (2, True)
    near = desk.treeload("status", run[:-1] + "_")
    assert near.code == 2
    assert run in near.err
