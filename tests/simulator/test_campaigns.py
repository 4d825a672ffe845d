from typing import Any

import pytest

from pipeline.simulator import Org


@pytest.fixture
async def people(api) -> dict[str, str]:
    made = {
        "CampaignId": await api.create("Campaign", Name="Spring"),
        "ContactId": await api.create("Contact", LastName="Lee"),
        "LeadId": await api.create("Lead", LastName="Poe", Company="Acme"),
    }
    return {field: reply.json["id"] for field, reply in made.items()}


@pytest.mark.parametrize(
    ("status", "kept", "responded"),
    [("Sent", "Sent", False), ("Responded", "Responded", True), ("Eaten", "Sent", False), (None, "Sent", False)],
)
async def test_a_status_the_campaign_does_not_have_is_replaced(
    api, org: Org, people: dict[str, str], status: Any, kept: str, responded: Any
):
    del people["LeadId"]
    assert (await api.create("CampaignMember", **people, Status=status)).status == 201
    (member,) = org.records("CampaignMember")
    assert (member["Status"], member["HasResponded"]) == (kept, responded)


async def test_of_contact_and_lead_only_the_contact_is_kept(api, org: Org, people: dict[str, str]):
    assert (await api.create("CampaignMember", **people)).status == 201
    (member,) = org.records("CampaignMember")
    assert (member["ContactId"], member["LeadId"]) == (people["ContactId"], None)


async def test_neither_contact_nor_lead_is_refused(api, people: dict[str, str]):
    reply = await api.create("CampaignMember", CampaignId=people["CampaignId"])
    assert reply.error == (400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [ContactId, LeadId]")


@pytest.mark.parametrize("who", ["ContactId", "LeadId"])
async def test_one_is_a_member_only_once(api, people: dict[str, str], who: str):
    member = {name: people[name] for name in ("CampaignId", who)}
    assert (await api.create("CampaignMember", **member)).status == 201
    assert (await api.create("CampaignMember", **member)).error == (400, "DUPLICATE_VALUE", "Already a campaign member.")


async def test_members_hang_under_a_new_campaign(api, org: Org, people: dict[str, str]):
    del people["CampaignId"]
    members = [
        {"attributes": {"type": "CampaignMember", "referenceId": who}, who: record_id} for who, record_id in people.items()
    ]
    reply = await api.tree("Campaign", {"Name": "Autumn", "CampaignMembers": {"records": members}})
    assert reply.status == 201
    campaign = reply.json["results"][0]["id"]
    assert [member["CampaignId"] for member in org.records("CampaignMember")] == [campaign, campaign]
