"""What a round of chaos would not let pass."""

import pytest

from pipeline.simulator.ledger import Entry
from tests.chaos.judge import judge
from tests.chaos.shapes import Load

LOAD = Load("accounts.jsonl", "", {1: 2, 2: 1}, "Account", "")
ORG = [
    Entry("Account", "A1", "r1_1", {"Name": "Acme"}),
    Entry("Contact", "C1", "r1_1_1", {"LastName": "Twin", "AccountId": "A1"}),
    Entry("Contact", "C2", "r1_1_2", {"LastName": "Twin", "AccountId": "A1"}),
    Entry("Account", "A2", "r1_2", {"Name": "Bell"}),
    Entry("Contact", "C3", "r1_2_1", {"LastName": "Twin", "AccountId": "A2"}),
]


def report(**changed: str) -> list[dict[str, str]]:
    """Write the report as it should be, but for the ids of some references."""
    ids = {str(entry.referenceId): entry.id for entry in ORG} | changed
    return [
        {"line": name.split("_")[1], "reference": name, "state": "created" if key else "in_doubt", "id": key}
        for name, key in ids.items()
    ]


def test_a_true_report_is_let_pass_and_so_are_twins_that_stand_for_each_other():
    assert [*judge(LOAD, report(), ORG)] == []
    assert [*judge(LOAD, report(r1_1_1="C2", r1_1_2="C1"), ORG)] == []
    assert [*judge(LOAD, report(r1_2="", r1_2_1=""), ORG)] == []


@pytest.mark.parametrize(
    ("rows", "org", "fault"),
    [
        (report(r1_1_1="C3", r1_2_1="C1"), ORG, "r1_1_1 is created with id C3"),
        (report(r1_1="A2", r1_2="A1"), ORG, "r1_1 is created with id A2"),
        (report(r1_1_1="C2"), ORG, "an id is in the report twice"),
        (report(r1_2_1="A9"), ORG, "r1_2_1 is created with id A9"),
        (report(), ORG[:-1], "r1_2_1 is created with id C3, and the org has []"),
        (report(), [*ORG, ORG[0]], "r1_1 was created 2 times"),
        (report(), [*ORG, Entry("Contact", "C4", "r1_2_2", {})], "no row of the report names: ['r1_2_2']"),
        (report()[:-1], ORG, "line 2 has the records ['r1_2']"),
        (report()[:3], ORG, "the report doesn't have each line once"),
        ([row | {"state": "rejected_by_org"} for row in report()], ORG, "r1_1 is rejected_by_org, and the org has"),
    ],
)
def test_each_fault_is_told(rows, org, fault):
    assert any(fault in complaint for complaint in judge(LOAD, rows, org))
