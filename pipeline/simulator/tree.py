"""composite/tree: up to 200 records in trees, created all or none, told apart by their references.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm

What is wrong comes out in stages: the JSON, the references and types, unknown fields, values of the wrong type, fields, unique
values. Of a stage that names records, all failing ones are named, each with all its errors; the later stages then don't run.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.simulator import effects
from pipeline.simulator.errors import ApiError, RecordError, unknown_column
from pipeline.simulator.insert import Draft, cast_all, conflicts, draft, entry, errors_of
from pipeline.simulator.objects import SObject
from pipeline.simulator.org import Org
from pipeline.simulator.places import Path, place
from pipeline.simulator.wire import Answer, Call, malformed, parse

MOST_RECORDS = 200
MOST_LEVELS = 5
MOST_TYPES = 5
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")

Named = Sequence[tuple[str | None, list[RecordError]]]
"""Records by reference, with their errors."""


@dataclass(slots=True, eq=False)
class _Node:
    """A record where it stands in the body."""

    members: dict[str, Any]
    index: int
    level: int
    parent: "_Node | None"
    relation: str
    """The member of the parent that it stands in; of a root, empty."""
    type: Any
    reference: str
    children: tuple[str, ...] = ()
    draft: Draft | None = None

    def path(self) -> Path:
        """Lead to the record in the body."""
        above = (*self.parent.path(), self.relation) if self.parent else ()
        return (*above, "records", self.index)


def create(org: Org, call: Call) -> Answer:
    """Create all records of the request, or none: 201, or 400 with the failing ones. Raises ApiError for the whole request."""
    root = org.table(call.parts["object"]).sobject
    nodes = _nodes(call.body)
    wrong = _wrong_attributes(org, root, nodes)
    if not wrong:
        records = _drafts(org, root, nodes, call.body)
        wrong = [(record.reference, found) for record in records if (found := errors_of(record, org))]
        if not wrong:
            return _insert(org, call, records)
    return _rejected(wrong)


def _insert(org: Org, call: Call, records: Sequence[Draft]) -> Answer:
    owners = effects.owners(call.headers)
    for record in records:
        record.seal(org.mint(record.sobject))
    effects.assign(records, owners)
    wrong = [(record.reference, found) for record, found in effects.duplicates(records, org, call.headers)]
    wrong = wrong or [(record.reference, found) for record, found in conflicts(records, org)]
    if wrong:
        return _rejected(wrong)
    org.commit(call.path, [entry(record) for record in records])
    created = [{"referenceId": record.reference, "id": record.id} for record in records]
    return Answer(201, {"hasErrors": False, "results": created})


def _rejected(wrong: Named) -> Answer:
    results = [{"referenceId": reference, "errors": [error.in_tree() for error in found]} for reference, found in wrong]
    return Answer(400, {"hasErrors": True, "results": results})


def _nodes(body: bytes) -> list[_Node]:
    """Read the trees into a list, roots first, then level by level."""
    document = parse(body)
    if not isinstance(document, dict):
        raise malformed("Cannot deserialize instance of tree from START_ARRAY value [", place(body, ()))
    for name in document:
        if name != "records":
            raise malformed(f'Unrecognized field "{name}"', place(body, (name,)))
    nodes = list(_walk(document.get("records", []), None, ""))
    if not nodes:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")
    _within_limits(nodes)
    return sorted(nodes, key=lambda node: node.level)


def _walk(records: Any, parent: _Node | None, relation: str) -> Iterator[_Node]:
    level = parent.level + 1 if parent else 1
    if level > MOST_LEVELS:
        raise ApiError(400, "INVALID_INPUT", f"A tree can't have more than {MOST_LEVELS} levels.")
    if not isinstance(records, list):
        raise malformed('The value of "records" has to be a list')
    for index, members in enumerate(records):
        if not isinstance(members, dict):
            raise malformed(f"Cannot deserialize instance of sobject from value {members}")
        node = _node(members, index, level, parent, relation)
        yield node
        for name in node.children:
            yield from _walk(members[name]["records"], node, name)


def _node(members: dict[str, Any], index: int, level: int, parent: _Node | None, relation: str) -> _Node:
    attributes = members.get("attributes")
    if not isinstance(attributes, dict):
        attributes = {}
    reference = attributes.get("referenceId")
    if not isinstance(reference, str) or not reference:
        raise ApiError(403, "INVALID_INPUT", "Include a reference ID for each record in the request.")
    children = tuple([name for name, value in members.items() if isinstance(value, dict) and "records" in value])
    return _Node(members, index, level, parent, relation, attributes.get("type"), reference, children)


def _within_limits(nodes: Sequence[_Node]) -> None:
    if len(nodes) > MOST_RECORDS:
        message = f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
    if len({node.type.lower() for node in nodes if isinstance(node.type, str)}) > MOST_TYPES:
        raise ApiError(400, "INVALID_INPUT", f"A request can't have more than {MOST_TYPES} types of records.")


def _wrong_attributes(org: Org, root: SObject, nodes: Sequence[_Node]) -> Named:
    """Name records with a reference that is no reference or not the only one, or with a type that can't be there."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.reference] = counts.get(node.reference, 0) + 1
    wrong: dict[str, list[RecordError]] = {}
    for node in nodes:
        found = [*_wrong_reference(node.reference, counts), *_wrong_type(org, root, node)]
        if found:
            wrong.setdefault(node.reference, found)
    return list(wrong.items())


def _wrong_reference(reference: str, counts: dict[str, int]) -> Iterator[RecordError]:
    if counts[reference] > 1:
        yield RecordError("INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
        yield RecordError("PROCESSING_HALTED", f"Duplicate ReferenceId found: {reference}")
    if _REFERENCE.fullmatch(reference) is None:
        rule = "must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
        yield RecordError("INVALID_INPUT", f"Provided referenceId ('{reference}') {rule}")


def _wrong_type(org: Org, root: SObject, node: _Node) -> Iterator[RecordError]:
    if not node.type:
        yield RecordError("INVALID_INPUT", "Include an entity type for each record in the request.")
        return
    table = org.find_table(node.type)
    expected = root.name if node.parent is None else _child_type(org, node.parent, node.relation)
    if table is None or not table.sobject.createable or table.sobject.name != (expected or table.sobject.name):
        yield RecordError("INVALID_INPUT", f"Invalid entity type provided in the request: {node.type}")


def _child_type(org: Org, parent: _Node, relation: str) -> str | None:
    table = org.find_table(parent.type)
    child = table.sobject.children.get(relation.lower()) if table else None
    return child[0] if child else None


def _drafts(org: Org, root: SObject, nodes: Sequence[_Node], body: bytes) -> list[Draft]:
    """Make records of the nodes. Raises ApiError for a field that doesn't exist, then for a value of the wrong type."""
    drafts = []
    for node in nodes:
        sobject = org.table(node.type).sobject if node.parent else root
        for name in node.children:
            if name.lower() not in sobject.children:
                raise unknown_column(name, sobject.name)
        node.draft = draft(sobject, node.members, node.reference, node.children)
        if node.parent is not None and node.parent.draft is not None:
            _hang(node.draft, node.parent.draft, node.relation)
        drafts.append(node.draft)
    for node, record in zip(nodes, drafts, strict=True):
        cast_all(record, node.members, body, node.path)
    return drafts


def _hang(record: Draft, parent: Draft, relation: str) -> None:
    """Put a record under its parent: the parent's id goes to the field that the relationship is made of."""
    _, name = parent.sobject.children[relation.lower()]
    record.parent = parent
    record.link = record.sobject.field(name)
    if record.link is None:
        raise unknown_column(name, record.sobject.name)
