"""Names and references noted while files are looked through: just those that another reading of the rows finds."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assembly.linking import Linking
from pipeline.assembly.way import way_by
from pipeline.model.record import MEMBER
from pipeline.model.row import ObjectBlock
from tests.assembly.test_recalling import fetch, work_of

JOB = """
[job]
object = "Account"
state = "state"
reports = "reports"
[org]
url = "embedded"
[mapping.children.Contacts]
[mapping.children.ChildAccounts]
[mapping.cases.Lead]
when = { column = "Company", filled = true }
ignore = ["Contacts", "ChildAccounts"]
"""
NAMES = st.sampled_from(["a", "b", "c", "d"])
REFERENCES = NAMES.map(lambda name: f"@{name}")
TEXTS = st.sampled_from(["Kim", "@Kim", "5", ""])


def record(name: str, required: str, **optional: st.SearchStrategy) -> st.SearchStrategy:
    attributes = st.fixed_dictionaries({"type": st.just(name)}, optional={"referenceId": NAMES})
    return st.fixed_dictionaries({required: TEXTS}, optional={"attributes": attributes, **optional})


CONTACTS = st.lists(record("Contact", "LastName", ReportsToId=REFERENCES, Title=TEXTS), max_size=2)
BRANCHES = st.lists(record("Account", "Name", ParentId=REFERENCES), max_size=2)
ACCOUNTS = record(
    "Account",
    "Name",
    ParentId=REFERENCES | st.just("001SM0000000001YAA"),
    Description=REFERENCES,
    Contacts=CONTACTS.map(lambda records: {"records": records}),
    ChildAccounts=BRANCHES,
)
LEADS = record("Lead", "Company", OwnerId=REFERENCES).map(lambda row: row | {"Company": "Acme"})


class Noted:
    """Remembers what it was told of rows."""

    def __init__(self):
        self.rows: dict[tuple[int, int], tuple[list, list]] = {}
        self.lost: list[tuple[int, int]] = []

    def note(self, row, records, needs):
        self.rows[row] = (list(records), list(needs))

    def lose_one(self, row, why):
        self.lost.append(row)


LOOKUPS = {"ParentId", "ReportsToId", "OwnerId"}
BELOW = {"Contacts": "Contact", "ChildAccounts": "Account"}


def walked(row: dict[str, Any], line: int) -> tuple[list, list]:
    """Find names and references in a row by walking through it."""
    names, needs, number = [], [], 0

    def walk(one: dict[str, Any], object_name: str) -> None:
        nonlocal number
        if name := one.get("attributes", {}).get("referenceId"):
            names.append((name, line + number * MEMBER, object_name))
        needs.extend(value[1:] for key, value in one.items() if key in LOOKUPS and value.startswith("@"))
        for key, value in one.items():
            for child in (value["records"] if isinstance(value, dict) else value) if key in BELOW else ():
                number += 1
                walk(child, BELOW[key])

    walk(row, "Lead" if row.get("Company") else "Account")
    return names, needs


@settings(deadline=None)
@given(st.lists(ACCOUNTS | LEADS, min_size=1, max_size=5))
async def test_each_name_and_each_reference_of_a_lookup_is_noted_with_its_place(rows):
    first = {"attributes": {"type": "Account"}, "Name": "x", "Company": None, "LastName": None}
    rows = [first, *({"Company": None} | row for row in rows)]
    raw = [*map(orjson.dumps, rows)]
    with TemporaryDirectory() as folder:
        work = work_of(Path(folder), "rows.jsonl", b"\n".join(raw), JOB)
        way = await way_by(work, fetch)
    noted = Noted()
    lines = list(range(1, len(rows) + 1))
    Linking(way.kinds, noted).take(work.files[0], ObjectBlock(lines, lines, raw, rows=rows))  # type: ignore[arg-type]
    assert noted.rows == {(1, line): walked(row, line) for line, row in zip(lines, rows, strict=True)}
    assert noted.lost == []


async def test_a_row_that_can_not_be_taken_apart_is_lost_and_still_has_its_name(tmp_path):
    row = {"attributes": {"type": "Account", "referenceId": "a"}, "Name": "x", "Contacts": 3}
    raw = [orjson.dumps(row | {"Contacts": [{"LastName": "Kim"}]}), orjson.dumps(row)]
    work = work_of(tmp_path, "rows.jsonl", raw[0], JOB.split("[mapping.cases", maxsplit=1)[0])
    way, noted = await way_by(work, fetch), Noted()
    block = ObjectBlock([1, 2], [0, 0], raw, rows=[*map(orjson.loads, raw)])
    Linking(way.kinds, noted).take(work.files[0], block)  # type: ignore[arg-type]
    assert noted.lost == [(1, 2)]
    assert noted.rows == {(1, 1): ([("a", 1, "Account")], []), (1, 2): ([("a", 2, "Account")], [])}
