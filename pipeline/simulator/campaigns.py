"""What is peculiar to CampaignMember: a contact or a lead, once in a campaign, with a status that is never refused.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmember.htm
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.simulator.checks import Given
from pipeline.simulator.errors import RecordError
from pipeline.simulator.objects import Field
from pipeline.simulator.statuses import DEFAULT, RESPONDED

MEMBER = "CampaignMember"
ALREADY = "Already a campaign member."


def problem(given: Given, linked: Field | None) -> RecordError | None:
    """Miss the contact or lead, unless the member hangs under one in the tree."""
    named = {field.name for field, value in given.items() if value is not None} | ({linked.name} if linked else set())
    if named & {"ContactId", "LeadId"}:
        return None
    fields = ("ContactId", "LeadId")
    return RecordError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(fields)}]", fields)


def complete(values: dict[str, Any]) -> None:
    """Keep only the contact where both are given, and put the campaign's default for a status it doesn't have."""
    if values.get("ContactId"):
        values.pop("LeadId", None)
    if values.get("Status") not in RESPONDED:
        values["Status"] = DEFAULT
    values["HasResponded"] = RESPONDED[values["Status"]]


def pairs(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name what must be unique among members: the campaign with its contact or lead."""
    for name in ("ContactId", "LeadId"):
        if values.get(name):
            yield f"CampaignId+{name}", f"{values.get('CampaignId')}+{values[name]}"
