from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.packing import MOST_LEVELS, MOST_TYPES
from pipeline.policy.parting import Branch, heads

MOST_RECORDS, MOST_BYTES = 6, 100


def families(*, known: bool = False) -> st.SearchStrategy[list[Branch]]:
    """Grow families of up to 60 records, parents before what hangs under them."""
    branch = st.tuples(
        st.integers(0, 10**6), st.sampled_from("ABCDEFG"), st.integers(1, 60), st.booleans() if known else st.just(value=False)
    )
    return st.lists(branch, min_size=1, max_size=60).map(
        lambda drawn: [
            Branch(-1 if number == 0 else at % number, name, size, is_known)
            for number, (at, name, size, is_known) in enumerate(drawn)
        ]
    )


def parted(family):
    return heads(family, most_records=MOST_RECORDS, most_bytes=MOST_BYTES)


def level(family, number, head):
    return 1 if number == head else 1 + level(family, family[number].parent, head)


@given(families())
def test_each_part_is_one_record_with_all_that_hangs_under_it_or_one_alone(family):
    found = parted(family)
    sizes = Counter(found)
    for number, head in enumerate(found):
        assert found[head] == head
        if number != head:
            assert found[family[number].parent] == head, "it goes with the record above"
        elif number and sizes[found[family[number].parent]] > 1:
            raise AssertionError("what is above goes with others, so it must take this along")


@given(families())
def test_no_part_is_more_than_a_request_takes_unless_a_record_is_by_itself(family):
    found = parted(family)
    for head in {*found}:
        part = [number for number, other in enumerate(found) if other == head]
        if len(part) > 1:
            assert len(part) <= MOST_RECORDS
            assert sum(family[number].size for number in part) <= MOST_BYTES
            assert len({family[number].object for number in part}) <= MOST_TYPES
            assert max(level(family, number, head) for number in part) <= MOST_LEVELS


@given(families())
def test_a_record_goes_alone_only_if_it_has_to(family):
    found = parted(family)
    above = {number for number, one in enumerate(family) if any(other.parent == number for other in family)}
    for head, records in Counter(found).items():
        if records == 1 and head in above:
            below = [number for number in range(len(family)) if head in ancestors(family, number)]
            many = len(below) > MOST_RECORDS or sum(family[number].size for number in below) > MOST_BYTES
            mixed = len({family[number].object for number in below}) > MOST_TYPES
            assert many or mixed or max(level(family, number, head) for number in below) > MOST_LEVELS


def ancestors(family, number):
    while number >= 0:
        yield number
        number = family[number].parent


@given(families(known=True))
def test_nothing_goes_with_a_record_that_has_its_place(family):
    found = parted(family)
    for number, head in enumerate(found):
        if number != head:
            assert not family[head].known
            assert not family[number].known
