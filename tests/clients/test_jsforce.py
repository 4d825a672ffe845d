"""jsforce on the embedded org."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.conftest import Desk, Served
from tests.clients import node
from tests.clients.conftest import ROWS, Held, held

SCRIPT = Path(__file__).with_name("roads.cjs")


def take(desk: Desk, served: Served, road: str) -> Any:
    """Take one of the roads in the script, and read what it prints."""
    rows = desk.write("rows.json", orjson.dumps(ROWS))
    ran = node.run(desk.folder, SCRIPT, node.package("jsforce"), served.url, served.token, road, rows)
    assert ran.returncode == 0, ran.stderr
    return orjson.loads(ran.stdout)


@pytest.mark.parametrize("road", ["collections", "tree", "bulk2", "upsert"])
def test_each_of_its_roads_and_our_trees_make_the_same_records(desk: Desk, served: Served, ours: Held, road: str):
    take(desk, served, road)
    assert held(served.ledger) == ours


def test_its_bulk_jobs_say_which_rows_failed(desk: Desk, served: Served):
    results = take(desk, served, "failures")
    assert [row["LastName"] for row in results["successfulResults"]] == ["Lee"]
    assert "INVALID_EMAIL_ADDRESS" in results["failedResults"][0]["sf__Error"]
    assert results["unprocessedRecords"] == []


def test_it_reads_all_pages_and_what_describes_the_org(desk: Desk, served: Served):
    told = take(desk, served, "reading")
    assert (told["found"], told["exported"]) == (5 * len(ROWS), 5 * len(ROWS))
    assert told["who"].startswith("005")
    assert told["fields"] > 10
    assert told["objects"] > 10
    assert told["limits"] == 15000


def test_single_records_go_their_whole_way(desk: Desk, served: Served):
    assert take(desk, served, "single") == {
        "many": [True, False],
        "retrieved": ["Roe", "Kim"],
        "gone": [True],
        "left": ["Roe"],
        "refused": "REQUIRED_FIELD_MISSING",
    }
