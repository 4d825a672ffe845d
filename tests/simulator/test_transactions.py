from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.simulator import Org
from pipeline.simulator.ledger import Alteration, Deletion, Entry, read

STEPS = st.lists(st.tuples(st.sampled_from(["create", "update", "delete", "erase"]), st.integers(0, 5), st.sampled_from("xyz")))


def play(org: Org, steps: list[tuple[str, int, str]]) -> None:
    """Do steps to contacts, chosen by number among those that are there; a key that is taken is left out."""
    table = org.table("Contact")
    for step, number, key in steps:
        there = list(table.rows)
        free = table.holder(("Import_Key__c", key)) is None
        if step == "create" and free:
            org.commit("", [Entry("Contact", org.mint(table.sobject), None, {"LastName": key, "Import_Key__c": key})])
        elif there and step == "update" and free:
            org.commit("", updated=[Alteration("Contact", there[number % len(there)], {"Import_Key__c": key})])
        elif there and step in {"delete", "erase"}:
            org.commit("", deleted=[Deletion("Contact", there[number % len(there)], erased=step == "erase")])


def then_fail(org: Org, steps: list[tuple[str, int, str]]) -> None:
    play(org, steps)
    raise ZeroDivisionError


def commit_and_fail(org: Org, entry: Entry) -> None:
    org.commit("", [entry])
    raise ValueError("not a record")


def state(org: Org) -> tuple:
    table = org.table("Contact")
    kept = {record_id: record.values for record_id, record in table.rows.items()}
    taken = {key: table.holder(("Import_Key__c", key)) for key in "xyz"}
    found = {key: sorted(table.find(table.sobject.fields["Import_Key__c"], key)) for key in "xyz"}
    return kept, sorted(table.bin), taken, found


@given(STEPS, STEPS)
def test_what_is_taken_back_leaves_no_trace(before: list, meanwhile: list):
    org = Org()
    play(org, before)
    there = state(org)
    with pytest.raises(ZeroDivisionError), org.together():
        then_fail(org, meanwhile)
    assert state(org) == there


@given(STEPS, STEPS)
@example([], [("create", 0, "x"), ("create", 0, "y"), ("delete", 1, "x"), ("update", 0, "y")])
def test_an_org_that_starts_again_has_what_it_had(tmp_path_factory, before: list, meanwhile: list):
    path = tmp_path_factory.mktemp("ledger") / "org.jsonl"
    org = Org(ledger=path)
    play(org, before)
    with org.together():
        play(org, meanwhile)
    org.close()
    again = Org(ledger=path)
    assert state(again) == state(org)
    again.close()


def test_what_is_done_together_is_one_line(tmp_path: Path):
    org = Org(ledger=tmp_path / "org.jsonl")
    with org.together():
        play(org, [("create", 0, "x"), ("create", 0, "y"), ("update", 0, "z"), ("delete", 1, "x")])
    with org.together():
        pass
    org.close()
    (line,) = read(tmp_path / "org.jsonl")
    assert [entry.fields["Import_Key__c"] for entry in line.records] == ["y", "z"]
    assert line.updated == ()  # a record that is altered by the request that creates it is only new
    assert line.deleted == (Deletion("Contact", line.records[0].id),)


def test_what_is_taken_back_is_in_no_ledger(tmp_path: Path):
    org = Org(ledger=tmp_path / "org.jsonl")
    with pytest.raises(ZeroDivisionError), org.together():
        then_fail(org, [("create", 0, "x")])
    org.close()
    assert list(read(tmp_path / "org.jsonl")) == []


def test_a_campaign_that_is_taken_back_leaves_no_statuses():
    org = Org()
    fair = Entry("Campaign", org.mint(org.table("Campaign").sobject), None, {"Name": "Fair"})
    with pytest.raises(ValueError, match="not a record"), org.together():
        commit_and_fail(org, fair)
    assert (org.count("Campaign"), org.count("CampaignMemberStatus")) == (0, 0)


def test_a_ledger_that_alters_what_it_never_created_is_refused(tmp_path: Path):
    path = tmp_path / "org.jsonl"
    org = Org(ledger=path)
    play(org, [("create", 0, "x"), ("update", 0, "y")])
    org.close()
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[1])
    with pytest.raises(ValueError, match=r"org\.jsonl: alters or deletes 003\w+, which it has not created"):
        Org(ledger=path)
