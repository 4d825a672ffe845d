"""The brake of a run: pulled once, by whoever has the reason. Nothing new begins then; what is in flight is finished."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from pipeline.errors import ExitCode


class Stop:
    """Says that the run ends early, and why. The first reason counts."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: str | None = None
        self.exit_code = ExitCode.DONE

    def pull(self, reason: str, exit_code: ExitCode) -> None:
        """Let nothing new begin."""
        if not self._event.is_set():
            self.reason, self.exit_code = reason, exit_code
            self._event.set()

    def pulled(self) -> bool:
        """Tell whether the run is ending early."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Wait until somebody pulls."""
        await self._event.wait()

    async def or_over(self, sleep: Coroutine[Any, Any, None]) -> None:
        """Wait until a sleep is over, or somebody pulls."""
        async with asyncio.TaskGroup() as group:
            sleeping, stopping = group.create_task(sleep), group.create_task(self.wait())
            await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
            sleeping.cancel()
            stopping.cancel()
