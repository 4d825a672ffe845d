"""The org learns objects from data: the plans of others load into it, sent as the Salesforce CLI sends them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.simulator import Org
from pipeline.simulator.objects import load
from tests.simulator.conftest import Api

TREES = Path(__file__).parents[1] / "fixtures/trees"
MAKE = Callable[[Org], AbstractAsyncContextManager[Api]]
PLANS = [
    "coral-cloud/data-plan.json",
    "dreamhouse-lwc/sample-data-plan.json",
    "easy-spaces-lwc/Plan1.json",
    "easy-spaces-lwc/Plan2.json",
    "lwc-recipes/data-plan.json",
    "plugin-data/accounts-contacts-plan.json",
    "plugin-data/commonChild/Account-Opportunity-Task-Case-plan.json",
    "plugin-data/self-referencing/Account-plan.json",
    "purealoe-lwc/Harvest_Field__c-plan.json",
    "purealoe-lwc/Merchandise__c-plan.json",
]


def batches(plan: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for step in orjson.loads(plan.read_bytes()):
        for file in step["files"]:
            yield step["sobject"], orjson.loads((plan.parent / file).read_bytes())["records"]


def resolved(record: dict[str, Any], made: dict[str, str]) -> dict[str, Any] | None:
    """Put ids for references; None if one isn't known yet."""
    filled = {key: made.get(value, value) if isinstance(value, str) else value for key, value in record.items()}
    open_references = [key for key, value in filled.items() if str(value).startswith("@")]
    return None if open_references else filled


async def load_plan(api: Api, plan: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Send a plan in 200s, what has to wait last; return the ids by reference, and what never could be sent."""
    made: dict[str, str] = {}
    waiting = [(name, record) for name, records in batches(plan) for record in records]
    while waiting:
        name = next((name for name, record in waiting if resolved(record, made)), None)
        if name is None:
            break
        sent = [record for kind, record in waiting if kind == name and resolved(record, made)][:200]
        body = orjson.dumps({"records": [resolved(record, made) for record in sent]})
        reply = await api.ask("POST", f"/composite/tree/{name}", data=body)
        assert reply.status == 201, reply.body
        made |= {f"@{result['referenceId']}": result["id"] for result in reply.json["results"]}
        waiting = [(kind, record) for kind, record in waiting if not any(record is each for each in sent)]
    return made, [record for _, record in waiting]


@pytest.mark.parametrize("name", PLANS)
async def test_a_plan_loads_into_an_org_that_learned_from_it_with_all_references_resolved(name: str, make_api: MAKE):
    plan = TREES / name
    org = Org(learn=[plan])
    async with make_api(org) as api:
        made, left = await load_plan(api, plan)
    assert not left
    for object_name, records in batches(plan):
        kept = {row["Id"]: row for row in org.records(object_name)}
        for record in records:
            row = {key.lower(): value for key, value in kept[made["@" + record["attributes"]["referenceId"]]].items()}
            expected = {key.lower(): made.get(value, value) for key, value in flat(record)}
            shown = {key: row[key] for key in expected}
            assert {key: str(value) for key, value in shown.items()} == {key: str(value) for key, value in expected.items()}


def flat(record: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in record.items() if not isinstance(value, dict)]


async def test_a_reference_that_nothing_has_stays_open(make_api: MAKE):
    plan = TREES / "plugin-data/missingRef/Account-Opportunity-plan.json"
    async with make_api(Org(learn=[plan])) as api:
        made, left = await load_plan(api, plan)
    assert [record["AccountId"] for record in left] == ["@AccountRef2000"]
    assert {*made} == {"@AccountRef1", "@AccountRef2"}


def write(folder: Path, *records: dict[str, Any]) -> list[Path]:
    (folder / "data.json").write_bytes(orjson.dumps({"records": records}))
    return [folder / "data.json"]


def record(object_name: str, reference: str, /, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": object_name, "referenceId": reference}, **fields}


def test_what_the_org_has_stays_as_it_is(tmp_path: Path):
    files = write(tmp_path, record("contact", "c1", lastname=5, Vip__c=True, Account={"Name": "x"}))
    before, after = load(None)["contact"], load(None, files)["contact"]
    assert after.fields.keys() - before.fields.keys() == {"Vip__c"}
    assert after.describe["fields"][: len(before.fields)] == before.describe["fields"]
    assert after.describe["fields"][-1]["type"] == "boolean"
    assert load(None, files)["lead"] is load(None)["lead"]


def test_lookups_make_child_relationships_with_names_of_their_own(tmp_path: Path):
    rows = [record("City__c", "c1"), record("Trip__c", "t1", From__c="@c1", To__c="@c1")]
    objects = load(None, write(tmp_path, *rows))
    assert objects["city__c"].children == {"trips__r": ("Trip__c", "From__c"), "trips1__r": ("Trip__c", "To__c")}
    assert objects["trip__c"].relationships >= {"from__r", "to__r"}


@pytest.mark.parametrize("lookup", [{}, {"Town__c": "@c1"}])
async def test_nested_records_name_their_relationship(tmp_path: Path, make_api: MAKE, lookup: dict[str, str]):
    child = record("House__c", "h1", Name="Tower", Rooms__c=3)
    rows = [record("City__c", "c1", Name="Rome", Houses_Here__r={"records": [child]})]
    known = [record("House__c", "h0", **lookup)] if lookup else []
    org = Org(learn=write(tmp_path, *rows, *known))
    async with make_api(org) as api:
        reply = await api.ask("POST", "/composite/tree/City__c", data=orjson.dumps({"records": rows}))
    assert reply.status == 201, reply.body
    (house,) = org.records("House__c")
    assert house["Town__c" if lookup else "City__c"] == org.records("City__c")[0]["Id"]


def test_an_open_lookup_gets_more_objects(tmp_path: Path):
    objects = load(None, write(tmp_path, record("Boat__c", "b1"), record("Task", "t1", WhatId="@b1", WhoId="@nobody")))
    what, who = objects["task"].fields["WhatId"], objects["task"].fields["WhoId"]
    assert what.reference_to == ("Account", "Campaign", "Case", "Opportunity", "Boat__c")
    assert who.reference_to == ("Contact", "Lead")
    assert objects["boat__c"].children == {"tasks": ("Task", "WhatId")}


async def test_record_types_are_learned_and_found_by_name(tmp_path: Path, make_api: MAKE):
    files = write(tmp_path, record("Account", "a1", Name="A", RecordType={"Name": "Key Account"}))
    async with make_api(Org(learn=files)) as api:
        soql = "SELECT Id, Name, SobjectType FROM RecordType WHERE DeveloperName = 'Key_Account' AND IsActive = true"
        (found,) = await api.rows(soql)
        reply = await api.tree("Account", {"Name": "A", "RecordTypeId": found["Id"]})
        assert reply.status == 201, reply.body
        wrong = await api.tree("Lead", {"LastName": "L", "Company": "C", "RecordTypeId": found["Id"]})
        assert wrong.error[1] == "INVALID_FIELD"
    assert (found["Name"], found["SobjectType"]) == ("Key Account", "Account")


async def test_an_org_has_no_record_types_but_those_it_was_told(api: Api):
    assert await api.rows("SELECT Id FROM RecordType") == []


async def test_the_record_types_of_describes_can_be_queried(tmp_path: Path, make_api: MAKE, fixture: Callable[[str], Any]):
    (tmp_path / "Account.json").write_bytes(orjson.dumps(fixture("describe/Account_describe.json")))
    async with make_api(Org(describes=tmp_path)) as api:
        rows = await api.rows("SELECT Id, DeveloperName, SobjectType FROM RecordType")
    assert rows == [{"Id": "01254000001upcKAAQ", "DeveloperName": "Household", "SobjectType": "Account"}]


async def test_a_record_without_a_name_is_called_by_its_id(tmp_path: Path, make_api: MAKE):
    org = Org(learn=write(tmp_path, record("Trip__c", "t1")))
    async with make_api(org) as api:
        await api.tree("Trip__c", {}, {"Name": "Rome"})
        await api.create("Case", Subject="x")
    first, second = org.records("Trip__c")
    assert (first["Name"], second["Name"]) == (first["Id"][:15], "Rome")
    assert org.records("Case")[0]["CaseNumber"] == "00000001"


async def learned_ids(folder: Path, ledger: Path, make_api: MAKE, rows: Sequence[dict[str, Any]]) -> list[str]:
    org = Org(learn=write(folder, *rows), ledger=ledger)
    async with make_api(org) as api:
        await api.tree("Trip__c", {"Name": "a"})
    org.close()
    return [row["Id"] for row in org.records("Trip__c")]


async def test_a_ledger_fits_again_with_other_data_beside(tmp_path: Path, make_api: MAKE):
    trip, ledger = record("Trip__c", "t1"), tmp_path / "org.jsonl"
    first = await learned_ids(tmp_path, ledger, make_api, [trip])
    second = await learned_ids(tmp_path, ledger, make_api, [trip, record("Boat__c", "b1"), record("Alpha__c", "a1")])
    assert second[:1] == first
    assert len({*second}) == 2


async def test_a_ledger_with_other_ids_is_refused(tmp_path: Path, make_api: MAKE):
    ledger = tmp_path / "org.jsonl"
    (first,) = await learned_ids(tmp_path, ledger, make_api, [record("Trip__c", "t1")])
    ledger.write_bytes(ledger.read_bytes().replace(first.encode(), b"z00" + first[3:].encode()))
    with pytest.raises(ValueError, match=r"the ids of Trip__c begin otherwise than in this org"):
        Org(learn=write(tmp_path, record("Trip__c", "t1")), ledger=ledger)
