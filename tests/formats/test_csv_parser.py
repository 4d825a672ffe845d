import csv
import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.csv_parser import Parser
from pipeline.formats.rules import ReadRules

LINES = st.lists(
    st.lists(st.sampled_from(["a", ",", ";", '"', '""', " ", "\0", "é", "\u2028", "\x0b"]), max_size=8).map("".join), max_size=8
).flatmap(lambda lines: st.tuples(*(st.sampled_from(["\n", "\r", "\r\n"]).map(line.__add__) for line in lines)).map(list))


def parse(lines: list[str], rules: ReadRules, most: int) -> tuple[list[list[str]], list[int]]:
    """Put all portions together."""
    parser = Parser(lines, rules, size=len("".join(lines)))
    rows, bounds = parser.take(most)
    while True:
        more, places = parser.take(most)
        if not more:
            return rows, bounds
        rows += more
        bounds += places[1:]


@given(LINES, st.integers(1, 3), st.sampled_from([(",", '"'), (";", '"'), ("é", ","), ("\u2028", "a")]))
def test_rows_are_those_of_the_csv_module(lines, most, signs):
    delimiter, quote = signs
    reader = csv.reader([*lines, ""], delimiter=delimiter, quotechar=quote)
    expected = [(row, reader.line_num) for row in reader]
    whole = [(row, end) for row, end in expected if end <= len(lines)]  # the last one is the empty line, or isn't whole
    rows, bounds = parse(lines, ReadRules(delimiter=delimiter, quote=quote), most)
    assert rows == [row for row, _ in whole]
    assert bounds == [0, *(end for _, end in whole)]


@given(LINES, st.integers(1, 3))
def test_the_length_of_a_cell_counts_whether_it_is_quoted_or_not(lines, limit):
    parser = Parser(lines, ReadRules(delimiter=",", max_line=limit), size=len("".join(lines)))
    rows, bounds = parser.take(100)
    assert all(len(cell) <= limit for row in rows for cell in row)
    if parser.broken:
        csv.field_size_limit(limit)
        with pytest.raises(csv.Error, match="field larger than field limit"):
            next(csv.reader(lines[bounds[-1] :]))


def test_a_parser_leaves_its_lines_without_waiting_for_the_garbage_collector():
    parser = Parser(['"a"\n', "b\n"], ReadRules(delimiter=","), size=6)
    assert parser.take(10) == ([["a"], ["b"]], [0, 1, 2])
    gone = weakref.ref(parser)
    gc.disable()
    try:
        del parser
        assert gone() is None
    finally:
        gc.enable()
