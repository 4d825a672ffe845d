import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats.head import file_format, holds_rows, read_head
from pipeline.formats.json_array import ArrayReading
from pipeline.formats.reading import BLOCK_ROWS
from pipeline.formats.rules import ReadRules
from tests.formats.conftest import Contents, contents

TOKENS = [
    b"[",
    b"]",
    b",",
    b",",
    b'{"a":1}',
    b'{"a":"]},\\""}',
    b"{",
    b"}",
    b'"',
    b"\\",
    b"\n",
    b" ",
    b"1",
    b"\xff",
    b"\xef\xbb\xbf",
]
SOURCES = st.lists(st.sampled_from(TOKENS), max_size=20).map(b"".join)
BODIES = SOURCES.map(b"[".__add__)
KEYS = [b'"records":', b'"a":1,', b'"done":true', b'{"records":[', b'{"a":{"records":[1]},"records":[']
TREES = st.lists(st.sampled_from(TOKENS + KEYS), max_size=20).map(b"".join).map(b"{".__add__)
ENVELOPES = st.sampled_from([b'{"records":[', b'\xef\xbb\xbf {"totalSize":3,"r":"}[]", "done":true , "records" : ['])
BODIES_OF_TREES = st.tuples(ENVELOPES, SOURCES).map(b"".join)
ANY = SOURCES | BODIES | TREES | BODIES_OF_TREES
OBJECTS = st.lists(
    st.dictionaries(st.text(max_size=3), st.text(max_size=5) | st.integers(0, 9) | st.none(), max_size=3), max_size=8
)


def read(source: bytes, size: int = 65_536, max_line: int = 1000) -> Contents:
    return contents(ArrayReading(ReadRules(max_line=max_line)), source, size)


def elements_unread(found: Contents) -> list[tuple[int, bytes]]:
    """List the elements that could not be read, without what stands behind the array."""
    behind = ("something follows", "the object around", "behind the records")
    return [(line.line, line.raw) for line in found.unreadable if not line.reason.startswith(behind)]


def seen(found: Contents) -> tuple[Any, ...]:
    return found.rows, found.raw, found.lines, found.offsets, found.unreadable, found.blank


def test_elements_are_rows_whose_line_is_their_number():
    found = read(b' [\n{"a": 1},{"a":"]"}\r\n,\n {"b":\n2}]\n')
    assert found.rows == [{"a": 1}, {"a": "]"}, {"b": 2}]
    assert (found.lines, found.offsets) == ([1, 2, 3], [3, 12, 26])
    assert found.raw == [b'{"a": 1}', b'{"a":"]"}', b'{"b": 2}']
    assert not found.unreadable


def test_what_is_no_record_is_unreadable_in_its_place():
    found = read(b'[1, {"a":1},, {"a":x}, {"a":1,"a":2}, {"a":2}]')
    assert [(line.line, line.reason.partition(":")[0]) for line in found.unreadable] == [
        (1, "JSON, but a number and not an object"),
        (3, "nothing between two commas"),
        (4, "not JSON"),
        (5, "the key 'a' is there twice"),
    ]
    assert found.lines == [2, 6]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b'[{"a":1}', "the array is never closed"),
        (b'[{"a":1},', "the array is never closed"),
        (b'[{"a":"]', "the array is never closed"),
        (b"[]x", "something follows the end of the array"),
        (b"1", "no JSON array"),
        (b"\xef", "no JSON array"),
        (b"{}", 'a JSON object without "records"'),
        (b'{"a"', 'a JSON object that ends before its "records" begin'),
        (b'{"records":{}}', 'a JSON object whose "records" are no array'),
        (b'{"records":[{"a":1}', "the array is never closed"),
        (b'{"records":[]', "the object around the records is never closed"),
        (b'{"records":[]}x', "behind the records: not JSON"),
        (b'{"records":[],"a":1', "behind the records: not JSON"),
        (b'{"records":[],"records":[{"a":1}]}', "behind the records: the key 'records' is there twice"),
        (b'{"records":1,"records":[]}', 'a JSON object whose "records" are no array'),
        (b'{"a":1,"a":2,"records":[]}', "the key 'a' is there twice"),
        (b'{"a":tru,"records":[]}', "not JSON"),
        (b'{"a":"\xff","records":[]}', "byte 0xFF"),
    ],
)
def test_an_array_that_is_none_is_not_taken_for_a_whole_one(source, reason):
    [line] = read(source).unreadable
    assert line.reason.startswith(reason)


@pytest.mark.parametrize(
    "source",
    [
        *(b"", b" \n", b"[]", b"\xef\xbb\xbf[ ]\n"),
        *(b'{"records":[]}', b'\xef\xbb\xbf {"done":true, "records" :\n[ ] , "totalSize":0}\n'),
    ],
)
def test_an_array_of_nothing_has_no_rows(source):
    assert seen(read(source)) == ([], [], [], [], [], 0)
    assert not holds_rows("json", [source[read_head("x.json", "json", source, ReadRules(), whole=True).size :]])


@pytest.mark.parametrize("source", [b"[{}]", b"[[]]", b'{"records":[{}]}', b"[", b"[,"])
def test_what_may_hold_rows_is_not_called_empty(source):
    size = read_head("x.json", "json", source, ReadRules(), whole=True).size
    assert holds_rows("json", [source[size:]]) is (source != b"[")


def test_the_records_of_a_tree_file_are_rows_whatever_is_around_them():
    source = b'{"done":true,"x":{"records":[{}]},"\\u0072ecords":[{"a":1},\n{"records":[2]}],"totalSize":2}\n'
    found = read(source)
    assert found.rows == [{"a": 1}, {"records": [2]}]
    assert (found.lines, found.unreadable) == ([1, 2], [])
    assert [source[at : at + 2] for at in found.offsets] == [b'{"', b'{"']


AROUND = st.sampled_from([(b"[", b"]"), (b'{"records": [', b"]}"), (b'{"n":[0,{}],\n"records":[', b'], "d":"]"}\n')])


@given(OBJECTS, st.sampled_from([b",", b" ,\n"]), st.integers(1, 20), AROUND)
def test_what_was_written_is_read(objects, comma, size, around):
    found = read(around[0] + comma.join(map(orjson.dumps, objects)) + around[1], size)
    assert not found.unreadable
    assert found.rows == objects
    assert found.lines == list(range(1, len(objects) + 1))


@given(ANY, st.integers(1, 9), st.integers(1, 12) | st.just(1000))
def test_pieces_make_no_difference(source, size, max_line):
    assert seen(read(source, size, max_line)) == seen(read(source, max_line=max_line))


@given(SOURCES | BODIES, st.integers(1, 9))
def test_every_byte_is_in_an_element_or_between_two(source, size):
    found = read(source, size)
    places = sorted([*zip(found.offsets, found.raw, strict=True), *((u.offset, u.raw) for u in found.unreadable)])
    at = 0
    for offset, raw in places:
        assert not source[at:offset].strip(b" \r\n,[]\xef\xbb\xbf")
        at = offset + len(raw)
    assert not source[at:].strip(b" \r\n,[]\xef\xbb\xbf")


@given(ENVELOPES, SOURCES, st.integers(1, 9))
def test_in_a_tree_file_the_same_elements_are_found_as_in_an_array(envelope, source, size):
    alone, within = read(b"[" + source), read(envelope + source, size)
    assert (within.rows, within.lines, within.raw) == (alone.rows, alone.lines, alone.raw)
    assert elements_unread(within) == elements_unread(alone)


def test_blocks_are_bounded_in_rows():
    sizes = [len(block.rows) for block in ArrayReading(ReadRules()).feed(b"[" + b"{},\n" * 2500)]
    assert (sum(sizes), max(sizes)) == (2500, BLOCK_ROWS)


def test_memory_stays_small_however_long_an_element_is():
    reading = ArrayReading(ReadRules(max_line=1_000_000))
    tracemalloc.start()
    assert not list(reading.feed(b'[{"a":"'))
    for _ in range(100):
        assert not list(reading.feed(b"x]," * 33_333))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    [block] = reading.feed(b'"},{}]')
    assert [(line.line, line.offset, line.reason) for line in block.unreadable] == [
        (1, 1, "an element of more than 1,000,000 bytes")
    ]
    assert block.lines == [2]
    assert peak < 5_000_000


def test_the_columns_are_the_keys_of_the_first_elements():
    assert read_head("x.json", "json", b'[{"a":1},{"b":2}]', ReadRules(), whole=True).columns == ("a", "b")


def test_a_file_that_begins_otherwise_is_refused():
    advice = r'put the records into \[ \], or set read.format = "jsonl" if each line is a record$'
    with pytest.raises(InputError, match=rf'^x.json: is a JSON object without "records": {advice}'):
        read_head("x.json", "json", b'{"a":1}\n', ReadRules(), whole=True)
    with pytest.raises(InputError, match=rf"^x.json: is no JSON array, .*: {advice}"):
        read_head("x.json", "json", b"a,b\n", ReadRules(), whole=True)
    with pytest.raises(InputError, match=r'^x.json: is a JSON object that ends before its "records" begin'):
        read_head("x.json", "json", b'{"a":1', ReadRules(), whole=True)


def test_records_that_begin_too_late_are_not_looked_for():
    late = b'{"a":"' + b"x" * 1_048_576 + b'","records":[{}]}'
    with pytest.raises(InputError, match=r'^x.json: is a JSON object without "records" within 1,048,576 bytes: '):
        read_head("x.json", "json", late[:1_048_576], ReadRules(), whole=False)
    [line] = read(late).unreadable
    assert line.reason == 'a JSON object without "records" within 1,048,576 bytes'


def test_the_rejected_rows_of_an_array_are_json_lines():
    assert file_format("rejected.jsonl", ReadRules(format="json")) == "jsonl"
    assert file_format("x.txt", ReadRules(format="json")) == "json"
