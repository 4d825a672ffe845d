"""Chunker: rows become records, records become chunks, each the content of one request."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from pipeline.channel import Channel
from pipeline.errors import ExitCode
from pipeline.model.lifecycle import RowState
from pipeline.model.record import LINE_END, Chunk, Ending, FieldError, RowEnd, ended_here, references
from pipeline.model.row import AnyBlock, InputFile, Unreadable
from pipeline.model.tally import Tally
from pipeline.policy.breaker import Breaker
from pipeline.policy.packing import Packer
from pipeline.policy.rules import SendRules
from pipeline.stop import Stop


class Known(Protocol):
    """The lines of a file that have their place in the journal."""

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        ...

    def __contains__(self, line: int) -> bool:
        """Tell whether this one has."""
        ...


Faults = dict[int, tuple[FieldError, ...]]
Map = Callable[[AnyBlock], tuple[list[bytes], Faults]]
Encode = Callable[[Sequence[str], Sequence[bytes]], list[bytes]]
"""Makes the records of rows: from their references and their fields."""


class Register(Protocol):
    """Where rows that end here are written down."""

    async def rows_ended(self, file: int, ends: Iterable[RowEnd]) -> None:
        """Return once they are durable."""
        ...


class Chunker:
    """Maps blocks and cuts them into chunks.

    A chunk holds rows of one file in their order. No row that has its place in the journal already lies between them, so
    chunks never overlap, and a report can be written in the order of the file.
    """

    def __init__(
        self,
        rules: SendRules,
        register: Register,
        breaker: Breaker,
        tally: Tally,
        stop: Stop,
        *,
        encode: Encode,
        mappers: Mapping[int, Map],
        known: Mapping[int, Known],
        doubted: Mapping[int, Known],
        numbers: Callable[[], int],
    ) -> None:
        """Cut by `rules`. `known` has the lines to skip, by file; `doubted` those whose chunks are marked as doubted before."""
        self._rules = rules
        self._register = register
        self._breaker = breaker
        self._tally = tally
        self._encode = encode
        self._mappers = mappers
        self._known = known
        self._doubted = doubted
        self._numbers = numbers
        self._stop = stop

    async def run(self, blocks: Channel[tuple[InputFile, AnyBlock]], chunks: Channel[Chunk]) -> None:
        """Take blocks until there are no more; what is left at the end of a file goes out as a smaller chunk."""
        packer = self._packer(0)
        at = 0
        async for file, block in blocks:
            if file.number != at:
                await self._put(packer.flush(), chunks)
                packer, at = self._packer(file.number), file.number
            await self._take(at, block, packer, chunks)
        await self._put(packer.flush(), chunks)
        await chunks.close()

    def _packer(self, file: int) -> Packer:
        return Packer(file, most_records=self._rules.chunk_records, most_bytes=self._rules.chunk_bytes)

    async def _take(self, file: int, block: AnyBlock, packer: Packer, chunks: Channel[Chunk]) -> None:
        known = self._known.get(file)
        await self._end(file, [_unreadable(line) for line in block.unreadable if not known or line.line not in known])
        fields, faults = self._mappers[file](block)
        names = references(file, block.lines)
        records = self._encode(names, fields)
        if records and not packer.fits(max(records, key=len)):
            faults |= {place: (self._too_large(record),) for place, record in enumerate(records) if not packer.fits(record)}
        if not faults and not known:
            await self._put(packer.add(block.lines, block.offsets, names, records, block.raw), chunks)
            return
        rejected = [
            RowEnd(
                block.lines[position],
                block.offsets[position],
                ended_here(errors),
                block.raw[position].rstrip(LINE_END),
            )
            for position, errors in sorted(faults.items())
            if not known or block.lines[position] not in known
        ]
        await self._end(file, rejected)
        for position, line in enumerate(block.lines):
            if known and line in known:
                await self._put(packer.flush(), chunks)
            elif position not in faults:
                at = slice(position, position + 1)
                one = (block.lines[at], block.offsets[at], names[at], records[at], block.raw[at])
                await self._put(packer.add(*one), chunks)

    async def _end(self, file: int, ends: list[RowEnd]) -> None:
        if ends:
            await self._register.rows_ended(file, ends)
            rejected = sum(end.ending.state is not RowState.DUPLICATE_IN_FILE for end in ends)
            self._tally.rejected += rejected
            self._tally.duplicates += len(ends) - rejected
            if reason := self._breaker.ended(ends):
                self._stop.pull(reason, ExitCode.STOPPED_BY_LIMIT)

    async def _put(self, full: Iterator[Chunk], chunks: Channel[Chunk]) -> None:
        for chunk in full:
            chunk.number = self._numbers()
            if doubted := self._doubted.get(chunk.file):
                chunk.doubted = any(line in doubted for line in chunk.lines)
            await chunks.put(chunk)

    def _too_large(self, record: bytes) -> FieldError:
        most = self._rules.chunk_bytes
        return FieldError("RECORD_TOO_LARGE", f"is {len(record):,} bytes as a record, and send.chunk_bytes allows {most:,}")


def _unreadable(line: Unreadable) -> RowEnd:
    return RowEnd(line.line, line.offset, Ending(RowState.UNREADABLE, (FieldError("UNREADABLE", line.reason),)), line.raw)
