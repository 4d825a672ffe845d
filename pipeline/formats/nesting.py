"""Rows of JSON taken apart: a record, and those that are nested in it under the names of its child relationships. Pure.

What a tree takes: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pipeline.formats.json_members import Member, elements, joined, members
from pipeline.model.describe import Describe, Relationship
from pipeline.model.record import FieldError

MOST_LEVELS = 5
ATTRIBUTES = "attributes"
"""What a record in a tree has beside its fields: its type and its reference."""


_NESTED = frozenset({dict, list})


@dataclass(frozen=True, slots=True)
class Branch:
    """What may hang under a record by one of its child relationships."""

    relationship: Relationship
    describe: Describe
    branches: Mapping[str, "Branch"]
    """By relationship, in lower case."""


@dataclass(slots=True)
class Node:
    """A record as it stands in a row: its own members, without what is nested in it."""

    object: str
    row: Mapping[str, Any]
    raw: bytes
    parent: int
    """Number of the record that it hangs under; of the row's own, which is number 0, -1."""
    relationship: str
    path: str
    """Where it stands in the row: `Contacts[2]`; of the row's own, empty."""
    levels: tuple[str, ...] = ()
    """The relationships that lead to it, in lower case."""
    attributes: Mapping[str, Any] = field(default_factory=dict)


Keys = dict[tuple[str, ...], dict[str, None]]
"""Keys of records by the relationships under which they are nested."""


def nested_keys(rows: Iterable[Mapping[str, Any]]) -> Keys:
    """Find which records are nested in rows: the keys that they have, by the names that lead to them."""
    found: Keys = {}
    for row in rows:
        for key, value in row.items():
            if type(value) in _NESTED and (children := _children(value)):
                found.setdefault((key,), {}).update(dict.fromkeys(name for child in children for name in child))
                for below, keys in nested_keys(children).items():
                    found.setdefault((key, *below), {}).update(keys)
    return found


def take_apart(row: Mapping[str, Any], raw: bytes, describe: Describe, branches: Mapping[str, Branch]) -> list[Node] | FieldError:
    """Tell the records of a row, parents before what hangs under them; or say why that can't be done."""
    nodes: list[Node] = []
    fault = next(_walk(nodes, row, raw, Node(describe.name, {}, b"", -1, "", ""), describe, branches), None)
    return nodes if fault is None else fault


def _walk(
    nodes: list[Node],
    row: Mapping[str, Any],
    raw: bytes,
    place: Node,
    describe: Describe,
    branches: Mapping[str, Branch],
) -> Iterator[FieldError]:
    """Add a record and what is nested in it; yield what is wrong with that."""
    number = len(nodes)
    nodes.append(place)
    own: list[Member] = []
    below: list[tuple[Branch, Member]] = []
    for member in members(raw):
        value = row[member.key]
        if member.key == ATTRIBUTES and isinstance(value, dict):
            place.attributes = value
            if fault := _wrong_type(value, place):
                yield fault
        elif branch := branches.get(member.key.lower()):
            below.append((branch, member))
        elif _children(value) is not None and describe.field(member.key) is None:
            yield _unknown(member.key, place, describe)
        else:
            own.append(member)
    place.row = {member.key: row[member.key] for member in own}
    place.raw = joined([member.whole for member in own])
    for branch, member in below:
        yield from _hung(nodes, number, row[member.key], member, branch, place)


def _hung(nodes: list[Node], number: int, value: Any, member: Member, branch: Branch, place: Node) -> Iterator[FieldError]:
    """Add what is nested under one relationship."""
    children = _children(value)
    where = f"{place.path}.{member.key}" if place.path else member.key
    if children is None:
        if value is not None:
            yield FieldError("NESTED_VALUE", f'{where}: must be a list of records, or {{"records": [...]}}', (member.key,))
        return
    levels = (*place.levels, branch.relationship.name.lower())
    if children and len(levels) >= MOST_LEVELS:
        yield FieldError("FAMILY_TOO_DEEP", f"{where}: a tree has {MOST_LEVELS} levels at most", (member.key,))
        return
    for at, (child, raw) in enumerate(zip(children, _raw_children(member.value), strict=True), start=1):
        node = Node(branch.describe.name, {}, b"", number, branch.relationship.name, f"{where}[{at}]", levels)
        yield from _walk(nodes, child, raw, node, branch.describe, branch.branches)


def _children(value: Any) -> Sequence[Mapping[str, Any]] | None:
    """Return the records of a value that may hold some, in one of the two ways to write that; None if it doesn't."""
    records = value.get("records") if isinstance(value, dict) else value
    return records if isinstance(records, list) and all(isinstance(record, dict) for record in records) else None


def _raw_children(value: bytes) -> Iterator[bytes]:
    if value.startswith(b"{"):
        value = next(member.value for member in members(value) if member.key == "records")
    return elements(value)


def _wrong_type(attributes: Mapping[str, Any], place: Node) -> FieldError | None:
    named = attributes.get("type", place.object)
    if isinstance(named, str) and named.lower() == place.object.lower():
        return None
    where = f"{place.path}: " if place.path else ""
    return FieldError(
        "WRONG_TYPE", f"{where}its attributes say that it is {named!r}, and here stands {place.object}", (ATTRIBUTES,)
    )


def _unknown(key: str, place: Node, describe: Describe) -> FieldError:
    names = {name: relationship.name for name, relationship in describe.children.items()}
    near = get_close_matches(key.lower(), names, n=1)
    where = f"{place.path}.{key}" if place.path else key
    if key.lower() in names:
        text = f"{where}: none of the first rows had such records, so they were not held against the org: "
        return FieldError("NESTED_VALUE", f"{text}name it as [mapping.children.{names[key.lower()]}]", (key,))
    hint = f"; did you mean {names[near[0]]}?" if near else ""
    return FieldError("NESTED_VALUE", f"{where}: {describe.name} has no child relationship of that name{hint}", (key,))
