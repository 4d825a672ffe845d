import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from pipeline.model.outcome import Created, Exhausted, Hindered, Overtaxed, Throttled
from pipeline.model.wire import Delivery, Reply
from pipeline.policy.rules import SendRules
from pipeline.transport.admission import Admission
from tests.transport.worlds import World, live

RULES = {"requests_per_second": 0, "chunk_records": 200}


class Standing:
    """A clock that is moved by hand."""

    at = 0.0

    def now(self):
        return datetime(2026, 11, 22, tzinfo=UTC)

    def monotonic(self):
        return self.at

    async def sleep(self, seconds):
        self.at += seconds


@pytest.fixture
def admission():
    def make(calls_left=lambda: None, **rules):
        return Admission(SendRules(**(RULES | rules)), Standing(), calls_left)

    return make


async def turns(number=5):
    for _ in range(number):
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)


async def answered():
    return Reply(201, {}, b"")


async def fly(admission, outcome, records=1):
    """Let a request through, with this outcome."""
    async with admission.room() as place:
        await place.fly(answered())
        place.learn(outcome, records)


async def test_no_more_are_in_than_set_and_the_next_comes_in_when_one_leaves(admission):
    gate, together, most = admission(concurrency=3), 0, 0

    async def work():
        nonlocal together, most
        async with gate.room():
            together += 1
            most = max(most, together)
            await turns(3)
            together -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(work())
    assert (together, most) == (0, 3)


async def test_trouble_leaves_less_room_and_good_answers_more_again(admission):
    gate = admission(concurrency=8)
    await fly(gate, Hindered(()))
    assert gate.limit == 6
    async with AsyncExitStack() as inside:
        for _ in range(6):
            await inside.enter_async_context(gate.room())
        async with asyncio.TaskGroup() as group:
            seventh = group.create_task(fly(gate, Created({})))
            await turns()
            assert not seventh.done()
            await inside.aclose()


async def test_switched_off_it_stays_as_set_but_requests_that_are_too_much_still_get_smaller(admission):
    gate = admission(concurrency=8, adaptive=False)
    await fly(gate, Hindered(()))
    await fly(gate, Throttled("ConcurrentRequests", too_many=True))
    await fly(gate, Overtaxed(()), records=200)
    assert (gate.limit, gate.portion) == (8, 100)


async def test_as_many_are_let_in_as_calls_are_left(admission):
    left = 2
    gate = admission(lambda: left, concurrency=8)
    async with AsyncExitStack() as inside:
        places = [await inside.enter_async_context(gate.room()) for _ in range(2)]
        assert [place.has_call for place in places] == [True, True]
        async with asyncio.TaskGroup() as group:
            third = group.create_task(fly(gate, Created({})))
            await turns()
            assert not third.done()
            left = 8
            await inside.aclose()


async def test_who_comes_in_when_no_call_is_left_is_told(admission):
    left = 1
    gate = admission(lambda: left, concurrency=8)
    async with gate.room() as place:
        assert place.has_call
    left = 0
    async with gate.room() as place:
        assert not place.has_call


async def test_who_waits_for_a_call_is_told_when_the_last_one_is_back_and_none_is_left(admission):
    left = 1
    gate = admission(lambda: left, concurrency=8)
    told = []

    async def work():
        async with gate.room() as place:
            told.append(place.has_call)

    async with asyncio.TaskGroup() as group, gate.room():
        for _ in range(3):
            group.create_task(work())
        await turns()
        assert told == []
        left = 0
    assert told == [False, False, False]


async def test_an_answer_without_meaning_for_it_changes_nothing(admission):
    gate = admission(concurrency=8)
    await fly(gate, Exhausted("TotalRequests"))
    assert (gate.limit, gate.portion) == (8, 200)


async def test_a_request_that_is_cancelled_is_no_longer_in_flight(admission):
    gate = admission(concurrency=1)

    async def hang():
        async with gate.room() as place:
            await place.fly(asyncio.Event().wait())

    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(hang())
        await turns()
        hanging.cancel()
    await fly(gate, Created({}))


IN_FLIGHT, LATENCY = 25, 1.5


@pytest.mark.parametrize("rate", [0, 20])
def test_once_it_is_warm_the_pipe_is_as_full_as_it_may_be(rate: int):
    """What Little's law allows: what is in flight, divided by what each takes; here on a machine that costs no time."""
    starts: list[float] = []

    async def story(world: World) -> None:
        gate = Admission(SendRules(concurrency=IN_FLIGHT, requests_per_second=rate), world)

        async def answer() -> Delivery:
            starts.append(world.time())
            await world.sleep(LATENCY)
            return Reply(201, {}, b"")

        async def work() -> None:
            while len(starts) < 600:
                async with gate.room() as place:
                    async with gate.turn():
                        pass
                    await place.fly(answer())
                    place.learn(Created({}), 200)

        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(work())

    live(story)
    begin, rounds = 4 * LATENCY, 16  # whole rounds, as starts may come in bunches
    warm = sum(begin <= start < begin + rounds * LATENCY for start in starts)
    assert warm >= 0.97 * rounds * IN_FLIGHT
