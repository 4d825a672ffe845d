from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from pipeline.aside.notes import PLACE, Notes, file_and_line

PLACES = st.tuples(st.integers(1, 3), st.integers(1, 60))


@given(st.lists(st.tuples(PLACES, st.integers(0, 255))), st.integers(1, 5), st.integers(1, 25))
def test_each_block_finds_the_notes_about_its_rows_in_the_order_in_which_they_were_made(tmp_path_factory, made, span, size):
    notes = Notes(tmp_path_factory.getbasetemp(), "B", span=span)
    expected = defaultdict(list)
    for (file, line), number in made:
        notes.add(file << PLACE | line, number)
        expected[file, line].append((number,))
    found = {}
    for file in (1, 2, 3):
        for start in range(1, 61, size):
            lines = range(start, min(start + size, 61))
            found |= {(file, lines[at]): list(about) for at, about in notes.among(file, lines).items()}
    notes.close()
    assert found == expected


@given(PLACES)
def test_a_place_says_where_it_is(place):
    file, line = place
    assert file_and_line(file << PLACE | line) == place
