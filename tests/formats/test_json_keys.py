import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.json_keys import all_distinct, repeated_key

KEYS = st.sampled_from(["a", "b", "a:", 'x":'])
COLONS = st.sampled_from([":", ": ", " :"])


def member(key: str, colon: str, value: str) -> str:
    return orjson.dumps(key).decode() + colon + value


def an_object(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.builds(member, KEYS, COLONS, value), max_size=3).map(lambda found: "{" + ",".join(found) + "}")


VALUES = st.recursive(
    st.sampled_from(["1", '"x"', '"a\\":"', '"{:"']),
    lambda value: an_object(value) | st.lists(value, max_size=2).map(lambda found: "[" + ",".join(found) + "]"),
)


@given(st.lists(an_object(VALUES), min_size=1, max_size=3))
def test_what_is_quickly_called_distinct_has_no_key_twice_at_any_depth(texts):
    rows = [orjson.loads(text) for text in texts]
    if all_distinct("".join(texts).encode(), rows):
        assert [repeated_key(text.encode()) for text in texts] == [None] * len(texts)


def test_nested_objects_without_odd_signs_are_told_quickly():
    text = b'{"attributes": {"type": "A", "referenceId": "r1"}, "x": [{"a": [1, {"b": "c: d"}]}]}'
    assert all_distinct(text, [orjson.loads(text)])
    text = text.replace(b'"b"', b'"b": 1, "b"')
    assert not all_distinct(text, [orjson.loads(text)])


def test_deep_nesting_is_no_problem():
    text = b'{"a":' * 1000 + b"1" + b"}" * 1000
    assert all_distinct(text, [orjson.loads(text)])
