import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.places import line_and_column, place

BODY = """{"records":[
 {"a":"x, } ] \\" y", "b" : 1},
 {"a":[1,{"c":null}],   "é": "ü", "b":
      true}
]}""".encode()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), (1, 1)),
        (("records",), (1, 12)),
        (("records", 0), (2, 2)),
        (("records", 0, "a"), (2, 7)),
        (("records", 0, "b"), (2, 28)),
        (("records", 1, "a", 1, "c"), (3, 15)),
        (("records", 1, "é"), (3, 30)),
        (("records", 1, "b"), (4, 7)),
    ],
)
def test_the_first_character_of_the_value_is_found(path: tuple[str | int, ...], expected: tuple[int, int]):
    assert place(BODY, path) == expected


def test_of_members_with_the_same_name_the_last_counts():
    assert place(b'{"a":1,"a":2}', ("a",)) == (1, 12)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def paths(value: object, way: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    found = [(way, value)]
    if isinstance(value, dict):
        return found + [hit for key, inner in value.items() for hit in paths(inner, (*way, key))]
    if isinstance(value, list):
        return found + [hit for index, inner in enumerate(value) for hit in paths(inner, (*way, index))]
    return found


@given(json_values)
def test_at_the_place_stands_the_value(value: object):
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    text = body.decode()
    for path, wanted in paths(value):
        line, column = place(body, path)
        rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
        assert orjson.dumps(wanted, option=orjson.OPT_INDENT_2).decode()[0] == rest[0]
        if not isinstance(wanted, dict | list):
            assert rest.startswith(orjson.dumps(wanted).decode())


def test_lines_and_columns_are_counted_from_one():
    assert line_and_column("ab\ncd", 0) == (1, 1)
    assert line_and_column("ab\ncd", 3) == (2, 1)
    assert line_and_column("ab\ncd", 4) == (2, 2)
