import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pipeline.transport.room import Room


async def turns(number: int = 3) -> None:
    for _ in range(number):
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)


async def test_who_came_first_is_let_in_first():
    room, order = Room(1), list[int]()

    async def work(number: int) -> None:
        await room.enter()
        order.append(number)
        room.leave()

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(work(number))
    assert order == list(range(20))


async def test_a_smaller_room_throws_nobody_out_and_lets_nobody_in_until_so_many_have_left():
    room = Room(3)
    for _ in range(3):
        await room.enter()
    room.resize(1)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(room.enter())
        for held in (3, 2):
            await turns()
            assert (room.held, waiting.done()) == (held, False)
            room.leave()
        await turns()
        assert not waiting.done()
        room.leave()
    assert room.held == 1


async def test_a_larger_room_lets_in_those_who_wait():
    room = Room(0)
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(room.enter())
        await turns()
        room.resize(5)
    assert room.held == 5


async def test_a_waiter_that_is_cancelled_takes_no_place_even_as_it_is_let_in():
    room = Room(1)
    await room.enter()
    async with asyncio.TaskGroup() as group:
        first, second, third = [group.create_task(room.enter()) for _ in range(3)]
        await turns()
        first.cancel()
        await turns()
        room.leave()  # lets the second one in, which doesn't know it yet
        second.cancel()
        await turns()
        assert (first.cancelled(), second.cancelled()) == (True, True)
        assert third.done()
    assert room.held == 1


STEPS = st.lists(st.tuples(st.sampled_from(["enter", "leave", "cancel", "resize"]), st.integers(0, 5)), max_size=60)


@given(STEPS)
async def test_nobody_is_lost_and_nobody_is_too_many(steps):
    room, size = Room(2), 2
    inside, waiting = 0, list[asyncio.Task[None]]()
    async with asyncio.TaskGroup() as group:
        for step, number in steps:
            before = room.held
            match step:
                case "enter":
                    waiting.append(group.create_task(room.enter()))
                case "leave" if inside:
                    room.leave()
                    inside -= 1
                case "cancel" if waiting:
                    waiting.pop(number % len(waiting)).cancel()
                case "resize":
                    room.resize(size := number)
                case _:
                    pass
            await turns()
            inside += sum(task.done() for task in waiting)
            waiting = [task for task in waiting if not task.done()]
            assert room.held == inside <= max(size, before)
            assert not waiting or room.held >= size
        for task in waiting:
            task.cancel()


ALONE = st.lists(st.tuples(st.sampled_from(["enter", "alone", "leave", "cancel"]), st.integers(0, 5)), max_size=60)


@given(ALONE, st.integers(1, 3))
async def test_who_wants_to_be_alone_is_and_holds_up_nobody_for_ever(steps, size):
    room = Room(size)
    inside, waiting = list[bool](), list[tuple[asyncio.Task[None], bool]]()
    async with asyncio.TaskGroup() as group:
        for step, number in [*steps, *[("leave", 0)] * len(steps)]:
            match step:
                case "enter" | "alone":
                    waiting.append((group.create_task(room.enter(alone=step == "alone")), step == "alone"))
                case "leave" if inside:
                    room.leave()
                    inside.pop(number % len(inside))
                case "cancel" if waiting:
                    waiting.pop(number % len(waiting))[0].cancel()
                case _:
                    pass
            await turns()
            inside += [alone for task, alone in waiting if task.done()]
            waiting = [(task, alone) for task, alone in waiting if not task.done()]
            assert room.held == len(inside) <= size
            assert inside == [True] or True not in inside
            assert inside or not waiting, "who is first in line is let in when nobody is there"
            first_alone = waiting and waiting[0][1]
            assert not waiting or first_alone or True in inside or len(inside) == size, "nobody waits without a reason"
        assert not inside
        assert not waiting
