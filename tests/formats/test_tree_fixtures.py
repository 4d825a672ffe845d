"""Tree files of others are read to the counts of Python's own reader."""

import json  # noqa: TID251 - another reader than the one that is tested
from pathlib import Path

import pytest

from pipeline.formats.cli_plan import is_plan, read_plan
from pipeline.formats.head import file_format, holds_rows, read_head
from pipeline.formats.json_array import ArrayReading
from pipeline.formats.rules import ReadRules
from pipeline.mapping.references import identity_of, looks_exported, references_in
from tests.formats.conftest import contents

TREES = Path(__file__).parents[1] / "fixtures/trees"
FILES = sorted(TREES.rglob("*.json"))
PLANS = [path for path in FILES if isinstance(json.loads(path.read_bytes()), list)]
DATA = [path for path in FILES if path not in PLANS]


def name(path: Path) -> str:
    return str(path.relative_to(TREES))


def known(plan: Path) -> set[str]:
    """Name the references that the rows of a plan, and their children, call themselves, as Python reads them."""
    found: set[str] = set()

    def visit(record):
        found.add(record["attributes"]["referenceId"])
        for value in record.values():
            if isinstance(value, dict):
                for child in value.get("records", []):
                    visit(child)

    for step in json.loads(plan.read_bytes()):
        for file in step["files"]:
            for record in json.loads((plan.parent / file).read_bytes())["records"]:
                visit(record)
    return found


def test_there_are_plans_and_tree_files():
    assert (len(PLANS), len(DATA)) == (13, 29)


@pytest.mark.parametrize("path", DATA, ids=name)
@pytest.mark.parametrize("size", [7, 65_536])
def test_a_tree_file_is_read_to_the_counts_of_another_reader(path: Path, size: int):
    source, expected = path.read_bytes(), json.loads(path.read_bytes())["records"]
    head = read_head(path.name, file_format(path.name, ReadRules()), source, ReadRules(), whole=True)
    assert holds_rows("json", [source[head.size :]])
    assert head.columns == tuple(dict.fromkeys(key for record in expected for key in record))
    found = contents(ArrayReading(ReadRules()), source, size)
    assert found.rows == expected
    assert not found.unreadable
    assert [identity_of(row)[1] for row in found.rows] == [record["attributes"]["referenceId"] for record in expected]
    assert not is_plan(source)


@pytest.mark.parametrize("path", PLANS, ids=name)
def test_a_plan_is_read_as_another_reader_reads_it(path: Path):
    source = path.read_bytes()
    assert is_plan(source)
    assert [(step.object, [*step.files]) for step in read_plan(path.name, source)] == [
        (step["sobject"], step["files"]) for step in json.loads(source)
    ]


@pytest.mark.parametrize(
    ("path", "unresolved"),
    [
        ("plugin-data/missingRef/Account-Opportunity-plan.json", {"AccountRef2000"}),
        ("easy-spaces-lwc/Market__c-Space__c-plan.json", {"ContactRef1", "ContactRef3"}),
        ("easy-spaces-lwc/Reservation__c-plan.json", {"ContactRef1", "ContactRef3", "Market__cRef3", "Market__cRef6"}),
        ("easy-spaces-lwc/Plan2.json", set()),
        ("plugin-data/self-referencing/Account-plan.json", set()),
        ("plugin-data/accounts-contacts-plan.json", set()),
        ("coral-cloud/data-plan.json", set()),
        ("dreamhouse-lwc/sample-data-plan.json", set()),
        ("lwc-recipes/data-plan.json", set()),
    ],
)
def test_references_that_no_row_of_the_plan_has_are_found(path: str, unresolved: set[str]):
    plan = TREES / path
    wanted = set()
    for step in read_plan(plan.name, plan.read_bytes()):
        for file in step.files:
            for row in contents(ArrayReading(ReadRules()), (plan.parent / file).read_bytes(), 65_536).rows:
                wanted |= {*references_in(row, lambda key: key.endswith(("Id", "__c"))).values()}
    assert wanted - known(plan) == unresolved


def test_self_references_are_found_with_what_they_stand_for():
    rows = contents(ArrayReading(ReadRules()), (TREES / "plugin-data/self-referencing/Account.json").read_bytes(), 65_536).rows
    own = {identity_of(row).reference for row in rows}
    needs = {identity_of(row).reference: references_in(row, "ParentId".__eq__) for row in rows if "ParentId" in row}
    assert needs["AccountRef5"] == {"ParentId": "AccountRef10"}
    assert all(found["ParentId"] in own for found in needs.values())
    assert all(looks_exported(f"@{reference}") for reference in own)
