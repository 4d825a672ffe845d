"""sobjects/X and sobjects/X/ID: one record created, read, altered, deleted.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_create.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_retrieve.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_update_fields.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_delete_record.htm
"""

from typing import Any

from pipeline.simulator import ids
from pipeline.simulator.errors import ApiError, not_found, unknown_column
from pipeline.simulator.insert import cast_all, draft
from pipeline.simulator.ledger import Deletion
from pipeline.simulator.objects import SObject
from pipeline.simulator.org import Org
from pipeline.simulator.parents import look_up
from pipeline.simulator.store import Record, Table
from pipeline.simulator.wire import Answer, Call, malformed, parse
from pipeline.simulator.writing import Attempt, write


def create(org: Org, call: Call) -> Answer:
    """Create one record: 201 with its id, or 400 with everything that is wrong."""
    sobject = org.table(call.parts["object"]).sobject
    one = written(org, call, sobject, body_of(call))
    return one if isinstance(one, Answer) else created(call, sobject, one)


def get(org: Org, call: Call) -> Answer:
    """Read a record by id: all fields, or those of `?fields=A,B`. 404 if there is none."""
    table = org.table(call.parts["object"])
    return shown(table, find(table, call.parts["id"]), call)


def update(org: Org, call: Call) -> Answer:
    """Alter the fields that are given: 204, or 400 with everything that is wrong."""
    table = org.table(call.parts["object"])
    one = written(org, call, table.sobject, body_of(call), find(table, call.parts["id"]))
    return one if isinstance(one, Answer) else Answer(204, b"")


def delete(org: Org, call: Call) -> Answer:
    """Delete a record: 204. It stays in the bin, where only queryAll finds it."""
    table = org.table(call.parts["object"])
    return deleted(org, call, table, find(table, call.parts["id"]))


def find(table: Table, given: str) -> Record:
    """Find a record by its id, of 15 or 18 characters. Raises ApiError (404)."""
    record_id = ids.whole(given)
    if record_id is None:
        message = f"Provided external ID field does not exist or is not accessible: {given}"
        raise ApiError(404, "NOT_FOUND", message)
    if record_id in table.bin:
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", ())
    if record_id not in table.rows:
        raise not_found()
    return table.rows[record_id]


def body_of(call: Call) -> dict[str, Any]:
    """Read a record as the body of a request has it. Raises ApiError."""
    members = parse(call.body)
    if not isinstance(members, dict):
        raise malformed("Cannot deserialize instance of sobject from START_ARRAY value [", (1, 1))
    return members


def written(org: Org, call: Call, sobject: SObject, members: dict[str, Any], target: Record | None = None) -> Attempt | Answer:
    """Write one record; the answer if it is refused. Raises ApiError for what names no record."""
    allow(sobject, "update" if target is not None else "insert")
    record = draft(sobject, members, target=target)
    cast_all(record, members, call.body, tuple)
    one = Attempt(record, look_up(record, members, org) if record.foreign else [])
    write(org, call.path, [one], call.headers)
    return Answer(400, [error.in_array() for error in one.errors]) if one.errors else one


def created(call: Call, sobject: SObject, one: Attempt, **more: Any) -> Answer:
    """Answer for a record that is new."""
    result = one.result()
    where = f"{call.version}/sobjects/{sobject.name}/{result['id']}"
    return Answer(201, {**result, **more}, {"Location": where})


def deleted(org: Org, call: Call, table: Table, record: Record) -> Answer:
    """Delete a record that was found. Raises ApiError if records of its object can't be."""
    allow(table.sobject, "delete")
    org.commit(call.path, deleted=[Deletion(table.sobject.name, record.id)])
    return Answer(204, b"")


def allow(sobject: SObject, operation: str) -> None:
    """Raise ApiError (400) for an object whose records nobody can insert, update or delete."""
    if operation == "insert" and not sobject.createable:
        code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
        raise ApiError(400, code, f"entity type cannot be inserted: {sobject.name}", ())
    if not {"insert": True, "update": sobject.updateable, "delete": sobject.deletable}[operation]:
        message = f"entity type {sobject.name} does not support {operation}"
        raise ApiError(400, "INVALID_TYPE_FOR_OPERATION", message, ())


def shown(table: Table, record: Record, call: Call) -> Answer:
    """Answer with a record: all its fields, or those of `?fields=A,B`. Raises ApiError for a field that it hasn't."""
    names = call.query["fields"].split(",") if "fields" in call.query else list(table.getters)
    return Answer(200, fields_of(table, record, names, call.version))


def fields_of(table: Table, record: Record, names: list[str], version: str) -> dict[str, Any]:
    """Write some fields of a record, with its attributes. Raises ApiError for one that it hasn't."""
    name = table.sobject.name
    written: dict[str, Any] = {"attributes": {"type": name, "url": f"{version}/sobjects/{name}/{record.id}"}}
    for wanted in names:
        field = table.sobject.field(wanted.strip())
        if field is None:
            raise unknown_column(wanted.strip(), name)
        written[field.name] = table.getters[field.name](record)
    return written
