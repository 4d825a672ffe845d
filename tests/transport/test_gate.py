"""The gate, on the real throttler and an event loop whose time jumps instead of passing."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import SystemClock
from pipeline.transport.gate import Gate, window
from tests.transport.worlds import World, live


def starts(rate: float, number: int, waiters: int) -> list[float]:
    """Return when each of so many starts was let through."""
    moments: list[float] = []

    async def story(world: World) -> None:
        gate = Gate(rate, world)

        async def work() -> None:
            while len(moments) < number:
                async with gate.turn():
                    pass
                moments.append(world.time())

        async with asyncio.TaskGroup() as group:
            for _ in range(waiters):
                group.create_task(work())

    live(story)
    return moments


def most_in(moments: list[float], seconds: float) -> int:
    """Return the most starts within any stretch of so many seconds."""
    return max(sum(start <= moment < start + seconds for moment in moments) for start in moments)


@pytest.mark.parametrize("rate", [1, 2, 3, 5, 7, 10, 20, 23, 25, 31, 47, 100, 250, 1000])
def test_no_second_sees_more_starts_than_the_rate(rate: int):
    moments = starts(rate, 3 * rate, waiters=8)
    assert most_in(moments, 1.0) <= rate
    assert len(moments) / (moments[-1] - moments[0]) >= 0.9 * rate


@pytest.mark.parametrize(("rate", "seconds"), [(0.5, 2.0), (0.1, 10.0), (0.25, 4.0)])
def test_a_rate_below_one_is_one_start_in_several_seconds(rate: float, seconds: float):
    moments = starts(rate, 4, waiters=3)
    assert most_in(moments, seconds) == 1
    assert moments[3] == pytest.approx(3 * seconds, abs=0.01)


@given(st.floats(0.001, 5000, allow_nan=False))
def test_the_window_keeps_any_rate(rate: float):
    slots, period = window(rate)
    assert slots >= 1
    assert slots / period <= rate * (1 + 1e-9)
    assert slots / period >= 0.85 * rate
    assert period == 1 / rate or 0.1 <= period <= 0.2


@pytest.mark.parametrize(
    ("rate", "slots", "period"),
    [
        (20, 4, 0.2),
        (25, 5, 0.2),
        (100, 10, 0.1),
        (1000, 100, 0.1),
        (7, 1, 1 / 7),
        (23, 1, 1 / 23),
        (2.5, 1, 0.4),
        (0.5, 1, 2.0),
        (1, 1, 1.0),
    ],
)
def test_the_window_is_short_and_holds_a_few_starts(rate: float, slots: int, period: float):
    found = window(rate)
    assert found[0] == slots
    assert found[1] == pytest.approx(period)


def test_who_came_first_goes_first():
    order: list[int] = []

    async def story(world: World) -> None:
        gate = Gate(20, world)

        async def work(number: int) -> None:
            async with gate.turn():
                pass
            order.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(60):
                group.create_task(work(number))

    live(story)
    assert order == list(range(60))


def test_only_the_first_in_line_has_announced_and_not_started():
    announced, started, most = 0, 0, 0

    async def story(world: World) -> None:
        gate = Gate(5, world)

        async def work() -> None:
            nonlocal announced, started, most
            async with gate.turn():
                announced += 1
                most = max(most, announced - started)
            started += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(30):
                group.create_task(work())

    live(story)
    assert (announced, started, most) == (30, 30, 1)


def test_a_body_that_fails_takes_no_slot():
    async def story(world: World) -> None:
        gate = Gate(1, world)
        for _ in range(5):
            with pytest.raises(LookupError):
                async with gate.turn():
                    raise LookupError
        async with gate.turn():
            pass
        assert world.time() < 0.1

    live(story)


def test_a_waiter_that_is_cancelled_takes_no_slot_and_holds_up_nobody():
    async def story(world: World) -> None:
        gate = Gate(1, world)

        async def work() -> None:
            async with gate.turn():
                pass

        await work()
        async with asyncio.TaskGroup() as group:
            in_line = [group.create_task(work()) for _ in range(4)]
            await world.sleep(0.5)
            in_line[0].cancel()
            in_line[2].cancel()
        assert [task.cancelled() for task in in_line] == [True, False, True, False]
        assert world.time() == pytest.approx(2.0, abs=0.01)

    live(story)


def test_waiting_costs_one_look_a_start_however_many_wait():
    async def story(world: World) -> None:
        gate = Gate(1, world)

        async def work() -> None:
            async with gate.turn():
                pass

        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(work())

    assert live(story).selector.looks < 100


def test_without_a_limit_nobody_waits_in_line():
    async def story(world: World) -> None:
        gate = Gate(0, world)
        together = asyncio.Barrier(3)

        async def work() -> None:
            async with gate.turn():
                await together.wait()

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(work())
        assert world.time() < 0.1

    live(story)


def test_starts_are_spread_over_the_second():
    moments = starts(25, 50, waiters=10)
    assert most_in(moments, 0.19) <= 5
    assert all(one <= other for one, other in pairwise(moments))


async def test_the_machines_own_time_does_as_well():
    clock = SystemClock()
    gate, begin = Gate(1000, clock), clock.monotonic()
    for _ in range(101):
        async with gate.turn():
            pass
    assert clock.monotonic() - begin > 0.1
