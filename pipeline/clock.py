"""Time and chance, as values that come in from outside, so that tests neither wait nor flake."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the pipeline knows of time."""

    def now(self) -> datetime:
        """Wall-clock time, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Wall-clock time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)  # noqa: TID251 - the one place


Dice = Callable[[], float]
"""A throw between 0 (included) and 1 (excluded)."""


def system_dice() -> float:
    """Throw."""
    return random.random()  # noqa: S311 - jitter, not a secret


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, as reports and the journal write it: `2026-11-22T23:56:35.123Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
