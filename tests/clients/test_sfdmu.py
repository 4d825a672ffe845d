"""SFDMU, a plugin of the Salesforce CLI, on the embedded org: collections for a few rows, bulk jobs for many."""

import orjson
import pytest

from tests.cli.conftest import Desk, Served
from tests.clients import node
from tests.clients.conftest import ROWS, Held, as_csv, held
from tests.clients.test_sf_cli import QUIET

FIELDS = ", ".join(ROWS[0])


def moved(desk: Desk, served: Served, rows: list, operation: str) -> None:
    """Move the rows of a file to the org."""
    desk.write("Account.csv", as_csv(rows))
    wanted = {"query": f"SELECT {FIELDS} FROM Account", "operation": operation, "externalId": "Import_Key__c"}
    org = {"name": "sim", "instanceUrl": served.url, "accessToken": served.token}
    desk.write("export.json", orjson.dumps({"orgs": [org], "objects": [wanted]}))
    program = node.package("@salesforce/cli") / "bin/run.js"
    linked = node.run(desk.folder, program, "plugins", "link", node.package("sfdmu"), "--no-install", **QUIET)
    assert linked.returncode == 0, linked.stderr
    ran = node.run(
        desk.folder, program, "sfdmu", "run", "--sourceusername", "csvfile", "--targetusername", "sim", "--path", ".", **QUIET
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("operation", ["Insert", "Upsert"])
def test_its_large_moves_and_our_trees_make_the_same_records(desk: Desk, served: Served, ours: Held, operation: str):
    moved(desk, served, ROWS, operation)
    assert held(served.ledger) == ours


def test_a_second_move_makes_nothing_twice(desk: Desk, served: Served):
    moved(desk, served, [{**row, "Name": "not yet"} for row in ROWS[:5]], "Upsert")
    moved(desk, served, ROWS[:9], "Upsert")
    assert [dict(fields)["Name"] for _, fields in held(served.ledger)] == sorted(row["Name"] for row in ROWS[:9])
