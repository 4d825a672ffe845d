"""The river on one screen: file -> blocks -> chunks -> answers -> journal."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.channel import Channel
from pipeline.model.outcome import Answer
from pipeline.model.record import Chunk
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.run import ReadCounts
from pipeline.stages.chunker import Chunker
from pipeline.stages.dispatcher import Dispatcher
from pipeline.stages.reader import Reader
from pipeline.stages.reconciler import Reconciler
from pipeline.stages.sender import Sender
from pipeline.stop import Stop

BLOCKS_AHEAD = 1
"""Blocks that wait between reader and chunker; with the one being mapped and the one being read that is what is in memory."""


class Register(Protocol):
    """Where the counts of a file are written down."""

    async def file_read(self, file: int, counts: ReadCounts) -> None:
        """Return once they are durable."""
        ...


@dataclass(frozen=True, slots=True)
class River:
    """The stages of one run, ready to flow."""

    files: Sequence[InputFile]
    reader: Reader
    chunker: Chunker
    sender: Sender
    reconciler: Reconciler
    register: Register
    stop: Stop
    chunks_ahead: int
    """Chunks that wait ready to be sent."""
    chunks_in_line: int = 0
    """Chunks that may wait for others which make the org lock the same records; 0: no chunk has to."""


async def flow(river: River) -> None:
    """Let all files run through, until they are at their end or the run is stopped.

    A stage that fails cancels the others, and its error is raised (in an ExceptionGroup); what the journal has is then what
    was done.
    """
    blocks = Channel[tuple[InputFile, AnyBlock]](BLOCKS_AHEAD)
    chunks = Dispatcher(river.chunks_in_line) if river.chunks_in_line else Channel[Chunk](river.chunks_ahead)
    answers = Channel[Answer](river.chunks_ahead)
    async with asyncio.TaskGroup() as group:
        group.create_task(_read(river, blocks))
        group.create_task(river.chunker.run(blocks, chunks))
        group.create_task(river.sender.run(chunks, answers))
        group.create_task(river.reconciler.run(answers))


async def _read(river: River, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
    for file in river.files:
        if not river.stop.pulled():
            counts = await river.reader.run(file, blocks)
            await river.register.file_read(file.number, counts)
    await blocks.close()
