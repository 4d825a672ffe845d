import csv
import re
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats import csv_rows
from pipeline.formats.csv_rows import CsvReading
from pipeline.formats.flaws import RAW
from pipeline.formats.reading import BLOCK_ROWS
from pipeline.formats.rules import ReadRules

TOKENS = [b"a", b"bc", b",", b",", b'"', b'"', b"\n", b"\n", b"\r", b"\r\n", b"\xff", b"\0", "é".encode(), b'""', b" "]
TOKENS += ["\u2028".encode(), b"\xef\xbb\xbf", b"\x0b", b"\xc3", b"'=", b"1,2\n", b'"x\ny",z\n']
SOURCES = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join) | st.binary(max_size=60)
CHUNKS = st.integers(1, 30)
WIDTHS = st.integers(1, 3)


def by_the_csv_module(source: bytes) -> list[list[str]]:
    """Return all that Python's own module sees: rows, and blank lines as empty ones."""
    csv.field_size_limit(1_000_000)
    return list(csv.reader(line.decode(errors="replace") for line in source.splitlines(keepends=True)))


def without_mark(source: bytes) -> bytes:
    return source.removeprefix(b"\xef\xbb\xbf")


def place(source: bytes, offset: int) -> int:
    """Count up to the physical line that begins at an offset."""
    return len((source[:offset] + b"x").splitlines())


def all_that_was_seen(found) -> tuple[Any, ...]:
    unreadable = [(line.line, line.offset, line.reason, line.raw) for line in found.unreadable]
    return found.rows, found.raw, found.lines, found.offsets, unreadable, found.blank


class TestRows:
    def test_cells_quotes_and_line_ends(self, read_csv):
        found = read_csv(b'Name,Note\r\nAda,"a ""b"", c"\nBob,"two\nlines"\rCy,')
        assert found.rows == [["Ada", 'a "b", c'], ["Bob", "two\nlines"], ["Cy", ""]]
        assert found.lines == [2, 3, 5]
        assert found.offsets == [11, 28, 44]
        assert found.raw == [b'Ada,"a ""b"", c"\n', b'Bob,"two\nlines"\r', b"Cy,"]
        assert not found.unreadable

    def test_a_bom_is_not_part_of_the_first_column_but_counts_as_bytes(self, read_csv):
        found = read_csv(b"\xef\xbb\xbfa\n1\n")
        assert (found.rows, found.offsets) == ([["1"]], [5])

    def test_blank_lines_are_counted_and_no_rows(self, read_csv):
        found = read_csv(b"\n\r\na,b\n\n1,2\n\n\n")
        assert (found.rows, found.lines, found.blank) == ([["1", "2"]], [5], 5)

    def test_a_line_of_blanks_or_commas_is_a_row(self, read_csv):
        assert read_csv(b"a\n \n").rows == [[" "]]
        assert read_csv(b"a,b\n,\n").rows == [["", ""]]

    def test_the_jobs_own_delimiter_and_quote(self, read_csv):
        rules = ReadRules(delimiter="\t", quote="'")
        assert read_csv(b"a\tb\n'x\t''y'\t\"\n", rules=rules).rows == [["x\t'y", '"']]

    def test_line_separators_of_unicode_do_not_end_a_line(self, read_csv):
        found = read_csv("a,b\nx\u2028y\x0b\x85,z\n1,2\n".encode())
        assert (found.rows, found.lines) == ([["x\u2028y\x0b\x85", "z"], ["1", "2"]], [2, 3])

    def test_a_carriage_return_and_its_line_feed_may_come_in_different_chunks(self, read_csv):
        found = read_csv(b"a\r\n1\r\n\r\n2", size=1)
        assert (found.rows, found.lines, found.blank) == ([["1"], ["2"]], [2, 4], 1)

    def test_blocks_are_bounded_in_rows(self):
        sizes = [len(block.rows) for block in CsvReading(["a"], ReadRules(delimiter=",")).feed(b"a\n" + b"1\n" * 2500)]
        assert sum(sizes) == 2500
        assert max(sizes) == BLOCK_ROWS

    def test_a_corrected_file_is_unescaped(self, read_csv):
        source = b"'+a,treeload_error_code\n'=1,''-2\n'tis,'\n"
        assert read_csv(source).rows == [["=1", "'-2"], ["'tis", "'"]]
        assert read_csv(source.replace(b"treeload", b"other")).rows == [["'=1", "''-2"], ["'tis", "'"]]

    def test_null_words_are_empty_cells(self, read_csv):
        rules = ReadRules(delimiter=",", null_words=("NULL", "-"))
        found = read_csv(b'a,b\nNULL,"-"\nnull, NULL\nx,NULLs\n', rules=rules)
        assert found.rows == [["", ""], ["null", " NULL"], ["x", "NULLs"]]
        assert found.raw[0] == b'NULL,"-"\n'

    def test_null_words_of_a_corrected_file_may_be_escaped_and_do_not_empty_our_columns(self, read_csv):
        rules = ReadRules(delimiter=",", null_words=("NULL", "-"))
        assert read_csv(b"a,treeload_source\n'-,NULL\n", rules=rules).rows == [["", "NULL"]]

    def test_lines_may_end_with_carriage_returns_alone(self, read_csv):
        found = read_csv(b"a,b\r1,2\r\r3,4", size=3)
        assert (found.rows, found.lines, found.blank) == ([["1", "2"], ["3", "4"]], [2, 4], 1)


class TestUnreadable:
    def test_a_row_with_too_few_cells(self, read_csv):
        [line] = read_csv(b"a,b\n1\n1,2\n").unreadable
        assert (line.line, line.offset, line.raw) == (2, 4, b"1")
        assert line.reason == "1 cell, but the header has 2"

    def test_a_row_with_too_many_cells_over_several_lines_says_how_far_it_goes(self, read_csv):
        [line] = read_csv(b'a\n"x\r\ny",2\r\n3\n').unreadable
        assert line.reason == "2 cells, but the header has 1; the row goes on to line 3"
        assert line.raw == b'"x\r\ny",2'

    def test_bytes_that_are_not_utf8_are_named_with_their_place(self, read_csv):
        found = read_csv(b"a,b\n1,2\nJos\xe9,x\n3,4\n")
        [line] = found.unreadable
        assert line.reason == "byte 0xE9 at offset 11 of the file is not valid UTF-8"
        assert line.raw == b"Jos\xe9,x"
        assert found.rows == [["1", "2"], ["3", "4"]]

    def test_a_nul_byte_is_named_with_its_place(self, read_csv):
        [line] = read_csv(b"a\nx\0y\n").unreadable
        assert line.reason == "a NUL byte at offset 3 of the file"

    def test_a_quote_that_is_never_closed_takes_the_rest_of_the_file(self, read_csv):
        found = read_csv(b'a,b\n1,2\n3,"4\n5,6\n' + b"7,8\n" * 1000)
        [line] = found.unreadable
        assert found.rows == [["1", "2"]]
        assert (line.line, line.offset) == (3, 8)
        assert line.reason == "a quote opened in line 3 is never closed; everything to the end of the file is in it"

    def test_a_cell_that_is_too_long(self, read_csv):
        found = read_csv(b'a,b\n1,"' + b"x\n" * 6 + b'"\n3,4\n', rules=ReadRules(delimiter=",", max_line=10))
        [line] = found.unreadable
        assert line.reason == "a cell of more than 10 characters; the row goes on to line 8"
        assert found.rows == [["3", "4"]]

    def test_a_cell_may_be_as_long_as_the_rules_say_in_characters(self, read_csv):
        assert read_csv(b"a\n" + "é".encode() * 10, rules=ReadRules(delimiter=",", max_line=10)).rows == [["é" * 10]]

    def test_what_lies_in_an_overlong_cell_is_never_taken_for_rows(self, read_csv):
        inside = b"1,2\n" * 50
        found = read_csv(b'a,b\n0,"' + inside + b'"\n3,4\n', size=16, rules=ReadRules(delimiter=",", max_line=20))
        assert found.rows == [["3", "4"]]
        assert len(found.unreadable) == 1

    @pytest.mark.parametrize("size", [7, 65_536])
    def test_a_row_that_is_too_long(self, read_csv, monkeypatch, size):
        monkeypatch.setattr(csv_rows, "SMALLEST_LIMIT", 20)
        found = read_csv(
            b"a,b,c\n" + b"12345678," * 2 + b"123\n" + b"1,2,3\n", size=size, rules=ReadRules(delimiter=",", max_line=15)
        )
        assert [line.reason for line in found.unreadable] == ["a row of more than 20 bytes"]
        assert found.rows == [["1", "2", "3"]]

    def test_only_so_much_of_a_line_is_kept(self, read_csv):
        found = read_csv(b"a\n" + b"x" * RAW + b",\n" + b"y" * (RAW - 2) + b",\n")
        assert [len(line.raw) for line in found.unreadable] == [RAW, RAW - 1]

    def test_memory_stays_small_however_long_a_row_is(self):
        reading = CsvReading(["a"], ReadRules(delimiter=",", max_line=1_000_000))
        tracemalloc.start()
        unreadable = [line for block in reading.feed(b'a\n"') for line in block.unreadable]
        for _ in range(100):
            for block in reading.feed(b"x" * 99_999 + b"\n"):
                unreadable += block.unreadable
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        unreadable += [line for block in reading.end() for line in block.unreadable]
        assert [line.line for line in unreadable] == [2]
        assert peak < 5_000_000


class TestPromises:
    @given(SOURCES, WIDTHS, CHUNKS)
    @example(b"h\n1\r", 1, 1)
    def test_chunks_make_no_difference(self, read_csv, source, width, size):
        whole = read_csv(source, columns=width)
        assert all_that_was_seen(read_csv(source, columns=width, size=size)) == all_that_was_seen(whole)

    @given(SOURCES, WIDTHS)
    def test_no_row_is_lost_and_none_is_invented(self, read_csv, source, width):
        found = read_csv(b"h\n" + source, columns=width)
        expected = by_the_csv_module(b"h\n" + source)
        rows = [row for row in expected if row][1:]
        assert found.blank == expected.count([])
        assert len(found.rows) + len(found.unreadable) == len(rows)
        remaining = iter(rows)
        assert all(any(row == other for other in remaining) for row in found.rows)

    @given(SOURCES, WIDTHS, CHUNKS)
    def test_reading_from_an_offset_gives_the_row(self, read_csv, source, width, size):
        found = read_csv(source, columns=width, size=size)
        for row, raw, offset, line in zip(found.rows, found.raw, found.offsets, found.lines, strict=True):
            assert by_the_csv_module(source[offset:])[0] == row
            assert by_the_csv_module(raw) == [row]
            assert source.startswith(raw, offset)
            assert place(source, offset) == line

    @given(SOURCES, WIDTHS, CHUNKS)
    def test_an_unreadable_line_stands_where_it_says(self, read_csv, source, width, size):
        for line in read_csv(source, columns=width, size=size).unreadable:
            assert source.startswith(line.raw, line.offset)
            assert place(source, line.offset) == line.line

    @given(SOURCES, CHUNKS)
    def test_every_byte_belongs_to_a_row_an_unreadable_line_a_blank_one_or_the_header(self, read_csv, source, size):
        source = b"h\n" + source
        found = read_csv(source, columns=1, size=size)
        starts = {*found.offsets, *(line.offset for line in found.unreadable)}
        for start, end in pairwise(sorted({2, *starts, len(source)})):
            rows = [row for row in by_the_csv_module(source[start:end]) if row]
            assert len(rows) == (start in starts)

    @given(SOURCES, WIDTHS, CHUNKS)
    def test_the_quick_way_gives_what_the_careful_way_gives(self, read_csv, source, width, size):
        quick = read_csv(b"h\n" + source, columns=width, size=size)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CsvReading, "_block", CsvReading._sorted_out)  # noqa: SLF001 - the careful way alone
            careful = read_csv(b"h\n" + source, columns=width, size=size)
        assert all_that_was_seen(quick) == all_that_was_seen(careful)

    @given(SOURCES, WIDTHS, CHUNKS, st.integers(1, 12), st.integers(4, 20))
    def test_limits_take_out_rows_and_change_no_other(self, read_csv, source, width, size, max_line, max_row):
        source, rules = b"h\n" + source, ReadRules(delimiter=",", max_line=max_line)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csv_rows, "SMALLEST_LIMIT", max_row)
            limited = read_csv(source, columns=width, size=size, rules=rules)
            whole = read_csv(source, columns=width, rules=rules)
        free = read_csv(source, columns=width)
        assert (limited.rows, limited.offsets, limited.blank) == (whole.rows, whole.offsets, whole.blank)
        assert [(line.offset, line.reason) for line in limited.unreadable] == [
            (line.offset, line.reason) for line in whole.unreadable
        ]
        kept = dict(zip(limited.offsets, limited.rows, strict=True))
        long = {
            offset
            for offset, row in zip(free.offsets, free.rows, strict=True)
            if max(map(len, row)) > max_line or offset not in kept
        }
        assert kept == {o: row for o, row in zip(free.offsets, free.rows, strict=True) if o not in long}
        assert {line.offset for line in limited.unreadable} == long | {line.offset for line in free.unreadable}


FOUND = Path(__file__).parent.parent / "fixtures"
FILES = sorted([*FOUND.glob("reader/**/*.csv"), *FOUND.glob("csv/dataloader/*.csv"), *FOUND.glob("large/*.csv")])


def found_or_refusal(read_csv, source: bytes) -> Any:
    try:
        return read_csv(source, size=1000)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOUND)))
def test_files_of_others_are_read_as_the_csv_module_reads_them_or_refused_in_one_line(read_csv, path):
    source = path.read_bytes()
    found = found_or_refusal(read_csv, source)
    if isinstance(found, str):
        assert re.fullmatch("x.csv: .*", found)
        return
    expected = by_the_csv_module(without_mark(source))
    rows = [row for row in expected if row][1:]
    assert len(found.rows) + len(found.unreadable) == len(rows)
    assert found.blank == expected.count([])
    if not found.unreadable:
        assert found.rows == rows


@pytest.mark.parametrize("name", ["people-1000.csv", "leads-1000.csv"])
def test_large_files_have_all_their_rows(read_csv, fixtures, name):
    found = read_csv((fixtures / "large" / name).read_bytes())
    assert (len(found.rows), found.unreadable) == (1000, [])


NOT_OF_ITS_FILE = {"location_coordinates", "newlines_crlf"}  # what is expected there has another number, other line ends
SPECTRUM = {path.stem for path in FOUND.glob("reader/csv-spectrum/csvs/*.csv")} - NOT_OF_ITS_FILE


@pytest.mark.parametrize("name", sorted(SPECTRUM))
def test_csv_spectrum(read_csv, name):
    folder = FOUND / "reader" / "csv-spectrum"
    expected = orjson.loads((folder / "json" / f"{name}.json").read_bytes())
    found = read_csv((folder / "csvs" / f"{name}.csv").read_bytes())
    assert found.rows == [list(row.values()) for row in expected]
