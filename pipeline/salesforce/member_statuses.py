"""The statuses that members of campaigns can have: the question, and its answer.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmemberstatus.htm
"""

from collections.abc import Iterable, Mapping
from typing import Any

QUESTION = "SELECT CampaignId, Label FROM CampaignMemberStatus"


def statuses(records: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Put the labels of all campaigns in order, by the campaign's id."""
    found: dict[str, list[str]] = {}
    for record in records:
        campaign, label = record.get("CampaignId"), record.get("Label")
        if isinstance(campaign, str) and isinstance(label, str):
            found.setdefault(campaign, []).append(label)
    return found
