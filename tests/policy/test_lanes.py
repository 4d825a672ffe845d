"""Lanes: what locks the same record never goes at the same time, and goes in its order."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.lanes import MOST_LANES, MOST_WAITING, Lines, lane_of, lanes_for, waiting_for

KEYS = st.lists(st.frozensets(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=3), max_size=30)


@given(KEYS, st.integers(1, 6), st.data())
def test_whoever_is_on_the_way_shares_no_key_and_each_goes_once_and_in_the_order_of_its_keys(keys, at_once, data):
    lines: Lines[int] = Lines()
    coming, on_the_way, gone = [*enumerate(keys)], [], []
    while coming or on_the_way or lines.waiting:
        steps = ["join"] * bool(coming) + ["done"] * bool(on_the_way) + ["take"] * (len(on_the_way) < at_once)
        step = data.draw(st.sampled_from(steps))
        if step == "join":
            lines.join(*coming.pop(0))
        elif step == "done":
            lines.done(on_the_way.pop(data.draw(st.integers(0, len(on_the_way) - 1))))
        elif (one := lines.take()) is None:
            assert on_the_way or not lines.waiting, "somebody may always go, if nobody is on the way"
        else:
            assert all(keys[one].isdisjoint(keys[other]) for other in on_the_way)
            on_the_way.append(one)
            gone.append(one)
    assert sorted(gone) == [*range(len(keys))]
    for key in (b"a", b"b", b"c", b"d"):
        order = [one for one in gone if key in keys[one]]
        assert order == sorted(order)


def test_what_has_no_key_waits_for_nobody():
    lines: Lines[int] = Lines()
    for one in range(3):
        lines.join(one, ())
    assert [lines.take(), lines.take(), lines.take()] == [0, 1, 2]


def test_the_longest_line_is_served_first():
    lines: Lines[int] = Lines()
    for one, key in enumerate([b"a", b"b", b"c", b"b", b"b", b"c"]):
        lines.join(one, (key,))
    assert [lines.take(), lines.take(), lines.take(), lines.take()] == [1, 2, 0, None]
    lines.done(1)
    assert lines.take() == 3


@given(st.binary(min_size=15, max_size=15), st.integers(1, 100))
def test_a_key_has_one_lane_and_their_number_is_bounded(key, concurrency):
    lanes = lanes_for(concurrency)
    assert concurrency <= lanes or lanes == MOST_LANES
    assert 1 <= waiting_for(concurrency) <= MOST_WAITING
    assert 1 <= lane_of(key, lanes) <= lanes
    assert lane_of(key, lanes) == lane_of(bytes(key), lanes)
