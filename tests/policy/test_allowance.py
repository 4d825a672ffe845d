import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policy.allowance import Usage, left, reserved


@pytest.mark.parametrize(
    ("reserve", "maximum", "kept"),
    [(0, 1_000, 0), (0.2, 1_000, 200), (0.1, 15, 2), (0.1, 4, 1), (300, 1_000, 300), (1, 1_000, 1), (5_000, 1_000, 1_000)],
)
def test_a_reserve_is_a_share_or_a_number_and_never_less_than_said(reserve: float, maximum: int, kept: int):
    assert reserved(reserve, maximum) == kept


def test_what_is_used_beyond_the_reserve_leaves_nothing():
    assert (left(799, 1_000, 0.2), left(800, 1_000, 0.2), left(1_100, 1_000, 0.2)) == (1, 0, 0)


def test_of_replies_that_overtake_each_other_the_highest_figure_counts():
    usage = Usage(10, 100, known_at=3)
    assert usage.heard(9, 100, begun_as=2, begun=5).used == 10
    assert usage.heard(12, 100, begun_as=2, begun=5).used == 12


def test_a_reply_to_a_later_call_is_believed_also_where_calls_have_come_back():
    usage = Usage(90, 100, known_at=3, unheard=2, unheard_at=3).heard(40, 100, begun_as=3, begun=4)
    assert (usage.used, usage.known_at, usage.unheard) == (40, 4, 0)


def test_a_call_of_which_nothing_was_heard_may_have_been_counted():
    usage = Usage(10, 100, known_at=1).missed(3).missed(3)
    assert usage.left(0) == 88
    assert usage.heard(11, 100, begun_as=2, begun=3).left(0) == 87  # it was under way with those
    assert usage.heard(13, 100, begun_as=3, begun=4).left(0) == 87


@given(st.integers(1, 30), st.integers(0, 40), st.integers(1, 8), st.randoms())
@settings(max_examples=500)
def test_no_call_is_made_beyond_what_is_allowed_however_replies_come_back(maximum: int, others: int, most: int, dice):
    """An org counts each call as it comes; a client with up to so many in flight counts all of them against what is left."""
    counted = min(others, maximum)
    usage, begun = Usage(counted, maximum, 0), 0
    flying: list[tuple[int, int]] = []
    kept = reserved(0.2, maximum)
    while True:
        if len(flying) < min(most, usage.left(0.2)) and dice.random() < 0.7:
            counted += 1
            flying.append((begun, counted))
            begun += 1
        elif flying:
            number, then = flying.pop(dice.randrange(len(flying)))
            usage = usage.missed(begun) if dice.random() < 0.2 else usage.heard(then, maximum, number, begun)
        elif usage.left(0.2) == 0:
            break
    assert counted <= max(maximum - kept, others)
