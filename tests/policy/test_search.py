import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.search import Search


def searched(poisoned: list[bool]) -> tuple[list[int], list[int], int]:
    """Search as the sender does; return who was convicted, who was created, and the number of requests."""
    left, search = list(range(len(poisoned))), Search(within=len(poisoned))
    convicted, created, requests = [], [], 1
    while left:
        size = search.size(len(left))
        assert 1 <= size <= len(left)
        front = left[:size]
        requests += 1
        if not any(poisoned[place] for place in front):
            search, created, left = search.passed(size), created + front, left[size:]
        elif size > 1:
            search = search.failed(size)
        else:
            search, convicted, left = search.convicted(), convicted + front, left[1:]
    return convicted, created, requests


@given(st.lists(st.booleans(), min_size=2, max_size=200))
def test_exactly_the_culprits_are_convicted_and_all_others_created(poisoned):
    convicted, created, _ = searched(poisoned)
    assert convicted == [place for place, bad in enumerate(poisoned) if bad]
    assert created == [place for place, bad in enumerate(poisoned) if not bad]


@given(st.lists(st.booleans(), min_size=2, max_size=200))
def test_the_requests_are_bounded(poisoned):
    assert searched(poisoned)[2] <= 2 * len(poisoned) + 1


@pytest.mark.parametrize(("bad", "most"), [(1, 13), (10, 75), (50, 210)])
def test_two_hundred_records_take_few_requests_on_average(bad, most):
    rounds, dice = 300, random.Random(bad)  # noqa: S311 - the same rows each time, no secret
    requests = 0
    for _ in range(rounds):
        culprits = set(dice.sample(range(200), bad))
        requests += searched([place in culprits for place in range(200)])[2]
    assert requests / rounds <= most


def test_a_request_that_fails_for_its_size_alone_convicts_nobody():
    left, search, sent = 200, Search(within=200), []
    while left:
        size = search.size(left)
        sent.append(size)
        if size > 60:
            search = search.failed(size)
        else:
            search, left = search.passed(size), left - size
    assert sum(size for size in sent if size <= 60) == 200
