"""The order of rows that refer to others: each goes after all that it needs, as early as it can, or never."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.waves import circle, waves

ROWS = st.tuples(st.just(1), st.integers(1, 8))
NEEDS = st.dictionaries(ROWS, st.lists(ROWS, min_size=1, max_size=3), max_size=8)


def expected(needs, never):
    """Say by trying when each row can go: in rounds, each with all that can go by then."""
    done = {row for awaited in needs.values() for row in awaited if row not in needs} - never
    found, number = {}, 0
    while ready := [row for row in needs if row not in found and row not in never and {*needs[row]} <= done | found.keys()]:
        number += 1
        found |= dict.fromkeys(ready, number)
    return found


@given(NEEDS, st.sets(ROWS, max_size=3))
def test_each_row_goes_as_soon_as_all_that_it_needs_has_gone(needs, never):
    assert waves(needs, never).number == expected(needs, never)


@given(NEEDS, st.sets(ROWS, max_size=3))
def test_a_row_goes_or_is_lost_or_circular_and_never_two_of_these(needs, never):
    found = waves(needs, never)
    for row in needs.keys() - never:
        assert (row in found.number) + (row in found.lost) + (row in found.circular) == 1


@given(NEEDS)
def test_the_way_of_a_circle_leads_back_to_where_it_was(needs):
    found = waves(needs, ())
    for row in found.circular:
        way = circle(row, needs, found.circular)
        assert way[0] == row
        assert way[-1] in way[:-1]
        assert all(following in needs[one] for one, following in pairwise(way))


def test_a_row_that_needs_something_that_never_comes_is_lost_and_so_is_what_needs_it():
    found = waves({(1, 2): [(1, 1)], (1, 3): [(1, 2)]}, {(1, 1)})
    assert set(found.lost) == {(1, 2), (1, 3)}
    assert not found.number
