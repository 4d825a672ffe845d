"""A look through the files before anything is sent, for what no row shows by itself.

The files are read once for all that want to know something. A job that wants to know nothing doesn't read them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from pipeline.assembly.duplicates import Duplicates
from pipeline.assembly.joining import Joining
from pipeline.assembly.linking import Linking
from pipeline.assembly.way import Way
from pipeline.assembly.work import Import
from pipeline.channel import Channel
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.stages.reader import Reader
from pipeline.stop import Stop


class Observer(Protocol):
    """Wants to see all rows before anything is sent."""

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Look at a block; they come in the order of the files."""
        ...


class Question(Observer, Protocol):
    """Wants to see all rows, and then changes how they become records."""

    async def answered(self, way: Way) -> Way:
        """Add to the way what all rows have shown. Of a run that is stopped meanwhile nothing is asked any more."""
        ...


@asynccontextmanager
async def surveyed(
    work: Import, way: Way, folder: Path, stop: Stop, tally: Tally, others: Sequence[Question] = ()
) -> AsyncIterator[Way]:
    """Add to the way what a look through the files shows: rows that repeat others or belong to them, and what `others` ask.

    What that needs on disk lies in `folder`, and is gone afterwards. Nothing is added if the run is stopped meanwhile: nothing
    may be sent then.

    :raises UsageError: if a column that makes the key of a row isn't there.
    :raises InputError: if a file changes meanwhile, or can't be read.
    """
    with ExitStack() as stack:
        questions = [*others]
        if way.links:
            questions.append(Linking(way.kinds, way.links))
        duplicates = stack.enter_context(Duplicates(work, folder, stop)) if work.settings.duplicates.columns else None
        if duplicates:
            questions.append(duplicates)  # the last about single rows: what else is wrong counts less
        if way.joins:
            left_out = duplicates.left_out if duplicates else _none_left_out
            questions.append(stack.enter_context(Joining(work, way, folder, stop, left_out)))
        if questions:
            await look_through(work, questions, stop, tally)
        for question in questions:
            if not stop.pulled():
                way = await question.answered(way)
        yield way


def _none_left_out(_file: int, _line: int) -> bool:
    return False


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
