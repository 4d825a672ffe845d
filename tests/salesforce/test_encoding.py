"""Fields to records: what stands around them."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.salesforce.encoding import Frame, encoder

FIELDS = st.lists(
    st.dictionaries(st.sampled_from("ABC"), st.none() | st.integers(0, 9) | st.text(max_size=3)), min_size=1, max_size=4
)
CONSTANTS = st.dictionaries(st.sampled_from("XY"), st.booleans() | st.text(max_size=3))


@given(FIELDS, CONSTANTS, st.sampled_from(Frame), st.sampled_from(["", "Mark__c"]))
def test_a_record_is_its_fields_with_what_its_endpoint_wants(rows, constants, frame: Frame, marker: str):
    names = [f"r1_{line}" for line, _ in enumerate(rows, 2)]
    encode = encoder("Lead", constants, frame=frame, marker=marker, run="run")
    for name, row, record in zip(names, rows, encode(names, list(map(orjson.dumps, rows))), strict=True):
        attributes = {"type": "Lead"} | ({"referenceId": name} if frame is Frame.REFERENCED else {})
        around = {} if frame is Frame.BARE else {"attributes": attributes}
        mark = {marker: f"run-{name}"} if marker else {}
        assert orjson.loads(record) == around | mark | constants | row
        assert b"\n" not in record


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (Frame.REFERENCED, b'{"attributes":{"type":"Lead","referenceId":"r1_2"}}'),
        (Frame.TYPED, b'{"attributes":{"type":"Lead"}}'),
        (Frame.BARE, b"{}"),
    ],
)
def test_a_record_without_fields_is_still_one(frame: Frame, expected: bytes):
    assert encoder("Lead", {}, frame=frame)(["r1_2"], [b"{}"]) == [expected]
