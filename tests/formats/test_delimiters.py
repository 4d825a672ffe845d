import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.formats.delimiters import DELIMITERS, find_delimiter
from pipeline.formats.head import read_head
from pipeline.formats.rules import ReadRules

CELLS = st.text(st.sampled_from('ab ,;\t|^`"\n'), max_size=5)
SIGNS = st.sampled_from([*DELIMITERS])


def found(text: str, name: str = "x.csv", **rules) -> str:
    return find_delimiter(name, text.splitlines(keepends=True), ReadRules(**rules))


def found_or_none(text: str) -> str | None:
    try:
        return found(text)
    except InputError:
        return None


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        found(text)
    return str(caught.value)


@given(SIGNS, st.integers(2, 5), st.data())
def test_a_file_whose_cells_are_all_quoted_has_no_other_delimiter_than_its_own(delimiter, width, data):
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    assert found(out.getvalue()) == delimiter


@given(st.text(st.sampled_from('ab,;\t|^`"\n'), max_size=40))
def test_what_is_found_makes_the_header_and_most_rows_of_one_width_or_is_refused(text):
    delimiter = found_or_none(text)
    if delimiter is None:
        return
    widths = [len(row) for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter) if row]
    closed = widths[:-1]  # the last row may have a quote that is never closed
    assert delimiter == "," or closed[:1] != [1]
    if len(closed) > 1 and closed[0] > 1:
        assert max(closed.count(closed[0]), widths.count(closed[0])) * 2 >= len(closed) - 1


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_the_delimiter_of_header_and_rows(delimiter):
    assert found(delimiter.join("abc") + "\n" + delimiter.join("123") + "\n") == delimiter


def test_what_stands_in_quotes_separates_nothing():
    assert found('"a;b;c",d\n"1;2;3",4\n') == ","
    assert found("'a;b;c',d\n'1;2;3',4\n", quote="'") == ","


def test_decimal_commas_do_not_make_a_comma_file():
    assert found("Name;Amount;Share\nAda;1,5;2,5\nBob;2,5;1,0\n") == ";"


def test_a_row_of_another_width_is_a_matter_of_that_row():
    assert found("a;b\n1;2\n1\n3;4\n") == ";"


def test_a_header_alone_will_do():
    assert found("a|b|c\n") == "|"


@pytest.mark.parametrize("text", ["", "\n\n", "Name\n", "Name\nAda\nBob, the builder\nCy\n", "Name\nAda Lovelace\n"])
def test_one_column_is_one_column(text):
    assert found(text) == ","


def test_the_ending_says_that_it_is_a_tab():
    assert found("a,b\n1,2\n", "x.TSV") == "\t"
    assert found("a\n1\n", "x.tab") == "\t"


def test_the_quote_is_no_delimiter():
    assert found("|a|,|b|\n", quote="|") == ","


def test_two_that_fit_are_a_doubt():
    assert refusal("a,b;c\n1,2;3\n") == (
        "x.csv: what separates its cells can't be told (comma gives 2 columns, as 1 of 1 rows have; "
        "semicolon gives 2 columns, as 1 of 1 rows have): set read.delimiter"
    )


def test_rows_that_are_not_like_the_header_are_a_doubt():
    assert refusal("Last, first\nAda\nBob\n") == (
        "x.csv: most of its rows are not as wide as its header (comma gives 2 columns, as 0 of 2 rows have): "
        "mend the header or the rows, or set read.delimiter"
    )


def test_where_half_of_the_rows_are_like_the_header_the_others_are_unreadable_each_for_itself():
    assert found("a,b\n1,2\n3\n") == ","


def test_a_title_above_the_header_is_named():
    assert refusal("Report of March\na;b\n1;2\n") == (
        "x.csv: its first line is no header of its rows (semicolon gives 1 column, as 0 of 2 rows have): "
        "remove what stands above the header, or set read.delimiter"
    )


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_a_first_line_may_say_the_delimiter_as_excel_has_it(delimiter):
    assert found(f"sep={delimiter}\r\nName\r\nAda, Bob; and Cy\r\n") == delimiter


def test_a_line_that_says_the_delimiter_is_neither_header_nor_row(read_csv):
    found = read_csv(b"\xef\xbb\xbfSEP=;\n\na;b\n1;2\nsep=;\n", rules=ReadRules())
    assert (found.rows, found.lines, found.blank) == ([["1", "2"], ["sep=", ""]], [4, 5], 1)


def test_a_column_that_is_only_like_such_a_line_is_a_header(read_csv):
    assert read_csv(b"sep=x\n1\n", rules=ReadRules()).rows == [["1"]]


def test_a_rejected_file_of_ours_is_known_by_our_columns_whatever_its_rows_say():
    assert found("a;b,treeload_line;treeload_error_code\n1,2;3,4;5,6;7\n") == ";"


def test_the_rules_outrank_what_the_rows_say():
    head = read_head("x.csv", "csv", b"a;b,c\n1;2,3\n", ReadRules(delimiter=","), whole=True)
    assert (head.columns, head.delimiter) == (("a;b", "c"), ",")


def test_what_was_found_reads_the_header():
    head = read_head("x.csv", "csv", b"\xef\xbb\xbfa\tb\n1\t2\n", ReadRules(), whole=True)
    assert (head.columns, head.delimiter) == (("a", "b"), "\t")
