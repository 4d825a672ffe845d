"""The number in flight, by itself and in a small world: an org that takes so many at once, a client that keeps to its limit."""

import heapq
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.outcome import Created, Exhausted, Hindered, InDoubt, Partly, Rejected, Throttled, Unavailable
from pipeline.policy.limit import LESS, SLOW, SLOW_ONES, Flight, Limit, Sign, beginning, sign


@pytest.mark.parametrize(
    ("outcome", "seconds", "seen"),
    [
        (Created({}), 1.5, Sign.GOOD),
        (Created({}), SLOW, Sign.SLOW),
        (Partly({}, {}), 1.5, Sign.GOOD),
        (Partly({}, {}, {}, {"r1_2": ()}), 1.5, Sign.TROUBLE),
        (Rejected({}), 1.5, Sign.NONE),
        (Rejected({}), 20.0, Sign.SLOW),
        (Hindered(()), 1.5, Sign.TROUBLE),
        (Unavailable("SERVER_UNAVAILABLE"), 0.1, Sign.TROUBLE),
        (Throttled("HTTP 429"), 0.1, Sign.TROUBLE),
        (Throttled("ConcurrentPerOrgLongTxn", too_long=True), 0.1, Sign.TROUBLE),
        (Throttled("ConcurrentRequests", too_many=True), 0.1, Sign.TOO_MANY),
        (InDoubt("no reply in time"), 30.0, Sign.TROUBLE),
        (InDoubt("a cut"), 0.5, Sign.NONE),
        (Exhausted("TotalRequests"), 0.1, Sign.NONE),
    ],
)
def test_each_outcome_is_a_sign(outcome, seconds: float, seen: Sign):
    assert sign(outcome, seconds, timeout=630) is seen


def test_no_answer_within_a_short_time_out_is_trouble_too():
    assert sign(InDoubt("no reply"), 2.0, timeout=2) is Sign.TROUBLE


@pytest.mark.parametrize(("most", "first"), [(1, 1), (4, 4), (8, 8), (16, 8), (25, 13), (100, 50)])
def test_it_begins_so_that_a_short_load_is_not_held_up(most: int, first: int):
    assert beginning(most).whole == first


def flight(number: int, beside: int = 9, *, full: bool = True) -> Flight:
    return Flight(number, full=full, beside=beside)


def test_it_grows_only_while_it_is_reached():
    limit = beginning(25)
    assert limit.after(Sign.GOOD, flight(0, full=False), 9) == limit
    assert limit.after(Sign.GOOD, flight(0), 9).whole == limit.whole + 1


def test_of_those_that_were_under_way_together_only_the_first_trouble_counts():
    limit = Limit(20, 20.0).after(Sign.TROUBLE, flight(5), left=30)
    assert limit.number == 20 * LESS
    assert limit.after(Sign.TROUBLE, flight(29), left=30) == limit
    assert limit.after(Sign.TROUBLE, flight(30), left=45).number == pytest.approx(15 * LESS)


def test_slowness_leaves_as_many_as_never_reach_the_orgs_limit_for_long_ones():
    limit = Limit(25, 25.0)
    for number in range(0, 1_000, 25):
        limit = limit.after(Sign.SLOW, flight(number), left=number + 25)
    assert limit.whole == SLOW_ONES


def test_a_refusal_for_too_many_says_how_many_the_org_takes():
    limit = Limit(50, 50.0)
    for refused in range(40):
        limit = limit.after(Sign.TOO_MANY, flight(refused, 49 - refused), left=50)
    assert limit.whole == 10


signs = st.lists(st.tuples(st.sampled_from([*Sign]), st.booleans(), st.integers(0, 30), st.integers(0, 30)), max_size=300)


@given(st.integers(1, 100), signs)
def test_it_stays_between_one_and_the_most_whatever_comes(most: int, seen):
    limit = beginning(most)
    for left, (sign_, full, before, beside) in enumerate(seen, start=1):
        limit = limit.after(sign_, flight(max(left - before, 0), beside, full=full), left)
        assert 1 <= limit.whole <= most


def live(most: int, hidden: int, calls: int, *, seed: int = 0) -> tuple[Limit, list[int], int]:
    """Let a client keep to its limit against an org that takes `hidden` requests at once.

    Returns the limit at last, how many the org was working on after each start, and how many it refused.
    """
    dice, limit, numbers = Random(seed), beginning(most), count()  # noqa: S311 - no secret
    flying: list[tuple[float, int, bool]] = []
    working: list[int] = []
    now, refused, left, full_at = 0.0, 0, 0, -1
    while left < calls or flying:
        while left < calls and len(flying) < limit.whole:
            number = next(numbers)
            left += 1
            at_work = sum(taken for *_, taken in flying)
            taken = at_work < hidden
            working.append(at_work + taken)
            takes = dice.uniform(1.0, 2.0) if taken else 0.05
            heapq.heappush(flying, (now + takes, number, taken))
            full_at = number if len(flying) >= limit.whole else full_at
        now, number, taken = heapq.heappop(flying)
        refused += not taken
        limit = limit.after(Sign.GOOD if taken else Sign.TOO_MANY, flight(number, len(flying), full=full_at >= number), left)
    return limit, working, refused


@pytest.mark.parametrize(("most", "hidden"), [(25, 5), (25, 10), (25, 20), (100, 7), (100, 40), (8, 3)])
@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_an_org_takes_at_once_and_seldom_asks_for_more(most: int, hidden: int, seed: int):
    limit, working, refused = live(most, hidden, 3_000, seed=seed)
    assert 0.8 * hidden <= limit.whole <= 1.2 * hidden
    settled = working[1_000:-hidden]
    assert sum(settled) / len(settled) >= 0.9 * hidden
    assert refused <= most + 40


def test_an_org_that_takes_all_is_given_all():
    limit, working, refused = live(25, 100, 500)
    assert (limit.whole, refused) == (25, 0)
    assert working[40:-25] == [25] * 435
