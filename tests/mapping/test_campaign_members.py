import orjson
import pytest

from pipeline.mapping.campaign_members import Members
from pipeline.model.record_id import to_18
from pipeline.model.row import ObjectBlock

CAMPAIGN = to_18("701SM0000000001")
CONTACT, LEAD = to_18("003SM0000000001"), to_18("00QSM0000000001")


@pytest.fixture
def codes():
    """Judge one member; return the codes of what is wrong with it."""

    def judge(member, constants=None, linked="", statuses=None):
        members = Members()
        judged = members.map_by(lambda block: ([orjson.dumps(row) for row in block.rows], {}), constants or {}, linked)
        members.statuses = {CAMPAIGN: ["Sent", "Registered"]} if statuses is None else statuses
        _, faults = judged(ObjectBlock([1], [0], [b""], rows=[member]))
        return [error.code for error in faults.get(0, ())]

    return judge


def test_a_member_is_one_person(codes):
    assert codes({"ContactId": CONTACT}) == []
    assert codes({"LeadId": LEAD}) == []
    assert codes({"ContactId": CONTACT, "LeadId": LEAD}) == ["BOTH_GIVEN"]
    assert codes({"ContactId": CONTACT, "LeadId": None}) == []
    assert codes({}) == ["REQUIRED_FIELD_MISSING"]
    assert codes({}, linked="ContactId") == []
    assert codes({"LeadId": LEAD}, linked="ContactId") == ["BOTH_GIVEN"]
    assert codes({"LeadId": LEAD}, constants={"ContactId": CONTACT}) == ["BOTH_GIVEN"]


@pytest.mark.parametrize("campaign", [CAMPAIGN, CAMPAIGN[:15]])
def test_a_status_is_one_of_its_campaigns_in_any_case(codes, campaign):
    member = {"ContactId": CONTACT, "CampaignId": campaign}
    assert codes(member | {"Status": "registered "}) == []
    assert codes(member | {"Status": ""}) == []
    assert codes(member) == []
    assert codes(member | {"Status": "Responded"}) == ["INVALID_STATUS"]
    assert codes({"ContactId": CONTACT, "Status": "x"}, constants={"CampaignId": campaign}) == ["INVALID_STATUS"]


def test_a_status_of_a_campaign_that_nobody_knows_is_left_to_the_org(codes):
    other = to_18("701SM0000000002")
    assert codes({"ContactId": CONTACT, "CampaignId": other, "Status": "x"}) == []
    assert codes({"ContactId": CONTACT, "CampaignId": "no id", "Status": "x"}) == []
