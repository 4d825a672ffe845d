"""sobjects/X/FIELD/VALUE: a record found by a key of its own, read, written whether it exists or not, deleted.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm
"""

from typing import Any

from pipeline.simulator import ids
from pipeline.simulator.errors import not_found
from pipeline.simulator.insert import not_in_body
from pipeline.simulator.keys import holders, key_of
from pipeline.simulator.objects import Field
from pipeline.simulator.org import Org
from pipeline.simulator.sobjects import body_of, created, deleted, shown, written
from pipeline.simulator.store import Record, Table
from pipeline.simulator.values import WrongType, cast
from pipeline.simulator.wire import Answer, Call


def get(org: Org, call: Call) -> Answer:
    """Read the record; 300 with the addresses of all if several have the value, 404 if none has it."""
    table = org.table(call.parts["object"])
    found = _found(table, call)
    return shown(table, found, call) if isinstance(found, Record) else found


def upsert(org: Org, call: Call) -> Answer:
    """Alter the record (200) or create it with this value (201); `?updateOnly=true` only alters."""
    table = org.table(call.parts["object"])
    key, value = _key(table, call)
    members = body_of(call)
    if any(table.sobject.field(name) is key for name in members):
        raise not_in_body(key.name)
    found = holders(table, key, value)
    if len(found) > 1:
        return _several(table, call, found)
    if found:
        one = written(org, call, table.sobject, members, found[0])
        return one if isinstance(one, Answer) else Answer(200, {**one.result(), "created": False})
    if call.query.get("updateOnly", "").lower() == "true" or key is table.sobject.id_field:
        raise not_found()
    one = written(org, call, table.sobject, {**members, key.name: call.parts["value"]})
    return one if isinstance(one, Answer) else created(call, table.sobject, one, created=True)


def delete(org: Org, call: Call) -> Answer:
    """Delete the record: 204; 300 and 404 as in reading."""
    table = org.table(call.parts["object"])
    found = _found(table, call)
    return deleted(org, call, table, found) if isinstance(found, Record) else found


def _found(table: Table, call: Call) -> Record | Answer:
    key, value = _key(table, call)
    found = holders(table, key, value)
    if not found:
        raise not_found()
    return found[0] if len(found) == 1 else _several(table, call, found)


def _key(table: Table, call: Call) -> tuple[Field, Any]:
    key = key_of(table.sobject, call.parts["field"])
    try:
        value = cast(key, call.parts["value"])
    except WrongType as error:
        raise not_found() from error
    return key, (ids.whole(value) or "") if key is table.sobject.id_field else value


def _several(table: Table, call: Call, found: list[Record]) -> Answer:
    return Answer(300, [f"{call.version}/sobjects/{table.sobject.name}/{record.id}" for record in found])
