"""Rows taken apart are the same rows: each record where it was nested, digit for digit."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.nesting import MOST_LEVELS, Branch, nested_keys, take_apart
from pipeline.model.describe import Describe, Relationship
from pipeline.model.record import FieldError

NODE = Describe("Node", "Node", "a00", createable=True, fields={}, lower={})
CHILDREN = Relationship("Children", "Node", "Parent__c")


class Everywhere(dict):
    """What may hang under a node at any depth: children, which are nodes."""

    def get(self, key: str, default: Any = None) -> Any:
        return Branch(CHILDREN, NODE, self) if key == "children" else default


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False).map(str)
NODES = st.recursive(
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    lambda below: st.builds(
        lambda own, children, wrapped: own | {"Children": {"records": children} if wrapped else children},
        st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
        st.lists(below, min_size=1, max_size=3),
        st.booleans(),
    ),
    max_leaves=8,
)


def depth(node: dict[str, Any]) -> int:
    return 1 + max(map(depth, children_of(node)), default=0)


def children_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    below = node.get("Children", [])
    return below["records"] if isinstance(below, dict) else below


def preorder(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(one for child in children_of(node) for one in preorder(child))]


@given(NODES, st.sampled_from([0, orjson.OPT_INDENT_2]))
def test_each_record_is_found_once_under_its_parent_with_its_own_members(row, layout):
    row = orjson.loads(orjson.dumps(row)) if fits(row) else {}
    found = take_apart(row, orjson.dumps(row, option=layout), NODE, Everywhere())
    if depth(row) > MOST_LEVELS:
        assert isinstance(found, FieldError)
        assert found.code == "FAMILY_TOO_DEEP"
        return
    assert not isinstance(found, FieldError)
    nodes = preorder(row)
    assert [orjson.loads(one.raw) for one in found] == [one.row for one in found]
    assert [one.row for one in found] == [{key: value for key, value in node.items() if key != "Children"} for node in nodes]
    for number, one in enumerate(found):
        assert one.parent < number
        if number:
            assert any(nodes[number] is child for child in children_of(nodes[one.parent]))


def fits(row: Any) -> bool:
    try:
        orjson.dumps(row)
    except (orjson.JSONEncodeError, TypeError):
        return False
    return True


def test_what_is_nested_in_the_first_rows_is_found_with_its_keys():
    rows: list[dict[str, Any]] = [
        {"Name": 1},
        {"Contacts": [{"LastName": "a"}, {"Email": "b", "Cases": {"records": [{"Subject": "c"}]}}]},
        {"List": [1]},
    ]
    assert {path: list(keys) for path, keys in nested_keys(rows).items()} == {
        ("Contacts",): ["LastName", "Email", "Cases"],
        ("Contacts", "Cases"): ["Subject"],
    }


def test_numbers_of_a_nested_record_keep_their_digits():
    raw = b'{"a": 1.10, "Children": [{"b": 12345678901234567890.50}]}'
    found = take_apart(orjson.loads(raw), raw, NODE, Everywhere())
    assert not isinstance(found, FieldError)
    assert [one.raw for one in found] == [b'{"a": 1.10}', b'{"b": 12345678901234567890.50}']
