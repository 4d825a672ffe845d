"""What the org does to campaign members without a word: it drops one of two persons, and replaces a status that it doesn't know.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmember.htm
"""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from pipeline.mapping.mapper import Map
from pipeline.mapping.target import Faults
from pipeline.model.record import FieldError
from pipeline.model.record_id import SHORT, to_18
from pipeline.model.row import AnyBlock

MEMBER = "CampaignMember"
_PERSONS = ("ContactId", "LeadId")
_BOTH = FieldError(
    "BOTH_GIVEN",
    "ContactId and LeadId are both given, and the org would drop the lead without a word: give one of them",
    _PERSONS,
)
_NEITHER = FieldError(
    "REQUIRED_FIELD_MISSING", "neither ContactId nor LeadId is given: a campaign member is one of them", _PERSONS
)

Statuses = Mapping[str, Collection[str]]
"""The statuses that each campaign has, by its id of 18 characters."""


class Members:
    """What is known of the campaigns that members are added to."""

    def __init__(self) -> None:
        self.wanted = False
        """Something becomes campaign members, so the statuses of campaigns are to be asked for."""
        self.statuses: Statuses | None = None
        """None: nobody was asked, or there are too many; then no status is judged."""

    def map_by(self, map_block: Map, constants: Mapping[str, Any], linked: str) -> Map:
        """Map members with those as faults that the org would change; all of them have the `constants`, and `linked` is given."""
        self.wanted = True
        always = {**constants, linked: linked} if linked else constants

        def map_members(block: AnyBlock) -> tuple[list[bytes], Faults]:
            encoded, faults = map_block(block)
            for at, record in enumerate(encoded):
                if at not in faults and (errors := self._errors({**orjson.loads(record), **always})):
                    faults[at] = errors
            return encoded, faults

        return map_members

    def _errors(self, member: Mapping[str, Any]) -> tuple[FieldError, ...]:
        persons = sum(member.get(name) is not None for name in _PERSONS)
        return (*((_BOTH if persons else _NEITHER,) if persons != 1 else ()), *self._wrong_status(member))

    def _wrong_status(self, member: Mapping[str, Any]) -> tuple[FieldError, ...]:
        campaign, status = member.get("CampaignId"), member.get("Status")
        if self.statuses is None or not isinstance(campaign, str) or not isinstance(status, str) or not status.strip():
            return ()
        known = self.statuses.get(to_18(campaign) if len(campaign) == SHORT and campaign.isalnum() else campaign, ())
        if not known or status.strip().casefold() in {label.strip().casefold() for label in known}:
            return ()
        text = f"Status: {status!r} is none of its campaign's ({', '.join(known)}), and the org would replace it without a word"
        return (FieldError("INVALID_STATUS", text, ("Status",)),)
