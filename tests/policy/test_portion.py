import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.outcome import Created, InDoubt, Nameless, Overtaxed, Throttled
from pipeline.policy.portion import FIRST_PATIENCE, LONGEST_PATIENCE, overtaxing, whole


@pytest.mark.parametrize(
    ("outcome", "seconds", "much"),
    [
        (Overtaxed(()), 1.0, True),
        (Throttled("ConcurrentPerOrgLongTxn", too_long=True), 0.1, True),
        (Throttled("ConcurrentRequests", too_many=True), 0.1, False),
        (InDoubt("no reply in time"), 630.0, True),
        (InDoubt("a cut"), 3.0, False),
        (Nameless(()), 3.0, False),
        (Created({}), 30.0, False),
    ],
)
def test_what_was_too_much_is_told_from_what_was_not(outcome, seconds: float, much: bool):  # noqa: FBT001 - a case
    assert overtaxing(outcome, seconds, timeout=630.0) is much


def test_what_was_too_much_is_halved_and_once_it_goes_well_long_enough_doubled():
    portion = whole(200).failed(200)
    assert portion.size == 100
    for _ in range(FIRST_PATIENCE):
        assert portion.size == 100
        portion = portion.passed(100)
    assert portion.size == 200


def test_smaller_requests_that_go_well_say_nothing_of_larger_ones():
    portion = whole(200).failed(200)
    for _ in range(10 * FIRST_PATIENCE):
        portion = portion.passed(30)
    assert portion.size == 100


def test_requests_that_left_before_it_shrank_do_not_shrink_it_again():
    portion = whole(200).failed(200)
    assert portion.failed(200) == portion


def loads(most: int, taken: int, requests: int) -> tuple[int, int]:
    """Load into an org that takes so many records at once; return what was loaded, and how many requests were too much."""
    portion, loaded, failures = whole(most), 0, 0
    for _ in range(requests):
        if portion.size <= taken:
            loaded += portion.size
            portion = portion.passed(portion.size)
        else:
            failures += 1
            portion = portion.failed(portion.size)
    return loaded, failures


@given(st.integers(1, 200))
def test_it_comes_to_at_least_half_of_what_the_org_takes_with_few_failures(taken: int):
    loaded, failures = loads(200, taken, 1_000)
    assert loaded >= 0.9 * 1_000 * (taken + 1) / 2 * 0.99 or loaded >= 0.45 * 1_000 * taken
    assert failures <= 8 + 4 + 1_000 / LONGEST_PATIENCE


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 200)), max_size=200), st.integers(1, 200))
def test_it_stays_between_one_and_the_most(story, most: int):
    portion = whole(most)
    for good, size in story:
        portion = portion.passed(size) if good else portion.failed(size)
        assert 1 <= portion.size <= most
