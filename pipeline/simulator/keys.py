"""Records found by a value of their own: an external id, or another field that leads to a record.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.simulator import ids
from pipeline.simulator.errors import ApiError, RecordError
from pipeline.simulator.objects import Field, SObject
from pipeline.simulator.store import Record, Table, fold
from pipeline.simulator.values import WrongType, cast


def key_of(sobject: SObject, name: str) -> Field:
    """Find the field that records are to be found by. Raises ApiError (404) if it is no key."""
    key = sobject.field(name)
    if key is None or not (key.is_key or key is sobject.id_field):
        raise ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")
    return key


def holders(table: Table, key: Field, value: Any) -> list[Record]:
    """List the records with this value in a key field or, if it is the record id, the record."""
    if value is None or value == "":
        return []
    if key is table.sobject.id_field:
        record = table.rows.get(ids.whole(value) or "")
        return [record] if record else []
    return [table.rows[record_id] for record_id in table.find(key, value)]


def find_all(table: Table, key: Field, values: Sequence[Any]) -> list[Record | RecordError | None]:
    """Find the record for each value of a key, or None for a new one, or say what is wrong with it.

    A value that is there twice among them is wrong both times, and so is one that several records have.
    """
    folded = [_folded(key, value) for value in values]
    counts = Counter(folded)
    return [_one(table, key, value, counts[value]) for value in folded]


def _one(table: Table, key: Field, value: str | None, times: int) -> Record | RecordError | None:
    is_id = key is table.sobject.id_field
    if value is None:
        return None if is_id else RecordError("MISSING_ARGUMENT", f"{key.name} not specified")
    if times > 1:
        return RecordError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}")
    found = holders(table, key, value)
    if len(found) > 1:
        named = ", ".join(record.id for record in found)
        return RecordError("DUPLICATE_EXTERNAL_ID", f"{key.name}: more than one record found for external id field: [{named}]")
    if is_id:
        return by_id(table, value)
    return found[0] if found else None


def by_id(table: Table, record_id: str) -> Record | RecordError:
    """Find the record with an id, or say why there is none."""
    if ids.whole(record_id) is None:
        return RecordError("MALFORMED_ID", f"malformed id {record_id}")
    if record_id in table.bin:
        return RecordError("ENTITY_IS_DELETED", "entity is deleted")
    return table.rows.get(record_id) or RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")


def _folded(key: Field, value: Any) -> str | None:
    """Make a value comparable; what isn't of the field's type stays as it is, for the checks to refuse."""
    try:
        value = cast(key, value)
    except WrongType:
        return str(value)
    if value is None:
        return None
    return str(value) if key.type == "id" else fold(key, value)
