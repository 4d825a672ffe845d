"""The plan: what a check says that a run takes, and what becomes of a run that has too few calls."""

import subprocess

import pytest


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_plan_names_calls_by_purpose_with_what_they_rest_on_and_the_share_of_the_day(desk):
    ran = desk.treeload("check", "people.toml", "--set", "send.requests_per_second=2", "--set", "send.chunk_records=2")
    for told in (
        "3 rows in 2 requests of some",
        "about 2 s at 2 a second and 8 at a time, if the org takes 2 s for 200 rows.",
        "describe 1",
        "load 2 of 2 rows at most (send.chunk_records)",
        "isolation 0 if the org refuses 1 row in 1,000, and names it",
        "evidence 0 if 1 reply in 1,000 is lost (2 calls each)",
        "The org has used 1 of its 15,000 calls today, and 1,500 are kept for others (send.allowance_reserve).",
        "That is 3 more: less than 0.1 % of the 13,499 left.",
    ):
        assert told in words(ran.out)


def test_without_an_org_the_calls_are_told_and_not_what_is_left(desk):
    desk.treeload("describe", "people.toml", "--out", "contact.json")
    ran = desk.treeload("check", "people.toml", "--describe", "contact.json")
    assert "That is 2 calls; how many the org has left today is not known." in ran.out


@pytest.fixture
def rows(desk):
    desk.write("people.csv", "Last Name\n" + "Lee\n" * 4)
    return ("--set", "send.chunk_records=1", "--set", "send.allowance_reserve=0")


def test_a_load_that_cannot_fit_is_told_and_neither_begins_nor_sends(desk, poor, rows):
    checked = desk.treeload("check", "people.toml", *rows, ORG_SECRET=poor.client_secret)
    assert checked.code == 5
    assert "TOO FEW CALLS: 5 are needed at least, and 3 are left." in checked.out
    ran = desk.treeload("run", "people.toml", *rows, ORG_SECRET=poor.client_secret)
    assert (ran.code, len(ran.complaints)) == (5, 1)
    assert "needs 4 at least (4 records): nothing was sent" in ran.complaints[0]
    assert not (desk.folder / "reports/latest").exists()


def test_if_told_so_it_begins_all_the_same_and_stops_where_the_calls_end(desk, poor, rows):
    overdrawn = (*rows, "--set", "limits.overdraw=true")
    checked = desk.treeload("check", "people.toml", *overdrawn, ORG_SECRET=poor.client_secret)
    assert checked.code == 0
    assert "TOO FEW CALLS" in checked.out
    ran = desk.treeload("run", "people.toml", *overdrawn, ORG_SECRET=poor.client_secret)
    assert ran.code == 5
    totals = desk.summary()["totals"]
    assert (totals["created"], totals["not_attempted"]) == (2, 2)


def test_one_bad_row_and_nothing_is_sent_where_the_job_says_so(desk):
    desk.write("people.csv", "First Name,Last Name,Email,Birthdate\nKim,Lee,,\nKim,Lee,,soon\nx,y\n")
    ran = desk.treeload("run", "people.toml", "--set", "mapping.bad_rows=stop")
    assert ran.code == 8
    assert "2 rows would be rejected here, so nothing was sent" in ran.complaints[0]
    assert [line.split(": ")[1].rsplit("/", 1)[-1] for line in ran.complaints[1:]] == ["people.csv:3", "people.csv:4"]
    assert not (desk.folder / "reports/latest").exists()


def test_told_to_wait_a_run_begins_where_calls_are_too_few_and_a_signal_ends_its_wait(desk, poor, rows):
    waiting = subprocess.Popen(
        desk.command("run", "people.toml", *rows, "--wait"),
        cwd=desk.folder,
        env=desk.environ | {"ORG_SECRET": poor.client_secret},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    with waiting:
        assert any("waiting for calls" in line for line in waiting.stderr)
        waiting.terminate()
        waiting.stderr.read()
    assert waiting.returncode == 5
    totals = desk.summary()["totals"]
    assert (totals["created"], totals["not_attempted"]) == (3, 1)
