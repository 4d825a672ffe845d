"""Rows that are loaded by the roads of other clients and by our own command, and what the org holds afterwards."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.simulator import ledger
from tests.cli.conftest import Desk, Served, serving

JOB = """\
[job]
object = "Account"
input = "accounts.csv"
state = "state"
reports = "reports"
[org]
url = "{url}"
[org.auth]
kind = "client_credentials"
client_id = "embedded"
client_secret = "env:ORG_SECRET"
"""
ROWS: list[dict[str, Any]] = [
    {
        "Name": f"Müller & Söhne, \"No. {number}\" 株式会社 '{number}'",
        "Import_Key__c": f"k{number:03}",
        "NumberOfEmployees": number,
        "AnnualRevenue": number + 0.25,
        "Description": f"first line {number}\nsecond, line",
    }
    for number in range(450)
]
"""More than two requests of a tree or of collections hold, with what CSV and JSON write differently."""

Held = list[tuple[str, list[tuple[str, Any]]]]
"""Records as object and fields, sorted; what a lookup leads to is named by its Name."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    (tmp_path / "home").mkdir()
    desk.write("accounts.csv", as_csv(ROWS))
    return desk


@pytest.fixture
def served(desk: Desk) -> Iterator[Served]:
    with serving(desk) as served:
        yield served


@pytest.fixture(scope="session")
def ours(tmp_path_factory) -> Held:
    """Load the rows by our own command into an org of its own."""
    folder = tmp_path_factory.mktemp("ours")
    desk = Desk(folder)
    (folder / "home").mkdir()
    desk.write("accounts.csv", as_csv(ROWS))
    with serving(desk) as served:
        desk.write("job.toml", JOB.format(url=served.url))
        ran = desk.treeload("run", "job.toml", ORG_SECRET=served.client_secret)
        assert (ran.code, ran.complaints) == (0, [])
    return held(served.ledger)


def as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def held(path: Path) -> Held:
    """Play a ledger through: what the org holds in the end."""
    records: dict[str, tuple[str, dict[str, Any]]] = {}
    for transaction in ledger.read(path):
        records |= {entry.id: (entry.object, entry.fields) for entry in transaction.records}
        for change in transaction.updated:
            kept = records[change.id][1] | change.fields
            records[change.id] = (change.object, {name: value for name, value in kept.items() if value is not None})
        for gone in transaction.deleted:
            del records[gone.id]
    names = {record_id: fields.get("Name") or fields.get("LastName") for record_id, (_, fields) in records.items()}
    told = [
        (name, sorted((field, names.get(value, value) if isinstance(value, str) else value) for field, value in fields.items()))
        for name, fields in records.values()
    ]
    return sorted(told, key=repr)
