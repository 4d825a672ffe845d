from pathlib import Path

import pytest

from pipeline.cli.words import closing
from pipeline.model.summary import Totals


@pytest.fixture
def summary():
    def make(**changes) -> dict:
        totals = Totals(lines_read=12, blank=1, unreadable=1, rows=10, eligible=10, created=9, rejected_by_org=1, distinct_ids=9)
        return {
            "job": "people",
            "run": "20261122-235635-abcd",
            "object": "Contact",
            "org": {"url": "embedded"},
            "balanced": True,
            "imbalances": [],
            "reason": None,
            "effects": {"assignment": "off", "duplicate_rules": "block", "recently_viewed": False},
            "sessions": [],
            "ended": "2026-11-22T23:57:00.000Z",
            "totals": totals.as_dict() | changes.pop("totals", {}),
            "objects": {"Contact": {"created": 9, "rejected_by_org": 1}},
            "files": [
                {"number": 1, "path": "/data/people.csv", "format": "csv", "object": "Contact", "joined": "", "read_to_end": True}
            ],
            "errors": [
                {
                    "rows": 1,
                    "code": "INVALID_EMAIL_ADDRESS",
                    "fields": ["Email"],
                    "first_file": 1,
                    "first_line": 7,
                    "example": "x" * 300,
                }
            ],
        } | changes

    return make


def test_the_totals_are_the_terms_of_the_equation(summary):
    lines = closing(summary(), Path("reports/x")).splitlines()
    told = {
        line.rsplit(maxsplit=1)[0].strip(): line.rsplit(maxsplit=1)[1]
        for line in lines
        if line.startswith("  ") and line[-1].isdigit()
    }
    assert told["lines read"] == "12"
    assert told["created"] == "9"
    assert told["rejected by the org"] == "1"


def test_it_says_whether_it_balances(summary):
    assert "BALANCED" in closing(summary(), Path("x"))
    words = closing(summary(balanced=False, imbalances=["created = distinct ids: 9 is not 8"]), Path("x"))
    assert "DOES NOT BALANCE: created = distinct ids: 9 is not 8" in words
    assert "\nBALANCED" not in words


def test_of_a_run_that_has_not_ended_it_says_no_more_than_that(summary):
    words = closing(summary(ended=None, balanced=False, imbalances=["x"]), Path("x"))
    assert "NOT ENDED" in words
    assert "BALANCE" not in words


def test_errors_are_named_with_their_first_line_and_fit_a_terminal(summary):
    (line,) = [line for line in closing(summary(), Path("x")).splitlines() if "INVALID_EMAIL_ADDRESS" in line]
    assert "first in line 7: x" in line
    assert len(line) <= 110


def test_of_several_files_the_error_names_the_one_it_is_in(summary):
    files = summary()["files"]
    more = [*files, files[0] | {"number": 2, "path": "/data/contacts.csv"}]
    (line,) = [line for line in closing(summary(files=more), Path("x")).splitlines() if "INVALID_EMAIL_ADDRESS" in line]
    assert "first in line 7 of people.csv: x" in line


def test_doubts_and_early_ends_are_said(summary):
    words = closing(summary(reason="SIGTERM was received", totals={"in_doubt": 200}), Path("x"))
    assert "Stopped early: SIGTERM was received." in words
    assert "200 rows are in doubt" in words


def test_terms_that_most_runs_have_none_of_are_shown_where_there_are_some(summary):
    words = closing(summary(totals={"duplicate_in_file": 3, "recovered": 2}), Path("x"))
    assert [line.split()[:3] for line in words.splitlines() if "duplicate in" in line] == [["duplicate", "in", "file"]]
    assert "of these recovered" in words
    assert "duplicate in" not in closing(summary(), Path("x"))


def test_what_can_be_corrected_is_named_only_if_there_is_something(summary):
    assert "x/rejected.csv" in closing(summary(), Path("x"))
    assert "rejected.csv" not in closing(summary(totals={"unreadable": 0, "rejected_by_org": 0}, errors=[]), Path("x"))


def of_plan(**rejected: int) -> list[dict]:
    """Give the files of a plan, one an object, with so many rejected rows."""
    return [
        {
            "number": number,
            "path": f"/data/{name}s.json",
            "format": "json",
            "object": name,
            "joined": "",
            "read_to_end": True,
            "totals": Totals(rejected_by_org=count).as_dict(),
        }
        for number, (name, count) in enumerate(rejected.items(), 1)
    ]


def test_rejected_rows_of_a_plan_are_loaded_again_as_what_they_are(summary):
    words = closing(summary(files=of_plan(Account=0, Contact=2)), Path("reports/x"), "plan.toml")
    assert "treeload run plan.toml --input reports/x/rejected.jsonl --set job.object=Contact\n" in words + "\n"
    several = closing(summary(files=of_plan(Account=1, Contact=2, Lead=0)), Path("reports/x"), "plan.toml").splitlines()
    assert any("They are of Account and Contact: put each into a file of its own" in line for line in several)
    assert [line.split("=")[-1] for line in several if "--set job.object" in line] == ["Account", "Contact"]
    assert not any("--set" in line for line in closing(summary(), Path("reports/x"), "people.toml").splitlines())
