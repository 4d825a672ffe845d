"""Bad days of families: what the org has is held against the report, record by record."""

import csv

import orjson
import pytest

from pipeline.simulator import Org, serve
from pipeline.simulator.fault_file import parse
from tests.scenarios.test_scenarios import treeload

PROOFS = {"marker": 'marker = "Import_Key__c"', "key": 'key = "Import_Key__c"', "values": ""}
JOB = """
[job]
object = "Account"
input = "accounts.jsonl"
state = "state"
reports = "reports"
[org]
url = "{url}"
[org.auth]
kind = "client_credentials"
client_id = "embedded"
client_secret = "env:ORG_SECRET"
[mapping]
{proof}
[send]
chunk_records = 40
concurrency = 2
requests_per_second = 0
timeout = 2
[evidence]
window = {window}
"""
LOST = 'do = "drop"\nwhen = "after_commit"\n'
NOT_DONE = 'do = "drop"\nwhen = "before_commit"\n'
LATE = 'do = "late"\nseconds = 1.0\n'


def accounts(way: str) -> bytes:
    """Write 60 accounts: some with contacts that are alike, with cases under them, with child accounts, and some with nothing."""
    rows = []
    for number in range(60):
        row: dict = {"Name": f"Company {number}"} | ({"Import_Key__c": f"K{number}"} if way == "key" else {})
        contacts: list[dict] = [{"LastName": f"Person {at % 2}", "Title": "x"} for at in range(number % 5)]
        if contacts:
            contacts[-1]["Cases"] = {"records": [{"Subject": f"Case {number}"}, {"Subject": "Question"}]}
            row["Contacts"] = contacts
        if number % 7 == 0 and way != "key":
            row["ChildAccounts"] = {"records": [{"Name": "Branch"}]}
        rows.append(row)
    rows[33]["Contacts"][0]["Title"] = "poison"
    return b"\n".join(map(orjson.dumps, rows))


def agree(folder, org: Org) -> dict[str, int]:
    """Hold each record of the report against the org's: its fields, and its parent; count records by state."""
    with (folder / "reports/latest/results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows = (folder / "accounts.jsonl").read_bytes().splitlines()
    has = {record["Id"]: record for name in ("Account", "Contact", "Case") for record in org.records(name)}
    by_reference = {line["reference"]: line for line in lines}
    assert len(by_reference) == len(lines)
    for at, raw in enumerate(rows, start=1):
        number = 0

        def check(sent: dict, parent: str, link: str, at: int = at) -> None:
            nonlocal number
            line = by_reference.pop(f"r1_{at}_{number}" if number else f"r1_{at}")
            number += 1
            below = [(key, sent.pop(key)) for key in ("Contacts", "Cases", "ChildAccounts") if key in sent]
            if line["id"]:
                record = has.pop(line["id"])
                assert line["state"] in {"created", "recovered"}
                assert {key: record[key] for key in sent} == sent
                assert not link or record[link] == parent
            for key, value in below:
                for child in value if isinstance(value, list) else value["records"]:
                    check(child, line["id"], {"Contacts": "AccountId", "Cases": "ContactId", "ChildAccounts": "ParentId"}[key])

        check(orjson.loads(raw), "", "")
    assert by_reference == {}
    in_doubt = sum(line["state"] == "in_doubt" for line in lines)
    assert has == {} or in_doubt, "the org has records that the report does not name"
    return {state: sum(line["state"] == state for line in lines) for state in {line["state"] for line in lines}}


async def played(folder, way: str, plan: str, window: float = 0.5) -> tuple[int, dict[str, int]]:
    poison = '\n[[fault]]\ndo = "trigger"\n[fault.where]\nfield = "Title"\nequals = "poison"\n'
    org = Org(faults=parse(poison + plan, "plan"))  # one fault a request, the first that fits: the trigger spares none
    (folder / "accounts.jsonl").write_bytes(accounts(way))
    async with serve(org) as server:
        (folder / "job.toml").write_text(JOB.format(url=server.url, proof=PROOFS[way], window=window))
        code = await treeload({}, folder, org)
        states = agree(folder, org)
    org.close()
    assert orjson.loads((folder / "reports/latest/summary.json").read_bytes())["balanced"]
    return code, states


@pytest.mark.parametrize("way", PROOFS)
@pytest.mark.parametrize("fault", [LOST, NOT_DONE], ids=["lost reply", "lost request"])
async def test_families_in_doubt_are_found_whole_or_sent_again(tmp_path, way, fault):
    code, states = await played(tmp_path, way, f"[[fault]]\nnth = [2, 3]\n{fault}")
    assert code == 3, states
    assert states.get("in_doubt", 0) == 0, states
    assert (states.get("recovered", 0) > 0) == (fault == LOST), states


@pytest.mark.parametrize("way", ["marker", "key"])
async def test_families_that_the_org_creates_after_all_are_not_created_twice(tmp_path, way):
    plan = f'[[fault]]\nnth = [2]\n{LATE}\n[[fault]]\nafter = 6\ntimes = 2\ndo = "slow"\nseconds = 2.0\n'
    code, states = await played(tmp_path, way, plan, window=0.2)
    assert code == 3, states
    assert states.get("in_doubt", 0) == 0, states
