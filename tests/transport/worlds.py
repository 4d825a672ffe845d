"""Event loops whose time jumps instead of passing, for what is about time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from asyncio_throttle import throttler

MOST_LOOKS = 50_000


class Jumping(selectors.SelectSelector):
    """Never waits: the time it would have waited is over at once."""

    now = 0.0
    looks = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.looks += 1
        if self.looks > MOST_LOOKS:
            raise RuntimeError("somebody looks again and again while no time passes")
        self.now += timeout or 0.0
        return super().select(0)


class World(asyncio.SelectorEventLoop):
    """A loop, and the clock that goes with it."""

    def __init__(self) -> None:
        self.selector = Jumping()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now

    def monotonic(self) -> float:
        return self.selector.now

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - it jumps


def live(story: Callable[[World], Coroutine[Any, Any, None]]) -> World:
    """Run a story in a world of its own."""
    world = World()
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=lambda: world) as runner:
        patch.setattr(throttler, "time", SimpleNamespace(monotonic=world.time))
        runner.run(story(world))
    return world
