"""The members of an object are found where they stand, whatever is in them."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.json_members import elements, joined, members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=6)
LAYOUTS = st.sampled_from([0, orjson.OPT_INDENT_2])


@given(OBJECTS, LAYOUTS)
def test_each_member_is_found_with_the_bytes_of_its_value(row, layout):
    found = list(members(orjson.dumps(row, option=layout)))
    assert [member.key for member in found] == list(row)
    assert [orjson.loads(member.value) for member in found] == list(row.values())


@given(OBJECTS, LAYOUTS)
def test_members_joined_again_are_the_object(row, layout):
    text = orjson.dumps(row, option=layout)
    assert orjson.loads(joined([member.whole for member in members(text)])) == row


@given(st.lists(VALUES, max_size=6), LAYOUTS)
def test_each_element_of_an_array_is_found(values, layout):
    assert [orjson.loads(element) for element in elements(orjson.dumps(values, option=layout))] == values


def test_numbers_keep_their_digits():
    (member,) = members(b'{ "n" : 12345678901234567890.10 }')
    assert (member.key, member.value, member.whole) == ("n", b"12345678901234567890.10", b'"n" : 12345678901234567890.10')


def test_an_escaped_key_is_read():
    assert [member.key for member in members(rb'{"a\"b\u00e9": {"}": "]"}, "c": []}')] == ['a"b\u00e9', "c"]
