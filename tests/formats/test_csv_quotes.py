import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.csv_quotes import RowEnd

PIECES = st.lists(
    st.sampled_from(["a", "bc", ",", '"', '""', "\n", "\r", "\r\n", " ", "é", "\u2028", ';"', ";"]), max_size=30
).map("".join)


def first_row_end(text: str, delimiter: str, quote: str) -> tuple[int | None, int]:
    """Ask the csv module: the position after the first row, or None where it has no end, and its last line."""
    lines = [line.decode() for line in text.encode().splitlines(keepends=True)]
    reader = csv.reader([*lines, ""], delimiter=delimiter, quotechar=quote)
    next(reader)
    size = len("".join(lines[: reader.line_num]).encode())
    closed = reader.line_num <= len(lines) and lines[reader.line_num - 1].endswith(("\n", "\r"))
    return size if closed else None, reader.line_num


@given(PIECES, st.sampled_from([(",", '"'), (";", '"'), (",", "é"), ("é", '"'), ("\u2028", "a")]))
def test_a_row_ends_where_the_csv_module_ends_it(text, signs):
    position, line = first_row_end(text, *signs)
    row_end = RowEnd(1, *signs)
    assert row_end.find(text.encode()) == position
    if position is not None:
        assert row_end.line == line


@given(PIECES, st.integers(1, 5))
def test_pieces_make_no_difference(text, size):
    source = text.encode()
    whole, parts = RowEnd(1, ",", '"'), RowEnd(1, ",", '"')
    expected = whole.find(source)
    found = None
    at = 0
    while found is None and at < len(source):
        end = at + size + (source[at + size - 1 : at + size + 1] == b"\r\n")  # pieces never cut a line end in two
        found = parts.find(source[at:end])
        found, at = (None, end) if found is None else (at + found, end)
    assert found == expected
    assert (parts.line, parts.in_quotes) == (whole.line, whole.in_quotes)
    if whole.in_quotes:
        assert parts.quoted_in == whole.quoted_in


@pytest.mark.parametrize(
    ("source", "line"), [(b'"', 17), (b'a,"x\ny', 17), (b'"x\n",1,"y\nz', 18), (b'"x\r\n\r\n","', 19), (b'"a""\n', 17)]
)
def test_it_knows_in_which_line_the_open_quote_began(source, line):
    row_end = RowEnd(17, ",", '"')
    assert row_end.find(source) is None
    assert row_end.in_quotes
    assert row_end.quoted_in == line
