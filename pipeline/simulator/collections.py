"""composite/sobjects: up to 200 records in one request, with a result for each, in their order.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from pipeline.simulator import ids
from pipeline.simulator.errors import ApiError, RecordError
from pipeline.simulator.keys import by_id, find_all, key_of
from pipeline.simulator.ledger import Deletion
from pipeline.simulator.objects import SObject
from pipeline.simulator.org import Org
from pipeline.simulator.sobjects import allow, fields_of
from pipeline.simulator.store import Record, Table
from pipeline.simulator.wire import Answer, Call, malformed, parse
from pipeline.simulator.writing import ROLLED_BACK, Attempt, attempt, refused, write

MOST_RECORDS = 200
MOST_RUNS = 10
"""Records of one object in a row are a run; of different objects there may be so many."""
MOST_READ = 2000


class Wrong(Exception):
    """What is wrong with one of the records, before it can be looked at as one of its object."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = RecordError(code, message)


def create(org: Org, call: Call) -> Answer:
    """Create records of any objects; with `allOrNone` all or none."""
    document, records = _records(call.body)

    def one(index: int, members: dict[str, Any]) -> Attempt:
        return _attempt(org, call, _table(org, members).sobject, members, index)

    return _written(org, call, document, _each(records, one))


def update(org: Org, call: Call) -> Answer:
    """Alter the records whose `id` is given."""
    document, records = _records(call.body)
    counts = Counter(_id(members) for members in records)

    def one(index: int, members: dict[str, Any]) -> Attempt:
        table, record_id = _table(org, members), _id(members)
        if record_id is None:
            raise Wrong("MISSING_ARGUMENT", "Id not specified in an update call")
        if counts[record_id] > 1:
            raise Wrong("DUPLICATE_VALUE", f"Duplicate id specified: {record_id}")
        rest = {name: value for name, value in members.items() if name.lower() != "id"}
        return _attempt(org, call, table.sobject, rest, index, _target(table, record_id))

    return _written(org, call, document, _each(records, one))


def upsert(org: Org, call: Call) -> Answer:
    """Alter the records that have the value of the key, and create the others: results say which with `created`."""
    table = org.table(call.parts["object"])
    key = key_of(table.sobject, call.parts["field"])
    if key is table.sobject.id_field:
        raise ApiError(400, "INVALID_FIELD", "Id can't be the external ID field of a collection.")
    document, records = _records(call.body)
    values = [next((value for name, value in members.items() if table.sobject.field(name) is key), None) for members in records]
    found = find_all(table, key, values)

    def one(index: int, members: dict[str, Any]) -> Attempt:
        if _table(org, members) is not table:
            raise _wrong_type(_type(members))
        target = found[index]
        if isinstance(target, RecordError):
            raise Wrong(target.code, target.message)
        return _attempt(org, call, table.sobject, members, index, target)

    attempts = _each(records, one)
    written = _written(org, call, document, attempts)
    for result, attempted in zip(written.content, attempts, strict=True):
        result["created"] = result["success"] and attempted.created
    return written


def delete(org: Org, call: Call) -> Answer:
    """Delete the records of `?ids=A,B`, of any objects; with `&allOrNone=true` all or none."""
    asked = [given for given in call.query.get("ids", "").split(",") if given]
    _within(asked, MOST_RECORDS, "At least 1 ID is required")
    found = [_to_delete(org, given) for given in asked]
    if call.query.get("allOrNone", "").lower() == "true" and any(isinstance(one, RecordError) for one in found):
        found = [one if isinstance(one, RecordError) else ROLLED_BACK for one in found]
    gone = dict.fromkeys(one for one in found if isinstance(one, Deletion))
    if gone:
        org.commit(call.path, deleted=gone)
    return Answer(200, [_told(given, one) for given, one in zip(asked, found, strict=True)])


def _told(given: str, one: Deletion | RecordError) -> dict[str, Any]:
    if isinstance(one, Deletion):
        return {"id": one.id, "success": True, "errors": []}
    return {"id": given, "success": False, "errors": [one.in_tree()]}


def retrieve(org: Org, call: Call) -> Answer:
    """Read fields of up to 2,000 records by their ids, in the query or the body: null for those that aren't there."""
    table = org.table(call.parts["object"])
    asked: Any = {name: call.query.get(name, "").split(",") for name in ("ids", "fields")}
    if call.method == "POST":
        asked = parse(call.body)
    wanted, names = (_texts(asked, name) for name in ("ids", "fields"))
    _within(wanted, MOST_READ, "At least 1 ID is required")
    records = [table.rows.get(ids.whole(given) or "") for given in wanted]
    return Answer(200, [record and fields_of(table, record, names, call.version) for record in records])


def _texts(asked: Any, name: str) -> list[str]:
    items = asked.get(name) if isinstance(asked, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise malformed(f'The value of "{name}" has to be a list of texts')
    return items


def _records(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    document = parse(body)
    records = document.get("records", []) if isinstance(document, dict) else None
    if not isinstance(records, list) or not all(isinstance(members, dict) for members in records):
        raise malformed('The value of "records" has to be a list of objects')
    _within(records, MOST_RECORDS, "At least 1 record is required")
    runs = sum(1 for _ in groupby(records, key=_type))
    if runs > MOST_RUNS:
        advice = "Please rearrange the data to reduce chunking."
        raise ApiError(400, "LIMIT_EXCEEDED", f"Cannot have more than {MOST_RUNS} chunks in a single operation. {advice}")
    return document, records


def _within(items: Sequence[Any], most: int, none: str) -> None:
    if not items:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", none)
    if len(items) > most:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {most} records into this call")


def _type(members: dict[str, Any]) -> str:
    attributes = members.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    return kind if isinstance(kind, str) else ""


def _each(records: list[dict[str, Any]], make: Callable[[int, dict[str, Any]], Attempt]) -> list[Attempt]:
    attempts = []
    for index, members in enumerate(records):
        try:
            attempts.append(make(index, members))
        except Wrong as wrong:
            attempts.append(Attempt(errors=[wrong.error]))
    return attempts


def _table(org: Org, members: dict[str, Any]) -> Table:
    """Find the object of a record. Raises Wrong."""
    kind = _type(members)
    if not kind:
        raise Wrong("INVALID_INPUT", "Include an entity type for each record in the request.")
    table = org.find_table(kind)
    if table is None:
        raise _wrong_type(kind)
    return table


def _wrong_type(kind: str) -> Wrong:
    return Wrong("INVALID_INPUT", f"Invalid entity type provided in the request: {kind}")


def _id(members: dict[str, Any]) -> str | None:
    """Read the record's id, whatever the case of its name."""
    given = next((value for name, value in members.items() if name.lower() == "id"), None)
    return (ids.whole(given) or given) if isinstance(given, str) and given else None


def _target(table: Table, record_id: str) -> Record:
    """Find the record that is meant. Raises Wrong."""
    found = by_id(table, record_id)
    if isinstance(found, RecordError):
        raise Wrong(found.code, found.message)
    return found


def _to_delete(org: Org, given: str) -> Deletion | RecordError:
    record_id = ids.whole(given)
    table = org.find_table(org.object_of(record_id)) if record_id else None
    if table is None or record_id is None:
        return RecordError("MALFORMED_ID", f"malformed id {given}")
    try:
        allow(table.sobject, "delete")
        return Deletion(table.sobject.name, _target(table, record_id).id)
    except Wrong as wrong:
        return wrong.error
    except ApiError as error:
        return refused(error).errors[0]


def _attempt(
    org: Org, call: Call, sobject: SObject, members: dict[str, Any], index: int, target: Record | None = None
) -> Attempt:
    try:
        allow(sobject, "update" if target is not None else "insert")
    except ApiError as error:
        return refused(error)
    return attempt(org, sobject, members, call.body, lambda: ("records", index), target)


def _written(org: Org, call: Call, document: dict[str, Any], attempts: list[Attempt]) -> Answer:
    write(org, call.path, attempts, call.headers, all_or_none=document.get("allOrNone") is True)
    return Answer(200, [one.result() for one in attempts])
