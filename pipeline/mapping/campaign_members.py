"""What the org does to campaign members without a word: of a contact and a lead it keeps only the contact.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaignmember.htm
"""

from collections.abc import Collection

import orjson

from pipeline.mapping.mapper import Map
from pipeline.mapping.target import Faults
from pipeline.model.record import FieldError
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


def one_person_each(map_block: Map, given: Collection[str]) -> Map:
    """Map members with those as faults that are of two persons, or of none; `given` are fields that all of them have besides."""
    besides = {name for name in _PERSONS if name in given}

    def map_members(block: AnyBlock) -> tuple[list[bytes], Faults]:
        encoded, faults = map_block(block)
        for at, record in enumerate(encoded):
            if at not in faults:
                fields = orjson.loads(record)
                persons = besides | {name for name in _PERSONS if fields.get(name) is not None}
                if len(persons) != 1:
                    faults[at] = (_BOTH if persons else _NEITHER,)
        return encoded, faults

    return map_members
