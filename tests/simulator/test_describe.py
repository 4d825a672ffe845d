from collections.abc import Callable
from typing import Any

import pytest

CREATEABLE = ["Account", "Campaign", "CampaignMember", "Case", "Contact", "Lead", "Opportunity", "Task"]
OURS = sorted([*CREATEABLE, "CampaignMemberStatus", "Organization", "RecordType", "User"])


@pytest.mark.parametrize("name", OURS)
async def test_an_object_is_described_in_the_version_that_was_asked(api, name: str):
    reply = await api.ask("GET", f"/services/data/v61.0/sobjects/{name.lower()}/describe/")
    assert reply.status == 200
    assert reply.json["name"] == name
    assert reply.json["urls"]["describe"] == f"/services/data/v61.0/sobjects/{name}/describe"
    assert b"/v67.0/" not in reply.body


async def test_an_unknown_object_is_not_found(api):
    reply = await api.ask("GET", "/sobjects/Nope/describe")
    assert reply.error == (404, "NOT_FOUND", "The requested resource does not exist")


async def test_all_objects_are_listed_in_the_recorded_shape(api, fixture: Callable[[str], Any]):
    recorded = fixture("describe/Global_describe.json")
    reply = await api.ask("GET", "/sobjects/")
    assert [listed["name"] for listed in reply.json["sobjects"]] == OURS
    assert reply.json.keys() == recorded.keys()
    assert all(listed.keys() == recorded["sobjects"][0].keys() for listed in reply.json["sobjects"])


async def test_what_may_be_created_is_said(api):
    reply = await api.ask("GET", "/sobjects")
    createable = [listed["name"] for listed in reply.json["sobjects"] if listed["createable"]]
    assert createable == CREATEABLE
