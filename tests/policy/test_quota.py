from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.quota import Quota

SIZES = st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=6), max_size=8)


@given(st.integers(1, 60), st.integers(0, 70), SIZES)
def test_what_is_taken_is_the_longest_beginning_that_fits(most: int, used: int, requests: list[list[int]]):
    quota = Quota(most, used)
    taken = [sizes[: quota.take(sizes)] for sizes in requests]
    families, went = [n for sizes in requests for n in sizes], [n for sizes in taken for n in sizes]
    assert went == families[: len(went)]
    assert not went or used + sum(went) <= most
    assert quota.spent == (len(went) < len(families))
    if quota.spent:
        assert used + sum(families[: len(went) + 1]) > most


def test_one_record_each_and_the_last_one_is_the_last_allowed():
    quota = Quota(450, used=0)
    assert [quota.take([1] * 200) for _ in range(4)] == [200, 200, 50, 0]
    assert quota.reason == "limits.max_created allows 450 records, and so many were sent that no more may be"


def test_what_may_exist_already_counts():
    assert Quota(450, used=400).take([1] * 200) == 50
    assert Quota(450, used=500).take([1]) == 0
