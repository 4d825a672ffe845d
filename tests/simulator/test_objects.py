import re
import shutil
from pathlib import Path

import pytest

from pipeline.simulator import Org
from pipeline.simulator.objects import load

FIXTURES = Path(__file__).parents[1] / "fixtures" / "describe"


def test_required_is_what_must_be_given():
    objects = load(None)
    required = {name: [field.name for field in sobject.required] for name, sobject in objects.items()}
    assert required["contact"] == ["LastName"]
    assert required["lead"] == ["LastName", "Company"]
    assert required["account"] == required["campaign"] == ["Name"]
    assert required["campaignmember"] == ["CampaignId"]
    assert required["opportunity"] == ["Name", "StageName", "CloseDate"]
    assert required["case"] == required["task"] == []


def test_fields_are_found_whatever_their_case():
    contact = load(None)["contact"]
    assert contact.field("LASTNAME") is contact.field("LastName") is not None
    assert contact.field("Nope") is None


def test_children_are_found_by_relationship_name():
    objects = load(None)
    assert objects["account"].children["contacts"] == ("Contact", "AccountId")
    assert objects["campaign"].children["campaignmembers"] == ("CampaignMember", "CampaignId")
    assert {*objects["account"].children} == {"childaccounts", "contacts", "cases", "opportunities", "tasks"}
    assert {*objects["campaign"].children} == {"childcampaigns", "campaignmembers", "opportunities", "tasks"}
    assert {*objects["contact"].children} == {"campaignmembers", "cases", "opportunities", "tasks"}
    assert objects["opportunity"].children == {"tasks": ("Task", "WhatId")}
    assert objects["lead"].children["campaignmembers"] == ("CampaignMember", "LeadId")


def test_a_folder_of_describes_adds_objects_and_replaces_ours(tmp_path: Path):
    shutil.copy(FIXTURES / "Opportunity_describe.json", tmp_path / "a.json")
    shutil.copy(FIXTURES / "Contact_describe.json", tmp_path / "b.json")
    org = Org(describes=tmp_path)
    assert {"Opportunity", "Campaign"} <= {sobject.name for sobject in org.sobjects()}
    contact = org.table("Contact").sobject
    assert contact.field("Import_Key__c") is None
    assert contact.field("EmailBouncedReason") is not None


@pytest.mark.parametrize("content", ["{", "[]", '{"name":"X"}', '{"sobjects":[]}'])
def test_a_file_that_is_no_describe_is_named(tmp_path: Path, content: str):
    (tmp_path / "odd.json").write_text(content)
    with pytest.raises(ValueError, match=f"{re.escape(str(tmp_path))}/odd.json: not the describe of an object"):
        load(tmp_path)
