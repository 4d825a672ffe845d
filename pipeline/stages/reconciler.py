"""Reconciler: what the org answered, joined to the rows by reference, proven complete, and written down for good."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol, assert_never

from pipeline.channel import Channel
from pipeline.logs import get_logger
from pipeline.model.outcome import Answer, Created, Ended, InDoubt, NotAttempted
from pipeline.model.record import Chunk, RowEnd
from pipeline.model.tally import Tally


class Journal(Protocol):
    """Where outcomes are written down; each method returns once it is durable."""

    async def created(self, chunk: Chunk, ids: bytes, ends: Sequence[RowEnd]) -> None:
        """Settle: these records exist, and these rows, which are out of the chunk, ended by themselves."""
        ...

    async def ended(self, chunk: Chunk, ends: Sequence[RowEnd]) -> None:
        """Settle: all rows that were left have ended by themselves."""
        ...

    async def in_doubt(self, chunk: Chunk, reason: str) -> None:
        """Set aside."""
        ...

    async def not_attempted(self, chunk: Chunk) -> None:
        """Note what is not sent in this session."""
        ...


class Reconciler:
    """Settles chunks, several at the same time, so that the journal can commit them together."""

    def __init__(self, journal: Journal, tally: Tally, *, at_once: int) -> None:
        self._at_once = at_once
        self._journal = journal
        self._tally = tally
        self._log = get_logger()

    async def run(self, answers: Channel[Answer]) -> None:
        """Take answers until there are no more."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._work(answers))

    async def _work(self, answers: Channel[Answer]) -> None:
        async for answer in answers:
            await self._settle(answer.chunk, answer)

    async def _settle(self, chunk: Chunk, answer: Answer) -> None:
        records = chunk.size
        match answer.outcome:
            case Created(ids):
                await self._journal.created(chunk, joined(chunk, ids), answer.ended)
                self._tally.created += records
                self._tally.rejected += len(answer.ended)
            case Ended(rows):
                await self._journal.ended(chunk, rows)
                self._tally.rejected += len(rows)
            case InDoubt(reason):
                await self._journal.in_doubt(chunk, reason)
                self._tally.in_doubt += records
            case NotAttempted():
                await self._journal.not_attempted(chunk)
            case outcome:
                assert_never(outcome)
        self._log.debug("settled", chunk=chunk.number, records=records, outcome=type(answer.outcome).__name__)


def joined(chunk: Chunk, ids: Mapping[str, str]) -> bytes:
    """Join ids to a chunk's records by reference only: 18 bytes each, in the order of `chunk.names()`.

    :raises ValueError: if they aren't exactly the chunk's; the decoder of the reply has proven that they are.
    """
    names = chunk.names()
    if len(ids) == len(names):
        with suppress(KeyError):
            return "".join([ids[reference] for reference in names]).encode("ascii")
    raise ValueError(f"chunk {chunk.number}: the ids are not those of its records")
