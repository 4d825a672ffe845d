"""Dispatcher: a channel of chunks from which no two are out at the same time that make the org lock the same record."""

import asyncio

from pipeline.channel import Channel
from pipeline.model.record import Chunk
from pipeline.policy.lanes import Lines


class Dispatcher(Channel[Chunk]):
    """Gives out chunks whose keys are free: those with the same key in the order in which they came, one after the other."""

    def __init__(self, capacity: int) -> None:
        """Let at most so many chunks wait."""
        super().__init__(capacity)
        self._most = capacity
        self._lines: Lines[int] = Lines()
        self._chunks: dict[int, Chunk] = {}
        self._closed = False
        self._changed = asyncio.Condition()

    async def put(self, item: Chunk) -> None:
        """Hand over one chunk; wait while too many wait."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._lines.waiting < self._most)
            self._chunks[item.number] = item
            self._lines.join(item.number, item.keys)
            self._changed.notify_all()

    async def close(self) -> None:
        """Say that nothing comes any more."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def __anext__(self) -> Chunk:
        """Take a chunk as soon as there is one that nobody else has a key of."""
        async with self._changed:
            while (number := self._lines.take()) is None:
                if self._closed and not self._lines.waiting:
                    raise StopAsyncIteration
                await self._changed.wait()
            self._changed.notify_all()
            return self._chunks.pop(number)

    async def done(self, item: Chunk) -> None:
        """Say that a chunk is out no longer: its keys are free for the next."""
        async with self._changed:
            self._lines.done(item.number)
            self._changed.notify_all()
