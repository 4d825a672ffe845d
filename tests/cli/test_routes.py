"""Other endpoints than composite/tree: the same rows, the same report."""

import csv

import pytest

PEOPLE = "Import Key,First Name,Last Name,Email\n" + "".join(
    f"K{line},Anna,{'' if line == 5 else f'Person {line}'},{'nobody' if line == 7 else 'a@example.org'}\n"
    for line in range(2, 12)
)


@pytest.fixture
def job(desk):
    desk.write("people.csv", PEOPLE)
    text = (desk.folder / "people.toml").read_text()
    desk.write("people.toml", text + '"Import Key" = "Import_Key__c"\n')
    return desk


@pytest.fixture
def states(job):
    def read() -> dict[int, tuple[str, str]]:
        with (job.folder / "reports/latest/results.csv").open(newline="") as file:
            return {int(row["line"]): (row["state"], row["error_code"]) for row in csv.DictReader(file)}

    return read


def test_by_single_create_each_record_is_a_request_of_its_own(job, states):
    ran = job.treeload("run", "people.toml", "--set", "send.route=single")
    assert ran.code == 3, ran.err
    wrong = {5: ("rejected_by_org", "REQUIRED_FIELD_MISSING"), 7: ("rejected_by_org", "INVALID_EMAIL_ADDRESS")}
    assert states() == dict.fromkeys(range(2, 12), ("created", "")) | wrong
    summary = job.summary()
    assert summary["balanced"]
    assert {name: summary["calls"][name] for name in ("load", "describe")} == {"load": 10, "describe": 1}


def test_the_plan_counts_requests_by_the_route(job):
    ran = job.treeload("check", "people.toml", "--set", "send.route=single")
    assert "8 rows in 8 requests" in ran.out
    assert "of 1 rows at most (send.route)" in ran.out


def test_families_go_by_tree_only(desk):
    desk.write("accounts.jsonl", '{"Name":"A","Contacts":[{"LastName":"B"}]}\n')
    desk.write(
        "accounts.toml",
        '[job]\nobject = "Account"\ninput = "accounts.jsonl"\n[org]\nurl = "embedded"\n[send]\nroute = "collections"\n',
    )
    ran = desk.treeload("run", "accounts.toml")
    assert ran.code == 2
    (line,) = ran.complaints
    assert "accounts.jsonl: its rows become records with others under them, and only `tree` takes such" in line


def test_a_route_that_there_is_not_is_refused_with_those_that_there_are(desk):
    ran = desk.treeload("run", "people.toml", "--set", "send.route=bulky")
    assert ran.code == 2
    assert "tree" in ran.err
    assert "single" in ran.err
