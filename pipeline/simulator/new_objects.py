"""What an org gives an object when it is made: a prefix for its ids, and the fields that every object has.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/system_fields.htm
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_custom_object__c.htm
"""

from collections.abc import Container
from typing import Any
from zlib import crc32

from pipeline.simulator import ids
from pipeline.simulator.compact import Facts, expand, expand_record_type

_PREFIXES = {
    "AccountContactRelation": "07k", "Asset": "02i", "Contract": "800", "Entitlement": "550", "Event": "00U",
    "OpportunityContactRole": "00K", "OpportunityLineItem": "00k", "Order": "801", "OrderItem": "802",
    "Pricebook2": "01s", "PricebookEntry": "01u", "Product2": "01t", "Quote": "0Q0", "ServiceContract": "810",
}  # fmt: skip
"""Of standard objects that data may have and the org hasn't."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_CLOSED: Facts = {"createable": False, "updateable": False, "permissionable": False}
_STAMP: Facts = {**_CLOSED, "defaultedOnCreate": True, "nillable": False}
_USER: Facts = {"type": "reference", "referenceTo": ["User"], "defaultedOnCreate": True, "nillable": False}
_NAME: Facts = {
    "name": "Name", "label": "Name", "type": "string", "length": 80, "nameField": True, "idLookup": True,
    "defaultedOnCreate": True, "permissionable": False,
}  # fmt: skip
_SYSTEM: tuple[Facts, ...] = (
    {"name": "OwnerId", "label": "Owner ID", **_USER, "relationshipName": "Owner"},
    {"name": "IsDeleted", "label": "Deleted", "type": "boolean", **_CLOSED},
    {"name": "CreatedDate", "label": "Created Date", "type": "datetime", **_STAMP},
    {"name": "CreatedById", "label": "Created By ID", **_USER, **_STAMP, "relationshipName": "CreatedBy"},
    {"name": "LastModifiedDate", "label": "Last Modified Date", "type": "datetime", **_STAMP},
    {"name": "LastModifiedById", "label": "Last Modified By ID", **_USER, **_STAMP, "relationshipName": "LastModifiedBy"},
    {"name": "SystemModstamp", "label": "System Modstamp", "type": "datetime", **_STAMP},
)
_KEY: Facts = {
    "name": "Import_Key__c", "label": "Import Key", "type": "string", "length": 80, "custom": True, "externalId": True,
    "idLookup": True, "unique": True,
}  # fmt: skip
"""What each of our objects has, to be a marker or a business key."""

RECORD_TYPE: Facts = {
    "name": "RecordTypeId", "label": "Record Type ID", "type": "reference", "referenceTo": ["RecordType"],
    "relationshipName": "RecordType",
}  # fmt: skip


def new_object(name: str, taken: Container[str]) -> dict[str, Any]:
    """Make the whole describe of an object with nothing but what every object has. `taken` are the prefixes of others."""
    custom = name.endswith("__c")
    label = name.removesuffix("__c").replace("_", " ")
    own: Facts = {"name": "Id", "label": "Record ID", "type": "id"}
    fields = [own, *[_NAME] * custom, *_SYSTEM, _KEY]
    prefix = _prefix(name, taken)
    return expand(
        {"name": name, "label": label, "labelPlural": f"{label}s", "custom": custom, "keyPrefix": prefix, "fields": fields}
    )


def new_record_type(object_name: str, name: str) -> dict[str, Any]:
    """Make a record type; its id follows from the names, so that it is the same the next time."""
    return expand_record_type(object_name, ids.mint("012", crc32(f"{object_name}.{name}".lower().encode())), name)


def _prefix(name: str, taken: Container[str]) -> str:
    """Choose a prefix by the name, so that an object has the same one whichever others there are: a ledger outlives them."""
    if name in _PREFIXES and _PREFIXES[name] not in taken:
        return _PREFIXES[name]
    number = crc32(name.lower().encode())
    while (prefix := f"a{_DIGITS[number // len(_DIGITS) % len(_DIGITS)]}{_DIGITS[number % len(_DIGITS)]}") in taken:
        number += 1
    return prefix
