from hypothesis import given
from hypothesis import strategies as st

from pipeline.journal.blobs import pack_lines, unpack_ids, unpack_lines
from pipeline.journal.known_rows import KnownRows
from pipeline.model.record import MEMBER


@given(st.sets(st.integers(0, 5000)))
def test_exactly_what_was_added_is_known(lines: set[int]):
    known = KnownRows(lines)
    assert {line for line in range(5100) if line in known} == lines
    assert bool(known) == bool(lines)


@given(
    whole=st.sets(st.integers(1, 50)),
    alone=st.sets(st.integers(51, 100)),
    apart=st.sets(st.tuples(st.integers(1, 300), st.integers(51, 120))),
)
def test_what_hangs_under_a_row_is_known_with_it_or_by_itself(whole, alone, apart):
    known = KnownRows(sorted(whole) + [line + MEMBER for line in whole])
    known.add(sorted(alone))
    known.add([number * MEMBER + line for number, line in apart], apart=True)
    assert bool(known) == bool(whole or alone or apart)
    for line in range(1, 121):
        assert (line in known) == (line in whole or line in alone)
        for number in range(1, 301, 7):
            assert (number * MEMBER + line in known) == (line in whole or (number, line) in apart)


@given(st.lists(st.integers(0, 2**63)))
def test_lines_come_out_of_the_journal_as_they_went_in(lines: list[int]):
    blob = pack_lines(lines)
    assert list(unpack_lines(blob)) == lines
    assert len(blob) == 8 * len(lines)


def test_ids_are_taken_apart():
    assert unpack_ids(b"a" * 18 + b"b" * 18) == ["a" * 18, "b" * 18]
    assert unpack_ids(b"") == []
