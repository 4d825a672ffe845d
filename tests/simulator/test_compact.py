from collections.abc import Callable
from importlib import resources
from typing import Any

import orjson
import pytest

from pipeline.simulator.compact import expand


def compact(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = orjson.loads((resources.files("pipeline.simulator") / "describes" / f"{name}.json").read_bytes())
    return facts


@pytest.mark.parametrize("name", ["Contact", "Lead", "Account", "Opportunity", "Case"])
def test_a_field_says_what_the_recorded_describe_says(name: str, fixture: Callable[[str], Any]):
    recorded = {field["name"]: field for field in fixture(f"describe/{name}_describe.json")["fields"]}
    ours = {field["name"]: field for field in expand(compact(name))["fields"]}
    shared = recorded.keys() & ours.keys()
    assert len(shared) >= 35
    for field in shared:
        differing = {key for key in recorded[field] if recorded[field][key] != ours[field].get(key)}
        assert differing <= {"picklistValues"}, field
        assert [p["value"] for p in ours[field]["picklistValues"]] == [p["value"] for p in recorded[field]["picklistValues"]]


@pytest.mark.parametrize(
    "name",
    [
        "Account",
        "Campaign",
        "CampaignMember",
        "Case",
        "Contact",
        "Lead",
        "Opportunity",
        "Organization",
        "RecordType",
        "Task",
        "User",
    ],
)
def test_an_expanded_describe_has_the_shape_of_a_recorded_one(name: str, fixture: Callable[[str], Any]):
    recorded = fixture("describe/Contact_describe.json")
    ours = expand(compact(name))
    assert ours.keys() == recorded.keys()
    assert all(field.keys() == recorded["fields"][0].keys() for field in ours["fields"])
    assert all(child.keys() == recorded["childRelationships"][0].keys() for child in ours["childRelationships"])
    assert all(info.keys() == recorded["recordTypeInfos"][0].keys() for info in ours["recordTypeInfos"])
    assert ours["urls"].keys() == recorded["urls"].keys()


@pytest.mark.parametrize("name", ["Contact", "Lead", "Account", "Opportunity", "Case"])
def test_a_child_relationship_is_what_the_recorded_describe_says(name: str, fixture: Callable[[str], Any]):
    keys = ("childSObject", "field", "relationshipName", "cascadeDelete", "restrictedDelete")
    recorded = [[child[key] for key in keys] for child in fixture(f"describe/{name}_describe.json")["childRelationships"]]
    ours = [[child[key] for key in keys] for child in expand(compact(name))["childRelationships"]]
    assert [child for child in ours if child not in recorded and child[1] != "MasterRecordId"] == []


@pytest.mark.parametrize("name", ["Account", "Campaign", "CampaignMember", "Case", "Contact", "Lead", "Opportunity", "Task"])
def test_each_object_has_a_unique_external_id(name: str):
    (key,) = (field for field in expand(compact(name))["fields"] if field["custom"])
    assert (key["name"], key["type"], key["length"]) == ("Import_Key__c", "string", 80)
    assert key["unique"]
    assert key["externalId"]
    assert not key["caseSensitive"]


def test_the_default_of_a_picklist_is_marked():
    (status,) = (field for field in expand(compact("Lead"))["fields"] if field["name"] == "Status")
    assert [choice["value"] for choice in status["picklistValues"] if choice["defaultValue"]] == ["Open - Not Contacted"]
