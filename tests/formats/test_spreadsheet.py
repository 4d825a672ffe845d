import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.spreadsheet import escape, escape_row, unescape

CELLS = st.text(st.sampled_from("'=+-@\t\r\nab1 "), max_size=6) | st.text(max_size=6)


@pytest.mark.parametrize("cell", ["=1+1", "+49 30 123", "-5", "@SUM(A1)", "\tx", "\rx"])
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(cell):
    assert escape(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a=b", "'", "'tis", "O'Neill", " =1", "1-2", "''"])
def test_everything_else_stays_as_it_is(cell):
    assert escape(cell) == cell
    assert unescape(cell) == cell


def test_apostrophes_that_were_there_before_come_back():
    assert escape("'=1") == "''=1"
    assert unescape("''=1") == "'=1"


@given(CELLS)
def test_unescape_undoes_escape(cell):
    assert unescape(escape(cell)) == cell


@given(CELLS)
def test_no_escaped_cell_begins_like_a_formula(cell):
    assert not escape(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(CELLS, CELLS)
def test_two_cells_never_become_the_same(one, other):
    assert (escape(one) == escape(other)) is (one == other)


@given(st.lists(CELLS))
def test_a_row_is_escaped_cell_by_cell(cells):
    assert escape_row(cells) == [escape(cell) for cell in cells]
