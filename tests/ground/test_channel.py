import asyncio

import pytest

from pipeline.channel import Channel


async def taken(channel):
    return [item async for item in channel]


async def test_items_come_out_in_order_and_end_with_the_close():
    channel = Channel(10)
    for item in range(3):
        await channel.put(item)
    await channel.close()
    assert await taken(channel) == [0, 1, 2]


async def test_each_item_goes_to_one_of_several_readers_and_all_of_them_end():
    channel = Channel(1)
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(taken(channel)) for _ in range(3)]
        for item in range(20):
            await channel.put(item)
        await channel.close()
    assert sorted(item for reader in readers for item in reader.result()) == list(range(20))


async def test_a_full_channel_makes_its_writer_wait():
    channel = Channel(1)
    await channel.put(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(channel.put(1), 0.01)


async def test_a_stream_that_broke_does_not_look_like_one_that_ended():
    channel = Channel(10)
    seen = []

    async def read():
        async for item in channel:
            seen.append(item)  # noqa: PERF401 - what was seen before the break counts
        seen.append("ended")

    async def write():
        await channel.put(1)
        raise RuntimeError("broken")

    async def both():
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())

    with pytest.raises(ExceptionGroup):
        await both()
    assert "ended" not in seen
