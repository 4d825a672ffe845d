"""What an import may set off in the org, by the real command: nothing that it can keep from, unless it is asked for."""

import orjson
import pytest

from pipeline.simulator.effects import OTHER_QUEUE, QUEUE, RULES
from tests.cli.conftest import serving

LEADS = "LastName,Company\nLee,Acme\nKim,Acme\n"


@pytest.fixture
def leads(desk, served):
    return _job(desk, served, "Lead", LEADS)


def _job(desk, served, object_name: str, rows: str):
    desk.write("rows.csv", rows)
    desk.write(
        "job.toml",
        f"""
        [job]
        object = "{object_name}"
        input = "rows.csv"
        [org]
        url = "{served.url}"
        auth = {{kind = "client_credentials", client_id = "{served.client_id}", client_secret = "env:ORG_SECRET"}}
        """,
    )

    def run(*settings: str):
        given = [part for setting in settings for part in ("--set", setting)]
        return desk.treeload("run", "job.toml", "--fresh", *given, ORG_SECRET=served.client_secret)

    return run


def owners(served) -> list[str | None]:
    """Who owns what was created last: None, if no rule has said so."""
    last = orjson.loads(served.ledger.read_bytes().splitlines()[-1])
    return [record["fields"].get("OwnerId") for record in last["records"]]


@pytest.mark.parametrize(
    ("assignment", "owner", "told"),
    [
        ("off", None, "Allowed in the org: no assignment rules, and nothing that a duplicate rule finds."),
        ("active", QUEUE, "Allowed in the org: the active assignment rules."),
        (RULES[1].id, OTHER_QUEUE, f"Allowed in the org: the assignment rule {RULES[1].id}."),
    ],
)
def test_assignment_rules_run_only_if_that_is_asked_for_and_the_report_says_it(leads, served, desk, assignment, owner, told):
    ran = leads(f"effects.assignment={assignment}")
    assert ran.code == 0
    assert owners(served) == [owner, owner]
    assert told in ran.out
    summary = desk.summary()
    asked = {"assignment": assignment, "duplicate_rules": "block", "recently_viewed": False}
    assert summary["effects"] == asked
    assert [session["effects"] for session in summary["sessions"]] == [asked]


def test_without_a_word_no_rule_runs(leads, served):
    assert leads().code == 0
    assert owners(served) == [None, None]


@pytest.mark.parametrize("route", ["tree", "collections", "single"])
@pytest.mark.parametrize(("assignment", "owner"), [("off", None), ("active", QUEUE)])
def test_it_is_the_same_on_every_road(leads, served, route, assignment, owner):
    assert leads(f"send.route={route}", f"effects.assignment={assignment}").code == 0
    assert owners(served)[-1] == owner


def test_a_rule_for_an_object_that_has_none_is_one_line_and_nothing_is_sent(desk, served):
    ran = _job(desk, served, "Contact", "LastName\nLee\n")("effects.assignment=01QSM0000000001")
    assert (ran.code, len(ran.complaints)) == (2, 1)
    assert "effects.assignment names a rule, but Contact has none" in ran.complaints[0]
    assert served.ledger.read_bytes() == b""


@pytest.mark.parametrize(("rule", "created"), [("alert", 1), ("block", 0)])
def test_what_a_duplicate_rule_warns_of_is_rejected_or_created_as_the_job_says(desk, rule, created):
    with serving(desk, "--duplicates", rule) as served:
        run = _job(desk, served, "Contact", "LastName,Email\nLee,lee@example.org\n")
        assert run().code == 0
        assert run().code == 3
        assert [row["error_code"] for row in desk.results()] == ["DUPLICATES_DETECTED"]
        allowed = run("effects.duplicate_rules=allow")
        assert desk.summary()["totals"]["created"] == created
        assert "Allowed in the org: what a duplicate rule only warns of." in allowed.out
