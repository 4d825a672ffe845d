"""The Salesforce CLI on the embedded org: its commands as they are typed, each a process of its own."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.conftest import Desk, Served, serving
from tests.clients import node
from tests.clients.conftest import ROWS, Held, as_csv, held

TREES = Path(__file__).parents[1] / "fixtures/trees"
PLANS = ["plugin-data/accounts-contacts-plan.json", "dreamhouse-lwc/sample-data-plan.json", "lwc-recipes/data-plan.json"]
QUIET = {
    "SF_DISABLE_TELEMETRY": "true",
    "SF_AUTOUPDATE_DISABLE": "true",
    "SF_SKIP_NEW_VERSION_CHECK": "true",
    "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
}
OURS = """\
[job]
input = "{plan}"
state = "state"
reports = "reports"
[org]
url = "embedded"
learn = "{plan}"
"""

Sf = Callable[..., Any]


def logged_in(desk: Desk, served: Served) -> Sf:
    """Log in, and give the function that runs a command and reads its result; a failure's is the whole answer."""

    def sf(*args: str, ok: bool = True, **environ: str) -> Any:
        program = node.package("@salesforce/cli") / "bin/run.js"
        ran = node.run(desk.folder, program, *args, "--json", **QUIET, **environ)
        told = orjson.loads(ran.stdout)
        assert (told["status"] == 0) is ok, ran.stdout
        return told["result"] if ok else told

    sf(
        "org",
        "login",
        "access-token",
        "--instance-url",
        served.url,
        "--no-prompt",
        "--alias",
        "sim",
        SF_ACCESS_TOKEN=served.token,
    )
    return lambda *args, **more: sf(*args, "--target-org", "sim", **more)


@pytest.fixture
def sf(desk: Desk, served: Served) -> Sf:
    return logged_in(desk, served)


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> Path:
    return TREES / request.param


@pytest.fixture
def learned(desk: Desk, plan: Path) -> Iterator[Served]:
    with serving(desk, "--learn", str(plan)) as served:
        yield served


def test_its_import_of_a_plan_and_ours_make_the_same_records(desk: Desk, learned: Served, plan: Path):
    sf = logged_in(desk, learned)
    sf("data", "import", "tree", "--plan", str(plan))
    desk.write("job.toml", OURS.format(plan=plan))
    assert desk.treeload("run", "job.toml").code == 0
    assert held(learned.ledger) == held(desk.folder / "state/embedded-org.jsonl")


def test_its_bulk_import_and_our_trees_make_the_same_records(sf: Sf, served: Served, ours: Held):
    told = sf("data", "import", "bulk", "--sobject", "Account", "--file", "accounts.csv", "--wait", "1")
    assert (told["processedRecords"], told["failedRecords"]) == (len(ROWS), 0)
    assert held(served.ledger) == ours


def test_its_bulk_upsert_makes_the_same_records_and_names_those_that_failed(sf: Sf, desk: Desk, served: Served, ours: Held):
    desk.write("first.csv", as_csv([{**row, "Name": "not yet"} for row in ROWS[:100]]))
    upsert = ("data", "upsert", "bulk", "--sobject", "Account", "--external-id", "Import_Key__c", "--wait", "1", "--file")
    sf(*upsert, "first.csv")
    sf(*upsert, "accounts.csv")
    assert held(served.ledger) == ours
    desk.write("wrong.csv", "Import_Key__c,Name\nk000,\nk001,#N/A\n")
    failed = sf(*upsert, "wrong.csv", ok=False)
    assert "failed to process 1 records" in failed["message"]
    told = sf("data", "bulk", "results", "--job-id", failed["data"]["jobId"])
    (row,) = csv.DictReader(io.StringIO((desk.folder / told["failedFilePath"]).read_text()))
    assert (row["Import_Key__c"], row["sf__Error"].partition(":")[0]) == ("k001", "REQUIRED_FIELD_MISSING")


def test_single_records_go_their_whole_way(sf: Sf, desk: Desk):
    made = sf("data", "create", "record", "--sobject", "Account", "--values", "Name=Acme Import_Key__c=m1")
    sf("data", "update", "record", "--sobject", "Account", "--where", "Import_Key__c=m1", "--values", "Name=Altered")
    read = sf("data", "get", "record", "--sobject", "Account", "--record-id", made["id"])
    assert read["Name"] == "Altered"
    found = sf("data", "query", "--query", "SELECT Id, Name FROM Account")
    assert [record["Name"] for record in found["records"]] == ["Altered"]
    sf("data", "export", "bulk", "--query", "SELECT Id, Name FROM Account", "--output-file", "out.csv", "--wait", "1")
    (row,) = csv.DictReader(io.StringIO((desk.folder / "out.csv").read_text()))
    assert row == {"Id": made["id"], "Name": "Altered"}
    desk.write("gone.csv", f"Id\n{made['id']}\n")
    sf("data", "delete", "bulk", "--sobject", "Account", "--file", "gone.csv", "--wait", "1")
    assert sf("data", "query", "--query", "SELECT Id FROM Account")["totalSize"] == 0


def test_a_file_of_ten_thousand_records_is_refused_as_an_org_refuses_it(sf: Sf, desk: Desk, served: Served):
    records = [{"attributes": {"type": "Contact", "referenceId": f"r{n}"}, "LastName": "x"} for n in range(10_000)]
    desk.write("many.json", orjson.dumps({"records": records}))
    refused = sf("data", "import", "tree", "--files", "many.json", ok=False)
    assert "cannot submit more than 200 records" in orjson.dumps(refused).decode()
    assert held(served.ledger) == []
