"""sobjects/X: one record created, one record read.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_create.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_retrieve.htm
"""

from pipeline.simulator import ids
from pipeline.simulator.errors import ApiError, not_found, unknown_column
from pipeline.simulator.insert import Draft, cast_all, conflicts, draft, entry, errors_of
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call, malformed, parse


def create(org: Org, call: Call) -> Answer:
    """Create one record: 201 with its id, or 400 with everything that is wrong."""
    sobject = org.table(call.parts["object"]).sobject
    members = parse(call.body)
    if not isinstance(members, dict):
        raise malformed("Cannot deserialize instance of sobject from START_ARRAY value [", (1, 1))
    if not sobject.createable:
        code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
        raise ApiError(400, code, f"entity type cannot be inserted: {sobject.name}", ())
    record = draft(sobject, members, None)
    cast_all(record, members, call.body, tuple)
    wrong = errors_of(record, org)
    if not wrong:
        record.seal(org.mint(sobject))
        wrong = [error for _, found in conflicts([record], org) for error in found]
    if wrong:
        return Answer(400, [error.in_array() for error in wrong])
    return _created(org, call, record)


def _created(org: Org, call: Call, record: Draft) -> Answer:
    org.commit(call.path, [entry(record)])
    where = f"{call.version}/sobjects/{record.sobject.name}/{record.id}"
    return Answer(201, {"id": record.id, "success": True, "errors": []}, {"Location": where})


def get(org: Org, call: Call) -> Answer:
    """Read a record by id: all fields, or those of `?fields=A,B`. 404 if there is none."""
    table = org.table(call.parts["object"])
    given = call.parts["id"]
    record_id = ids.whole(given)
    if record_id is None:
        message = f"Provided external ID field does not exist or is not accessible: {given}"
        raise ApiError(404, "NOT_FOUND", message)
    if record_id not in table.rows:
        raise not_found()
    record, name = table.rows[record_id], table.sobject.name
    attributes = {"type": name, "url": f"{call.version}/sobjects/{name}/{record_id}"}
    if "fields" not in call.query:
        return Answer(200, {"attributes": attributes, **table.shown(record)})
    shown = {}
    for wanted in call.query["fields"].split(","):
        field = table.sobject.field(wanted.strip())
        if field is None:
            raise unknown_column(wanted.strip(), name)
        shown[field.name] = table.getters[field.name](record)
    return Answer(200, {"attributes": attributes, **shown})
