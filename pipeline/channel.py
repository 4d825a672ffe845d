"""A bounded channel between two stages. It is closed on success only, so a stream that broke never looks like one that ended."""

import asyncio
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """One writer side, any number of readers: each item goes to exactly one of them.

    `put` waits while the channel is full. `close` lets the readers finish what is in it and then ends their loops. A stage
    that fails must not close: the TaskGroup it lives in cancels the others.
    """

    def __init__(self, capacity: int) -> None:
        self._items: asyncio.Queue[T | None] = asyncio.Queue(capacity)

    async def put(self, item: T) -> None:
        """Hand over one item."""
        await self._items.put(item)

    async def done(self, item: T) -> None:
        """Say that an item is dealt with. Nobody waits for that here."""

    async def close(self) -> None:
        """Say that nothing comes any more."""
        await self._items.put(None)

    def __aiter__(self) -> Self:
        """Take items until the channel is closed and empty."""
        return self

    async def __anext__(self) -> T:
        """Take one item."""
        item = await self._items.get()
        if item is None:
            await self._items.put(None)  # for the next reader
            raise StopAsyncIteration
        return item
