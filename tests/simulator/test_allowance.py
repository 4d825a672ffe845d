from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.allowance import Allowance

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_the_allowance_ends():
    allowance = Allowance(2)
    assert [allowance.take(NOON) for _ in range(3)] == [True, True, False]
    assert (allowance.used(NOON), allowance.total) == (2, 2)


def test_a_day_later_it_is_there_again():
    allowance = Allowance(1)
    allowance.take(NOON)
    assert not allowance.take(NOON + timedelta(hours=23))
    assert allowance.take(NOON + timedelta(hours=24))
    assert allowance.total == 2


@given(st.lists(st.integers(0, 30), max_size=50))
def test_only_requests_of_the_last_day_count(gaps: list[int]):
    allowance = Allowance(1000)
    now, made = NOON, []
    for gap in gaps:
        now += timedelta(hours=gap)
        assert allowance.take(now)
        made.append(now)
    assert allowance.used(now) == sum(now - at < timedelta(hours=24) for at in made)
    assert allowance.total == len(made)
