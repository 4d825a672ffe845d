"""What is seen while a run goes on: on a terminal a live bar, otherwise a line of JSON every 30 seconds."""

import asyncio
import sys
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from pipeline.cli.words import duration
from pipeline.clock import Clock
from pipeline.logs import get_logger
from pipeline.model.tally import Tally

T = TypeVar("T")

BETWEEN_LINES = 30.0
BETWEEN_FRAMES = 0.2


def on_terminal() -> bool:
    """Tell whether a person is watching stderr."""
    return sys.stderr.isatty()


async def watched(work: Awaitable[T], tally: Tally, clock: Clock) -> T:
    """Do the work, and show meanwhile how it goes."""
    async with asyncio.TaskGroup() as group:
        screen = group.create_task(_bar(tally, clock) if on_terminal() else _lines(tally, clock))
        try:
            return await work
        finally:
            screen.cancel()


async def _lines(tally: Tally, clock: Clock) -> None:
    started = clock.monotonic()
    while True:
        await clock.sleep(BETWEEN_LINES)
        seconds = max(clock.monotonic() - started, 0.001)
        get_logger().info(
            "progress",
            rows=tally.rows_read,
            created=tally.created,
            rejected=tally.rejected,
            duplicates=tally.duplicates,
            in_doubt=tally.in_doubt,
            in_flight=tally.in_flight,
            rows_per_second=round(_done(tally) / seconds),
            read_percent=round(100 * tally.bytes_read / max(tally.bytes_total, 1)),
        )


async def _bar(tally: Tally, clock: Clock) -> None:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    while not tally.rows_read and tally.waits_until is None:  # until then somebody may be asked something
        await clock.sleep(BETWEEN_FRAMES)
    started = clock.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task("loading", total=1.0, counts="")
        while True:
            seconds = max(clock.monotonic() - started, 0.001)
            progress.update(task, completed=_share(tally), counts=counts(tally, seconds, clock.now()), refresh=True)
            await clock.sleep(BETWEEN_FRAMES)


def _done(tally: Tally) -> int:
    return tally.created + tally.rejected + tally.duplicates + tally.in_doubt


def _share(tally: Tally) -> float:
    """Tell how much of the input has ended: the share that was read, less what is still on its way."""
    if not tally.rows_read or not tally.bytes_total:
        return 0.0
    if tally.surveying:
        return min(tally.bytes_read / tally.bytes_total, 1.0)
    return min(tally.bytes_read / tally.bytes_total, 1.0) * min(_done(tally) / tally.rows_read, 1.0)


def counts(tally: Tally, seconds: float, now: datetime) -> str:
    """Say how far it is, after so many seconds; or what the run waits for."""
    if tally.waits_until is not None:
        waiting = duration(max((tally.waits_until - now).total_seconds(), 0))
        return (
            f"{tally.created:,} created, {tally.rejected:,} rejected, {tally.waits_for:,} in doubt: "
            f"asking the org for {waiting} more at most (Ctrl-C stops)"
        )
    if tally.awaiting_calls:
        return f"{tally.created:,} created: the org has no calls left for now, waiting until there are some again (Ctrl-C stops)"
    if tally.surveying:
        return f"{tally.rows_read:,} rows looked through, nothing is sent yet"
    rate, share = _done(tally) / seconds, _share(tally)
    left = f", {duration(seconds * (1 - share) / share)} left" if share and seconds > 1 else ""
    doubt = f", {tally.in_doubt:,} in doubt" if tally.in_doubt else ""
    return (
        f"{tally.rows_read:,} read, {tally.created:,} created, {tally.rejected:,} rejected{doubt}, "
        f"{tally.in_flight} in flight, {rate:,.0f}/s{left}"
    )
