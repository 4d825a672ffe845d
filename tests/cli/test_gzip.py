"""send.gzip by the real command: nothing but the bytes on the line is different."""

import pytest

from tests.cli.conftest import serving

ROWS = "LastName,Email,Description\n" + "".join(f"Person {n},person{n}@example.org,met at the trade fair\n" for n in range(300))
LOST = '[[fault]]\ndo = "drop"\nwhen = "after_commit"\nnth = [1, 2]\n'


@pytest.fixture
def job(desk):
    desk.write("people.csv", ROWS)

    def run(served, *settings: str):
        desk.write(
            "job.toml",
            f"""
            [job]
            object = "Contact"
            input = "people.csv"
            [org]
            url = "{served.url}"
            auth = {{kind = "access_token", token = "env:TOKEN"}}
            [mapping]
            marker = "Import_Key__c"
            [evidence]
            window = 0
            """,
        )
        given = [part for setting in settings for part in ("--set", setting)]
        return desk.treeload("run", "job.toml", *given, TOKEN=served.token)

    return run


def test_a_packed_load_creates_every_row_and_names_bad_ones_by_their_lines(desk, job, served):
    desk.write("people.csv", ROWS + "Kim,no address,x\n")
    assert job(served, "send.gzip=true").code == 3
    assert desk.summary()["totals"]["created"] == 300
    assert [(row["line"], row["error_code"]) for row in desk.results() if row["state"] != "created"] == [
        ("302", "INVALID_EMAIL_ADDRESS")
    ]


def test_a_lost_reply_to_a_packed_request_is_found_out_and_nothing_is_sent_twice(desk, job):
    desk.write("lost.toml", LOST)
    with serving(desk, "--faults", "lost.toml") as served:
        assert job(served, "send.gzip=true").code == 0
        totals = desk.summary()["totals"]
        assert (totals["created"], totals["recovered"], totals["distinct_ids"]) == (300, 300, 300)
        assert sum(line.count(b'"id":"003') for line in served.ledger.read_bytes().splitlines()) == 300
