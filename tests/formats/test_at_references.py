"""References by name in rows of JSON."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.at_references import filled, references_in

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.lists(st.text())


@given(st.dictionaries(st.text(), VALUES), st.data())
def test_only_the_named_values_change(row, data):
    keys = data.draw(st.lists(st.sampled_from(sorted(row)), unique=True)) if row else []
    changed, raw = filled(row, orjson.dumps(row), dict.fromkeys(keys, "001"))
    assert orjson.loads(raw) == changed == row | dict.fromkeys(keys, "001")


def test_numbers_stay_as_they_were_written():
    raw = b'{ "A" : "@x" , "N": 1.10, "B": 1e2 }'
    assert filled(orjson.loads(raw), raw, {"A": "001"})[1] == b'{"A":"001","N": 1.10,"B": 1e2}'


def test_what_begins_with_the_sign_refers_to_something():
    assert references_in({"A": "@x", "B": "x@y", "C": 1, "D": "@"}) == {"A": "x", "D": ""}
