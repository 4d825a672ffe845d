"""Contacts of accounts that the org locks: with lanes no request ever meets another one at a parent."""

import asyncio
import csv
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest

from pipeline.errors import ExitCode
from pipeline.simulator import Org, parse_plan, serve
from pipeline.simulator.fault_turns import LOCKED
from pipeline.simulator.ledger import Entry, read
from tests.scenarios.test_scenarios import treeload

AT_ONCE = "[locks]\nhold = 0.02\nwait = 0\n"
"""Who meets another one at a parent fails, however short it would have been."""
ROWS, ACCOUNTS, HOT, EACH = 2000, 60, 400, 50
JOB = """
[job]
object = "Contact"
input = "people.{ending}"
state = "state"
reports = "reports"
[org]
url = "{url}"
[org.auth]
kind = "client_credentials"
client_id = "embedded"
client_secret = "env:ORG_SECRET"
[mapping]
marker = "Import_Key__c"
[send]
chunk_records = 50
requests_per_second = 0
lock_fields = {fields}
[evidence]
window = 0.5
"""


def seeded(folder: Path, plan: str) -> tuple[Org, list[str], list[str]]:
    """Make an org with accounts and managers; return their ids."""
    org = Org(faults=parse_plan(plan), ledger=folder / "org.jsonl")
    ids = {}
    for name, field in (("Account", "Name"), ("Contact", "LastName")):
        ids[name] = [org.mint(org.table(name).sobject) for _ in range(ACCOUNTS)]
        org.commit("/seed", [Entry(name, one, None, {field: f"{name} {at}"}) for at, one in enumerate(ids[name])])
    return org, ids["Account"], ids["Contact"]


def locked(org: Org) -> int:
    """Count the requests that failed because of a lock."""
    assert org.faults
    return org.faults.happened[LOCKED]


def people(accounts: list[str], managers: list[str]) -> list[dict[str, str]]:
    """Draw contacts: a fifth of one account, some without, a few with a manager, or with an id written short."""
    dice = random.Random(7)  # noqa: S311 - no secret
    rows = []
    for number in range(ROWS):
        account = accounts[0] if number < HOT else dice.choice([*accounts[1:], ""])
        account = account[:15] if dice.random() < 0.1 else account
        manager = dice.choice(managers) if dice.random() < 0.02 else ""
        rows.append({"LastName": f"Person {number}", "AccountId": account, "ReportsToId": manager})
    dice.shuffle(rows)
    return rows


def write(folder: Path, rows: list[dict[str, str]], url: str, *, fields: str = '"auto"', ending: str = "csv") -> None:
    (folder / "job.toml").write_text(JOB.format(url=url, fields=fields, ending=ending))
    if ending == "csv":
        with (folder / "people.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        full = ({key: value for key, value in row.items() if value} for row in rows)
        (folder / "people.jsonl").write_bytes(b"\n".join(map(orjson.dumps, full)))


def agree(folder: Path, org: Org, rows: list[dict[str, str]], first: int) -> None:
    """Hold the report, and the order of each account's contacts, against the ledger."""
    created = [entry for one in read(folder / "org.jsonl") if one.path != "/seed" for entry in one.records]
    ids = {entry.fields["LastName"]: entry.id for entry in created}
    assert len(ids) == len(created) == org.count("Contact") - ACCOUNTS == len(rows)
    with (folder / "reports/latest/results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["line"]) for line in lines] == [*range(first, first + len(rows))], "the report is in the order of the file"
    assert [line["id"] for line in lines] == [ids[row["LastName"]] for row in rows]
    assert orjson.loads((folder / "reports/latest/summary.json").read_bytes())["balanced"]


@pytest.mark.parametrize(("ending", "first"), [("csv", 2), ("jsonl", 1)])
@pytest.mark.parametrize("order", ["by lot", "sorted"])
async def test_with_lanes_no_row_is_ever_locked_and_requests_are_full(tmp_path, ending, first, order):
    org, accounts, managers = seeded(tmp_path, AT_ONCE)
    rows = people(accounts, managers)
    if order == "sorted":
        rows.sort(key=lambda row: row["AccountId"][:15])
    async with serve(org) as server:
        write(tmp_path, rows, server.url, ending=ending)
        assert await treeload({}, tmp_path, org) == 0
        agree(tmp_path, org, rows, first)
    org.close()
    assert locked(org) == 0
    assert org.calls["tree"] <= ROWS / EACH / 0.93, "32 lanes leave something over, of 40 requests"
    places = {row["LastName"]: at for at, row in enumerate(rows)}
    sent = [entry.fields for one in read(tmp_path / "org.jsonl") if one.path != "/seed" for entry in one.records]
    for account in accounts:
        order_sent = [places[fields["LastName"]] for fields in sent if fields.get("AccountId", "")[:15] == account[:15]]
        assert order_sent == sorted(order_sent)


async def test_without_lanes_rows_are_locked_and_loaded_all_the_same_for_more_calls(tmp_path):
    org, accounts, managers = seeded(tmp_path, AT_ONCE)
    rows = people(accounts, managers)[:600]
    async with serve(org) as server:
        write(tmp_path, rows, server.url, fields="[]")
        assert await treeload({}, tmp_path, org) == 0
        agree(tmp_path, org, rows, 2)
    org.close()
    assert locked(org) > 0
    assert org.calls["tree"] > 600 / EACH


async def test_lost_replies_and_requests_leave_lanes_as_they_are(tmp_path):
    lost = '[[fault]]\ndo = "drop"\nnth = [9, 20]\nwhen = "after_commit"\n[[fault]]\ndo = "drop"\nnth = [14, 15, 30]\n'
    org, accounts, managers = seeded(tmp_path, AT_ONCE + lost)
    rows = people(accounts, managers)
    async with serve(org) as server:
        write(tmp_path, rows, server.url)
        assert await treeload({}, tmp_path, org) == 0
        agree(tmp_path, org, rows, 2)
    org.close()
    assert locked(org) == 0
    states = Counter(row["state"] for row in csv.DictReader((tmp_path / "reports/latest/results.csv").read_text().splitlines()))
    assert states.keys() == {"created", "recovered"}
    assert EACH <= states["recovered"] <= 2 * EACH, "two requests, one of which may be what a lane left over"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_run_that_was_killed_or_stopped_goes_on_in_lanes_with_nothing_twice(tmp_path, how):
    org, accounts, managers = seeded(tmp_path, AT_ONCE)
    rows = people(accounts, managers)
    async with serve(org) as server:
        write(tmp_path, rows, server.url)
        environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pipeline", "run", "job.toml"),
            cwd=tmp_path,
            env=environ | {"HOME": str(tmp_path), "ORG_SECRET": org.client_secret},
            stderr=asyncio.subprocess.DEVNULL,
        )
        while org.calls["tree"] < 15:
            await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.001)
        process.send_signal(how)
        assert await process.wait() in {-signal.SIGKILL, ExitCode.RESUMABLE}
        assert await treeload({}, tmp_path, org) == 0
        agree(tmp_path, org, rows, 2)
    org.close()
    assert locked(org) == 0


JOINED = """
[mapping.children.Contacts]
input = "contacts.csv"
join = { Of = "Number" }
"""


async def test_families_of_two_files_go_in_lanes_by_what_parents_and_children_look_up(tmp_path):
    org, accounts, managers = seeded(tmp_path, AT_ONCE)
    dice = random.Random(3)  # noqa: S311 - no secret
    above = [dice.choice([accounts[0], *accounts]) for _ in range(400)]
    parents = "".join(f"{number},Company {number},{one}\n" for number, one in enumerate(above))
    children = "".join(f"{number},Person {number},{dice.choice(['', *managers[:9]])}\n" for number in range(0, 400, 3))
    (tmp_path / "accounts.csv").write_text("Number,Name,ParentId\n" + parents)
    (tmp_path / "contacts.csv").write_text("Of,LastName,ReportsToId\n" + children)
    async with serve(org) as server:
        job = JOB.format(url=server.url, fields='"auto"', ending="csv").replace("Contact", "Account", 1)
        job = job.replace("people.csv", "accounts.csv").replace('[mapping]\nmarker = "Import_Key__c"\n', f"[mapping]\n{JOINED}")
        (tmp_path / "job.toml").write_text(job)
        assert await treeload({}, tmp_path, org) == 0
    org.close()
    assert org.count("Account") == ACCOUNTS + 400
    assert org.count("Contact") == ACCOUNTS + 134
    assert locked(org) == 0


async def test_parts_of_a_family_that_is_larger_than_a_request_go_one_after_the_other(tmp_path):
    org, _, _ = seeded(tmp_path, AT_ONCE)
    rows = [
        {"Name": f"Company {at}", "Contacts": [{"LastName": f"Person {at}.{n}"} for n in range(300 if at < 3 else 2)]}
        for at in range(20)
    ]
    (tmp_path / "people.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    async with serve(org) as server:
        job = JOB.format(url=server.url, fields='"auto"', ending="jsonl").replace("Contact", "Account", 1)
        (tmp_path / "job.toml").write_text(job.replace('marker = "Import_Key__c"', 'large_families = "split"'))
        assert await treeload({}, tmp_path, org) == 0
    org.close()
    assert org.count("Contact") == ACCOUNTS + 3 * 300 + 17 * 2
    assert locked(org) == 0
    assert org.calls["tree"] < 30
