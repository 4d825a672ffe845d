"""The reckoning before a load: its figures follow from rows, requests and the assumptions it names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.record import Chunk, references
from pipeline.model.wire import Purpose
from pipeline.policy.packing import Packer
from pipeline.policy.plan import AFTER_LOSS, BESIDE, GROWTH, Room, most_requests, plan
from pipeline.policy.rules import SendRules

RULES = SendRules()


def reckon(rows: int, requests: int, rules: SendRules = RULES, usage: tuple[int, int] | None = None):
    return plan(rows, requests, rules, logins=0, describes=1, usage=usage)


@pytest.mark.parametrize(
    ("rows", "requests", "isolation", "evidence"),
    [(0, 0, 0, 0), (3, 1, 0, 0), (200, 1, 0, 0), (100_000, 500, 91, 0), (1_000_000, 5_000, 907, 5 * AFTER_LOSS)],
)
def test_calls_follow_from_requests_and_the_assumed_shares(rows: int, requests: int, isolation: int, evidence: int):
    calls = reckon(rows, requests).calls
    assert calls[Purpose.LOAD] == requests
    assert (calls[Purpose.ISOLATION], calls[Purpose.EVIDENCE]) == (isolation, evidence)


def test_smaller_requests_are_touched_by_bad_rows_less_often():
    small, large = reckon(10_000, 1_000), reckon(10_000, 50)
    assert small.calls[Purpose.ISOLATION] == 10  # one request for each bad row
    assert large.calls[Purpose.ISOLATION] == 9


def test_a_login_is_a_call_but_not_of_the_allowance():
    reckoned = plan(400, 2, RULES, logins=1, describes=1, usage=None)
    assert reckoned.calls[Purpose.LOGIN] == 1
    assert (reckoned.metered, reckoned.certain) == (3, 3)


@pytest.mark.parametrize(
    ("usage", "room"),
    [
        (None, Room.UNKNOWN),
        ((0, 15_000), Room.ENOUGH),
        ((9_408, 10_000), Room.ENOUGH),
        ((9_409, 10_000), Room.TIGHT),
        ((9_499, 10_000), Room.TIGHT),
        ((9_500, 10_000), Room.SHORT),
        ((10_007, 10_000), Room.SHORT),
    ],
)
def test_the_calls_that_are_left_are_held_against_the_certain_and_the_expected_ones(usage, room: Room):
    reckoned = reckon(100_000, 500, SendRules(allowance_reserve=0), usage=usage)
    assert (reckoned.certain, reckoned.metered) == (501, 592)
    assert reckoned.room is room


@pytest.mark.parametrize(("reserve", "left"), [(0.2, 7_000), (2_000, 7_000), (0, 9_000), (0.95, 0), (20_000, 0)])
def test_what_is_kept_for_others_is_not_left(reserve: float, left: int):
    assert reckon(100, 1, SendRules(allowance_reserve=reserve), usage=(1_000, 10_000)).left == left


def test_time_is_that_of_the_rate_or_of_the_concurrency_whichever_is_longer():
    assert reckon(100_000, 500, SendRules(requests_per_second=1)).seconds == 592
    assert reckon(100_000, 500, SendRules(requests_per_second=0, concurrency=4)).seconds == 250
    assert reckon(100_000, 500, SendRules(requests_per_second=1_000, concurrency=1)).seconds == 1_000


@given(
    sizes=st.lists(st.integers(1, 3_000), max_size=40),
    records=st.integers(1, 7),
    most_bytes=st.integers(4_000, 9_000),
)
def test_no_file_is_cut_into_more_requests_than_its_size_allows(sizes: list[int], records: int, most_bytes: int):
    rules = SendRules(chunk_records=records, chunk_bytes=most_bytes)
    packer = Packer(1, most_records=records, most_bytes=most_bytes)
    encoded = [b"x" * size for size in sizes]
    lines = [*range(len(sizes))]
    chunks: list[Chunk] = [*packer.add(lines, lines, references(1, lines), encoded, encoded), *packer.flush()]
    text = sum(max(size - BESIDE, 0) // GROWTH for size in sizes)
    assert len(chunks) <= most_requests(len(sizes), text, 1, rules)
