from contextlib import ExitStack
from statistics import median, quantiles

import pytest

from pipeline.simulator.errors import ApiError
from pipeline.simulator.fault_file import parse
from pipeline.simulator.traffic import Conditions, Traffic


def test_one_more_than_the_org_takes_at_once_is_refused_with_the_vendors_message():
    traffic = Traffic(Conditions(concurrent=2))
    with ExitStack() as under_way:
        under_way.enter_context(traffic.passing("tree"))
        under_way.enter_context(traffic.passing("query"))
        with pytest.raises(ApiError, match="ConcurrentRequests") as refused, traffic.passing("tree"):
            pass
        assert refused.value.status == 403
    with traffic.passing("tree"):
        pass
    assert [(seen.under_way, seen.refused) for seen in traffic.seen] == [(1, False), (2, False), (3, True), (1, False)]


def test_where_only_long_ones_count_short_ones_are_without_number():
    traffic = Traffic(Conditions(concurrent=1, long_after=20.0))
    with ExitStack() as under_way:
        for _ in range(50):
            under_way.enter_context(traffic.passing("tree"))
    assert not any(seen.refused for seen in traffic.seen)


def test_a_request_that_fails_is_no_longer_under_way():
    traffic = Traffic(Conditions(concurrent=1))
    for _ in range(3):
        with pytest.raises(LookupError), traffic.passing("tree"):
            raise LookupError


def test_latency_is_drawn_around_its_middle_and_the_same_from_the_same_seed():
    conditions = Conditions(latency=0.2, latency_p95=0.6)
    traffic, again = Traffic(conditions, seed=7), Traffic(conditions, seed=7)
    drawn = [traffic.draw() for _ in range(4_000)]
    assert drawn == [again.draw() for _ in range(4_000)]
    assert median(drawn) == pytest.approx(0.2, rel=0.1)
    assert quantiles(drawn, n=20)[-1] == pytest.approx(0.6, rel=0.1)


@pytest.mark.parametrize("conditions", [Conditions(latency=0.2), Conditions(latency=0.2, latency_p95=0.1)])
def test_without_a_spread_all_take_the_same(conditions: Conditions):
    assert Traffic(conditions).draw() == 0.2


def test_a_plan_says_what_an_org_is_like():
    plan = parse("[org]\nconcurrent = 10\nlong_after = 20\nlatency = 0.2\nlatency_p95 = 0.6")
    assert plan.conditions == Conditions(concurrent=10, long_after=20.0, latency=0.2, latency_p95=0.6)
    assert parse("").conditions == Conditions()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("org = 1", r"org must be a table, like \[org\]"),
        ("[org]\nconcurent = 1", 'org: unknown key "concurent"; did you mean "concurrent"?'),
        ("[org]\nconcurrent = 0", "org: concurrent must be a whole number from 1 on, not 0"),
        ("[org]\nlatency = -1", "org: latency must be a number of seconds from 0 on, not -1"),
        ('[[fault]]\ndo = "trigger"\nover = 0', "over must be a whole number from 1 on, not 0"),
        ('[[fault]]\ndo = "drop"\non = "limits"\nover = 3', 'on = "limits": over needs records'),
    ],
)
def test_a_mistake_in_it_is_one_line(text: str, complaint: str):
    with pytest.raises(ValueError, match=complaint.replace("?", r"\?")):
        parse(text)
