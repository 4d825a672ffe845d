import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.backslashes import Doubling
from pipeline.formats.head import read_head
from pipeline.formats.rules import ReadRules

TEXT = st.text(st.sampled_from('ab\\",;é\r\n'), max_size=30)
SIGNS = st.sampled_from([(",", '"'), (";", "'"), ("é", '"'), (",", "é")])


def doubled(source: bytes, size: int = 1000, delimiter: str = ",", quote: str = '"') -> bytes:
    doubling = Doubling(delimiter, quote)
    found = b"".join(b"".join(doubling.feed(source[at : at + size])) for at in range(0, len(source), size))
    return found + b"".join(doubling.end())


def rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote))


@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=4), SIGNS, st.integers(1, 7))
def test_cells_in_quotes_come_out_as_they_went_in(cells, signs, size):
    delimiter, quote = signs
    lines = [
        delimiter.join(quote + cell.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote for cell in row) for row in cells
    ]
    text = doubled("".join(line + "\n" for line in lines).encode(), size, delimiter, quote).decode()
    assert rows(text, delimiter, quote) == cells


@given(TEXT, SIGNS, st.integers(1, 7))
def test_pieces_make_no_difference(text, signs, size):
    assert doubled(text.encode(), size, *signs) == doubled(text.encode(), 1000, *signs)


@given(TEXT)
def test_line_ends_stay_where_they_are(text):
    ends = [line[-1:] for line in doubled(text.encode()).splitlines(keepends=True)]
    assert ends == [line[-1:] for line in text.encode().splitlines(keepends=True)]


@given(st.text(st.sampled_from('ab",é\r\n'), max_size=30), st.integers(1, 7))
def test_without_a_backslash_nothing_changes(text, size):
    assert doubled(text.encode(), size) == text.encode()


@pytest.mark.parametrize("text", ["C:\\new,\\,\\\\\n", '"C:\\new"', 'a\\"b,c"\\"d', '\\"a\\",b\n', '"a""b"', '"a"\\"b', "\\"])
def test_every_other_backslash_is_itself(text):
    assert doubled(text.encode()) == text.encode()


def test_the_header_and_the_delimiter_are_found_through_backslashes():
    source = b'"a \\"x\\";,";b\n"1 \\",;";2\n'
    head = read_head("x.csv", "csv", source, ReadRules(escape="backslash"), whole=True)
    assert (head.columns, head.delimiter, head.escape) == (('a "x";,', "b"), ";", "backslash")


def test_a_rejected_file_of_ours_has_doubled_quotes_whatever_its_source_had():
    rules = ReadRules(escape="backslash")
    head = read_head("x.csv", "csv", b'"a\\",treeload_line\n"C:\\",2\n', rules, whole=True)
    assert (head.columns, head.escape, head.corrected) == (("a\\", "treeload_line"), "double", True)


def test_a_backslash_cannot_be_two_things():
    with pytest.raises(ValueError, match="escape must be"):
        ReadRules(escape="backslash", quote="\\")
