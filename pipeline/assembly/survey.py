"""A look through the files before anything is sent, for what no row shows by itself: which rows repeat others.

The files are read once for all that want to know something. A job that wants to know nothing doesn't read them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from pipeline.assembly.way import Way
from pipeline.assembly.work import Import
from pipeline.channel import Channel
from pipeline.mapping.duplicates import Keys, without_repeats
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.stages.comparer import Comparer
from pipeline.stages.comparer.repeats import Repeats
from pipeline.stages.reader import Reader
from pipeline.stages.reporter.results import shown_names
from pipeline.stop import Stop


class Observer(Protocol):
    """Wants to see all rows before anything is sent."""

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Look at a block; they come in the order of the files."""
        ...


@asynccontextmanager
async def surveyed(work: Import, way: Way, folder: Path, stop: Stop, tally: Tally) -> AsyncIterator[Way]:
    """Add to the way what a look through the files shows. What that needs on disk lies in `folder`, and is gone afterwards.

    Nothing is added if the run is stopped meanwhile: nothing may be sent then.

    :raises UsageError: if a column that makes the key of a row isn't there.
    :raises InputError: if a file changes meanwhile, or can't be read.
    """
    rules = work.settings.duplicates
    if not rules.columns:
        yield way
        return
    keys = Keys(rules, work.files)
    with Comparer(keys.digests, folder, all_of_them=rules.keep == "none") as comparer:
        await look_through(work, [comparer], stop, tally)
        repeats = await comparer.repeats(stop)
        if not stop.pulled():
            for file in work.files:
                keys.check(file)
            way = _without_repeats(work, way, repeats)
        yield way


async def look_through(work: Import, observers: Sequence[Observer], stop: Stop, tally: Tally) -> None:
    """Read all files to their end, or until the run is stopped."""
    tally.surveying = True
    tally.bytes_total = sum(file.size for file in work.files)
    blocks = Channel[tuple[InputFile, AnyBlock]](1)
    async with asyncio.TaskGroup() as group:
        group.create_task(_read(work, Reader(work.settings.read, tally, stop), stop, blocks))
        async for file, block in blocks:
            for observer in observers:
                observer.take(file, block)
    tally.surveying = False


async def _read(work: Import, reader: Reader, stop: Stop, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
    for file in work.files:
        if not stop.pulled():
            await reader.run(file, blocks)
    await blocks.close()


def _without_repeats(work: Import, way: Way, repeats: Repeats) -> Way:
    rules, names = work.settings.duplicates, shown_names(work.files)

    def located(file: int, lines: Sequence[int]) -> dict[int, str]:
        found = repeats.among(file, lines)
        return {
            at: f"line {line}" if len(names) == 1 else f"line {line} of {names[other]}" for at, (other, line) in found.items()
        }

    return replace(
        way, maps={file: without_repeats(map_block, rules, partial(located, file)) for file, map_block in way.maps.items()}
    )
