"""The statuses that members of a new campaign can have.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmemberstatus.htm
"""

from typing import Any

CAMPAIGN = "Campaign"
TABLE = "campaignmemberstatus"
DEFAULT = "Sent"
RESPONDED = {DEFAULT: False, "Responded": True}
"""The statuses that every campaign has, and whether they count as a response."""


def statuses_of(campaign_id: str) -> list[dict[str, Any]]:
    """Make the statuses that a campaign has from its creation on."""
    return [
        {"CampaignId": campaign_id, "Label": label, "HasResponded": responded, "IsDefault": label == DEFAULT}
        for label, responded in RESPONDED.items()
    ]
