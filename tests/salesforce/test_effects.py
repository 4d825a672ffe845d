import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.wire import Purpose
from pipeline.salesforce import tree
from pipeline.salesforce.effects import fault, headers

RULE = "01QSM0000000001"


def allowed(assignment: str = "off", *, duplicates: bool = False, viewed: bool = False) -> dict[str, str]:
    return dict(headers(assignment=assignment, allow_duplicates=duplicates, recently_viewed=viewed))


def said(
    assignment: str = "off", *, duplicates: bool = False, version: str = "67.0", objects: tuple[str, ...] = ("Contact",)
) -> str:
    return fault(assignment=assignment, allow_duplicates=duplicates, api_version=version, objects=objects)


def test_what_is_not_allowed_is_said_outright():
    assert allowed() == {
        "Sforce-Auto-Assign": "FALSE",
        "Sforce-Duplicate-Rule-Header": "allowSave=false",
        "Sforce-Mru": "updateMru=false",
    }


@given(st.sampled_from(["off", "active", RULE]), st.booleans(), st.booleans())
def test_each_header_says_one_thing_and_none_is_left_to_the_org(assignment, duplicates, viewed):
    told = allowed(assignment, duplicates=duplicates, viewed=viewed)
    assert told["Sforce-Auto-Assign"] == {"off": "FALSE", "active": "TRUE"}.get(assignment, RULE)
    assert told["Sforce-Duplicate-Rule-Header"] == ("allowSave=true" if duplicates else "allowSave=false")
    assert told["Sforce-Mru"] == ("updateMru=true" if viewed else "updateMru=false")


def test_they_go_with_each_request_that_creates():
    request = tree.build("67.0", "Lead", [b"{}"], Purpose.LOAD, allowed("active"))
    assert request.headers["Sforce-Auto-Assign"] == "TRUE"


@pytest.mark.parametrize("objects", [("Contact",), ("Campaign", "CampaignMember")])
def test_a_rule_is_of_leads_cases_or_accounts(objects: tuple[str, ...]):
    assert said(RULE, objects=objects) == (
        f"effects.assignment names a rule, but {', '.join(objects)} has none: assignment rules are of Account, Case, Lead"
    )


@pytest.mark.parametrize(
    ("assignment", "objects"), [(RULE, ("Lead",)), (RULE, ("Contact", "Case")), ("active", ("Contact",)), ("off", ("Contact",))]
)
def test_the_active_rules_may_be_asked_for_everywhere_since_triggers_create_too(assignment: str, objects: tuple[str, ...]):
    assert said(assignment, objects=objects) == ""


def test_duplicates_are_allowed_from_version_52_on():
    assert said(duplicates=True, version="52.0") == said(version="51.0") == ""
    assert "needs org.api_version 52.0 or later, and 51.0 is set" in said(duplicates=True, version="51.0")
