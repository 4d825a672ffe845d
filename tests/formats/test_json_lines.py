import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats import json_lines
from pipeline.formats.flaws import RAW
from pipeline.formats.json_lines import JsonReading
from pipeline.formats.reading import BLOCK_ROWS
from pipeline.formats.rules import ReadRules

TOKENS = [b'{"a":1}\n', b'{"a":"\xc3\xa9"}', b"{}", b" {} \r\n", b"[1]\n", b"\n", b"\r", b"\r\n", b"{", b"}", b'"', b"\xff"]
TOKENS += [b"\0", b"\xef\xbb\xbf", b"\x0b", b" ", b"\t", b"null\n", "\u2028".encode()]
SOURCES = st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join) | st.binary(max_size=40)
CHUNKS = st.integers(1, 30)
LIMITS = st.integers(1, 12) | st.just(1000)


def all_that_was_seen(found) -> tuple[Any, ...]:
    unreadable = [(line.line, line.offset, line.reason, line.raw) for line in found.unreadable]
    return found.rows, found.raw, found.lines, found.offsets, unreadable, found.blank


class TestRows:
    def test_objects_with_their_bytes_and_places(self, read_json):
        found = read_json(b'{"a": 1}\r\n\n  {"b":"x"} \n{"c":null}')
        assert found.rows == [{"a": 1}, {"b": "x"}, {"c": None}]
        assert found.raw == [b'{"a": 1}', b'{"b":"x"}', b'{"c":null}']
        assert (found.lines, found.offsets, found.blank) == ([1, 3, 4], [0, 11, 24], 1)

    def test_a_bom_is_passed_over_but_counts_as_bytes(self, read_json):
        found = read_json(b"\xef\xbb\xbf{}\n{}\n")
        assert (found.offsets, found.raw) == ([3, 6], [b"{}", b"{}"])

    def test_lines_of_blanks_are_blank(self, read_json):
        found = read_json(b" \n\t\r\n\r\r\n{}\n\n")
        assert (found.rows, found.lines, found.blank) == ([{}], [5], 5)

    def test_separators_of_unicode_do_not_end_a_line(self, read_json):
        assert read_json('{"a":"x\u2028y\x85"}\n'.encode()).rows == [{"a": "x\u2028y\x85"}]

    def test_blocks_are_bounded_in_rows(self):
        sizes = [len(block.rows) for block in JsonReading(ReadRules()).feed(b"{}\n" * 2500)]
        assert sum(sizes) == 2500
        assert max(sizes) == BLOCK_ROWS


class TestUnreadable:
    @pytest.mark.parametrize(
        ("line", "kind"),
        [
            (b"[1]", "an array"),
            (b'"x"', "a string"),
            (b"1", "a number"),
            (b"1.5", "a number"),
            (b"true", "true or false"),
            (b"null", "null"),
        ],
    )
    def test_json_that_is_no_object(self, read_json, line, kind):
        [unreadable] = read_json(b"{}\n" + line + b"\n{}\n").unreadable
        assert unreadable.reason == f"JSON, but {kind} and not an object"
        assert (unreadable.line, unreadable.offset, unreadable.raw) == (2, 3, line)

    def test_broken_json_is_named_with_its_column(self, read_json):
        found = read_json(b'{"a":1}\n{"a":x}\n{"a":2}\n')
        [unreadable] = found.unreadable
        assert unreadable.reason.startswith("not JSON: ")
        assert unreadable.reason.endswith(" in column 6")
        assert found.rows == [{"a": 1}, {"a": 2}]

    @pytest.mark.parametrize("line", [b'{"a":NaN}', b'{"a":1}{"a":2}', b"{'a':1}", b'{"a":1},', b'{"a":"\\ud800"}', b"{" * 2000])
    def test_what_only_looks_like_json(self, read_json, line):
        assert read_json(line).unreadable[0].reason.startswith("not JSON: ")

    @pytest.mark.parametrize(
        "line",
        [
            b'{"a":1,"a":1}',
            b'{"a" :1,"b":2,"a"\t:2}',
            b'{"\\u0061":1,"a":2}',
            b'{"b":{"a":1,"a":2}}',
            b'{"b":"\\"a\\":", "a":0, "a":1}',
        ],
    )
    def test_a_key_that_is_there_twice(self, read_json, line):
        found = read_json(b'{"a":1}\n' + line + b'\n{"a":2}\n')
        assert [(u.line, u.reason, u.raw) for u in found.unreadable] == [(2, "the key 'a' is there twice", line)]
        assert found.rows == [{"a": 1}, {"a": 2}]

    @pytest.mark.parametrize("line", [b'{"a":"x\\":","b":" : "}', b'{"a" : 1}', b'{"a":{"a":[{"a":1},{"a":1}]}}'])
    def test_what_only_looks_like_a_key_is_none(self, read_json, line):
        assert read_json(line).rows == [orjson.loads(line)]

    @given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", '":', " :"]), st.sampled_from(["x", '":', '"', " :"])), max_size=4))
    def test_keys_are_distinct_or_the_line_is_unreadable(self, read_json, pairs):
        line = b"{" + b",".join(orjson.dumps(key) + b":" + orjson.dumps(value) for key, value in pairs) + b"}"
        assert bool(read_json(line).rows) is (len(dict(pairs)) == len(pairs))

    def test_numbers_beyond_64_bits_stay_the_bytes_that_they_are(self, read_json):
        line = b'{"a":123456789012345678901234567890,"b":0.10000000000000000555,"c":1E400}'
        assert [*read_json(line).raw, *(u.raw for u in read_json(line).unreadable)] == [line]

    def test_bytes_that_are_not_utf8_are_named_with_their_place(self, read_json):
        [unreadable] = read_json(b'{}\n{"a":"\xe9"}\n').unreadable
        assert unreadable.reason == "byte 0xE9 at offset 9 of the file is not valid UTF-8"

    def test_a_nul_byte_is_named_with_its_place(self, read_json):
        [unreadable] = read_json(b'{"a":"\0"}\n').unreadable
        assert unreadable.reason == "a NUL byte at offset 6 of the file"

    @pytest.mark.parametrize("size", [1, 65_536])
    def test_a_line_that_is_too_long(self, read_json, size):
        found = read_json(b'{"a":"12345678"}\n{"a":"123"}\r\n', size=size, rules=ReadRules(max_line=11))
        assert [line.reason for line in found.unreadable] == ["a line of more than 11 bytes"]
        assert found.rows == [{"a": "123"}]

    def test_only_so_much_of_a_line_is_kept(self, read_json):
        [unreadable] = read_json(b"x" * (RAW + 1)).unreadable
        assert len(unreadable.raw) == RAW

    def test_memory_stays_small_however_long_a_line_is(self):
        reading = JsonReading(ReadRules(max_line=1_000_000))
        tracemalloc.start()
        for _ in range(100):
            assert not list(reading.feed(b"x" * 100_000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        [block] = reading.end()
        assert block.unreadable[0].reason == "a line of more than 1,000,000 bytes"
        assert peak < 5_000_000


class TestPromises:
    @given(SOURCES, CHUNKS, LIMITS)
    def test_chunks_make_no_difference(self, read_json, source, size, limit):
        rules = ReadRules(max_line=limit)
        whole = read_json(source, rules=rules)
        assert all_that_was_seen(read_json(source, size=size, rules=rules)) == all_that_was_seen(whole)

    @given(SOURCES, CHUNKS, LIMITS)
    def test_every_line_is_a_row_unreadable_or_blank(self, read_json, source, size, limit):
        found = read_json(source, size=size, rules=ReadRules(max_line=limit))
        lines = source.removeprefix(b"\xef\xbb\xbf").splitlines()
        assert found.blank == sum(not line.strip(b" \t") and len(line) <= limit for line in lines)
        assert len(found.rows) + len(found.unreadable) + found.blank == len(lines)

    @given(SOURCES, CHUNKS)
    def test_reading_from_an_offset_gives_the_row(self, read_json, source, size):
        found = read_json(source, size=size)
        for row, raw, offset, line in zip(found.rows, found.raw, found.offsets, found.lines, strict=True):
            assert orjson.loads(source[offset:].splitlines()[0]) == orjson.loads(raw) == row
            assert len((source[:offset] + b"x").splitlines()) == line

    @given(SOURCES, CHUNKS)
    def test_an_unreadable_line_stands_where_it_says(self, read_json, source, size):
        for line in read_json(source, size=size).unreadable:
            assert source[line.offset :].splitlines()[0] == line.raw
            assert len((source[: line.offset] + b"x").splitlines()) == line.line

    @given(SOURCES, CHUNKS, LIMITS)
    def test_the_quick_way_gives_what_the_careful_way_gives(self, read_json, source, size, limit):
        rules = ReadRules(max_line=limit)
        quick = read_json(source, size=size, rules=rules)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_lines, "_plain", lambda *_: None)
            careful = read_json(source, size=size, rules=rules)
        assert all_that_was_seen(quick) == all_that_was_seen(careful)


FOUND = Path(__file__).parent.parent / "fixtures"
FILES = sorted([*FOUND.glob("jsonl/**/*"), *FOUND.glob("reader/json-test-suite-transform/*")])


@pytest.mark.parametrize("path", [path for path in FILES if path.is_file()], ids=lambda path: path.name)
def test_files_of_others_are_read_line_by_line(read_json, path):
    source = path.read_bytes()
    found = read_json(source, size=100)
    assert len(found.rows) + len(found.unreadable) + found.blank == len(source.splitlines())
    lines = source.splitlines()
    assert all(orjson.loads(lines[line - 1]) == row for row, line in zip(found.rows, found.lines, strict=True))
