from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.window import BOM, Window, count_lines

SOURCE = st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"\x0b", b"\x1c", b"\xe2\x80\xa8"]), max_size=20).map(b"".join)


def test_a_byte_order_mark_is_counted_but_not_in_hand():
    window = Window()
    window.add(BOM[:1])
    assert window.begins()
    window.add(BOM[1:] + b"a")
    assert (window.data, window.offset, window.line) == (b"a", 3, 1)


def test_only_the_first_byte_order_mark_is_one():
    window = Window()
    window.add(BOM + BOM)
    window.add(BOM)
    assert window.data == BOM + BOM


def test_a_line_that_is_not_whole_waits():
    window = Window(b"a\nb")
    assert window.lines() == [b"a\n"]


def test_a_carriage_return_at_the_end_waits_for_its_other_half():
    window = Window(b"a\rb\r")
    assert window.lines() == [b"a\r"]
    assert window.piece() == b"a\rb"
    window.add(b"\n")
    assert window.lines() == [b"a\r", b"b\r\n"]


def test_the_last_line_of_a_file_needs_no_end():
    assert Window(b"a\nb", ended=True).lines() == [b"a\n", b"b"]
    assert Window(b"a\r", ended=True).piece() == b"a\r"


@given(SOURCE)
def test_lines_are_what_ends_with_line_feeds_and_carriage_returns(source):
    lines = Window(source, ended=True).lines()
    assert b"".join(lines) == source
    assert count_lines(source) == len(lines) - (bool(lines) and not lines[-1].endswith((b"\n", b"\r")))


@given(SOURCE, st.integers(0, 20))
def test_a_line_that_was_let_go_of_counts(source, lines):
    window = Window(source, 100, 7, ended=True)
    gone = window.lines()[:lines]
    window.pass_over(len(b"".join(gone)), lines=len(gone))
    assert window.offset - 100 + len(window.data) == len(source)
    assert window.line == 7 + len(gone)
