"""Parents that are named by an external id instead of their record id: `{"Account": {"Import_Key__c": "A-7"}}`.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm
"""

from collections.abc import Mapping
from typing import Any

from pipeline.simulator.errors import RecordError
from pipeline.simulator.insert import Draft
from pipeline.simulator.objects import Field
from pipeline.simulator.org import Org
from pipeline.simulator.store import Table


def look_up(record: Draft, members: Mapping[str, Any], org: Org) -> list[RecordError]:
    """Put the ids of parents in the record's lookups, and name what can't be found. What is written otherwise stays as it is."""
    unread, wrong = [], []
    for name in record.foreign:
        asked = _asked(record, name, members[name], org)
        if asked is None:
            unread.append(name)
            continue
        lookup, table, key, value = asked
        holders = table.find(key, value)
        if len(holders) == 1:
            record.given[lookup] = holders[0]
        else:
            wrong.append(_unfound(table, key, value, holders))
    record.foreign = unread
    return wrong


def _asked(record: Draft, name: str, value: Mapping[str, Any], org: Org) -> tuple[Field, Table, Field, Any] | None:
    """Read which lookup is meant, and by what key of which object."""
    lookup = next(f for f in record.sobject.fields.values() if f.relationship and f.relationship.lower() == name.lower())
    attributes = value.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    table = org.find_table(kind or (lookup.reference_to[0] if len(lookup.reference_to) == 1 else None))
    keys = [key for key in value if key != "attributes"]
    if table is None or table.sobject.name not in lookup.reference_to or len(keys) != 1:
        return None
    key = table.sobject.field(keys[0])
    if key is None or not key.is_key or value[keys[0]] is None or isinstance(value[keys[0]], dict | list):
        return None
    return lookup, table, key, value[keys[0]]


def _unfound(table: Table, key: Field, value: Any, holders: list[str]) -> RecordError:
    if holders:
        named = ", ".join(holders)
        return RecordError("DUPLICATE_EXTERNAL_ID", f"{key.name}: more than one record found for external id field: [{named}]")
    where = f"for field {key.name} in entity {table.sobject.name}"
    return RecordError("INVALID_FIELD", f"Foreign key external ID: {value} not found {where}")
