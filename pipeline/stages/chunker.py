"""Chunker: rows become records, records become chunks, each the content of one request."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from pipeline.channel import Channel
from pipeline.errors import ExitCode
from pipeline.model.lifecycle import RowState
from pipeline.model.made import Faults, Keys, Made, Make, Part, Portions
from pipeline.model.record import MEMBER, NO_KIN, Chunk, Ending, FieldError, Kin, RowEnd, ended_here, family_ends
from pipeline.model.row import AnyBlock, InputFile, Unreadable
from pipeline.model.tally import Tally
from pipeline.policy.breaker import Breaker
from pipeline.policy.lanes import lane_of, lanes_for
from pipeline.policy.packing import HOW_TO_LOAD_IT, Packer, leftovers
from pipeline.policy.quota import Quota
from pipeline.policy.rules import SendRules
from pipeline.stop import Stop

NO_PORTIONS: Mapping[int, Portions] = MappingProxyType({})
NO_LANE = 0
"""Where rows go that make the org lock nothing: in the order in which they come."""


class Known(Protocol):
    """The lines of a file, and places of further records of its rows, that stand in the journal."""

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        ...

    def __contains__(self, line: int) -> bool:
        """Tell whether this one has."""
        ...


class Register(Protocol):
    """Where rows that end here are written down."""

    async def rows_ended(self, file: int, ends: Iterable[RowEnd]) -> None:
        """Return once they are durable."""
        ...

    async def not_attempted(self, chunk: Chunk) -> None:
        """Write down rows that are not sent in this pass."""
        ...

    async def nested_counted(self, file: int, records: int) -> None:
        """Note how many records the rows of a file have beside their own."""
        ...


class _Which(NamedTuple):
    """Which rows go together."""

    object: str
    wave: int
    """How many passes go before theirs."""
    of_parts: int
    """Of parts of families their file; 0: whole ones."""
    lane: int


class Chunker:
    """Maps blocks and cuts them into chunks.

    A chunk holds rows of one file in their order. No row that has its place in the journal already lies between them, so that
    chunks don't overlap and a report is written in the order of the file as it is read; but for files whose rows go in several
    passes, because some have to wait for others, and for those whose rows go in lanes. Those that wait are written down as not
    attempted, and read again. Parts of families that are larger than a request have chunks of their own, which may span what is
    known. Each lane fills chunks of its own; what is left of them at the end of a file goes together.
    """

    def __init__(
        self,
        rules: SendRules,
        register: Register,
        breaker: Breaker,
        tally: Tally,
        stop: Stop,
        *,
        makers: Mapping[int, Make],
        known: Mapping[int, Known],
        doubted: Mapping[int, Known],
        numbers: Callable[[], int],
        quota: Quota | None = None,
        portions: Mapping[int, Portions] = NO_PORTIONS,
    ) -> None:
        """Cut by `rules` what `makers` make of the rows of each file.

        `known` has the lines to skip, by file; `doubted` those whose chunks are marked as doubted before. What `quota` doesn't
        allow is written down as not attempted. Blocks of some files have to be parted first (`portions`).
        """
        self._rules = rules
        self._register = register
        self._breaker = breaker
        self._tally = tally
        self._makers = makers
        self._known = known
        self._doubted = doubted
        self._numbers = numbers
        self._quota = quota
        self._stop = stop
        self._packers: dict[_Which, Packer] = {}
        self._lanes = lanes_for(rules.concurrency)
        self._in_lanes = False
        """Rows of this file have keys."""
        self._nested: Counter[int] = Counter()
        self._portions = portions

    async def run(self, blocks: Channel[tuple[InputFile, AnyBlock]], chunks: Channel[Chunk]) -> None:
        """Take blocks until there are no more; what is left at the end of a file goes out as smaller chunks."""
        at = 0
        async for file, block in blocks:
            if file.number != at:
                await self._end_file(chunks)
                at = file.number
            for part in self._portions[at](block) if at in self._portions else (block,):
                await self._take(at, part, chunks)
        await self._end_file(chunks)
        await chunks.close()

    async def _end_file(self, chunks: Channel[Chunk]) -> None:
        await self._flush(chunks)
        self._packers.clear()
        self._in_lanes = False
        for number, records in self._nested.items():
            await self._register.nested_counted(number, records)

    async def _flush(self, chunks: Channel[Chunk], *, all_parts: bool = True) -> None:
        together: dict[tuple[str, int, int], list[Packer]] = {}
        for which, packer in self._packers.items():
            if all_parts or not which.of_parts:
                together.setdefault(which[:3], []).append(packer)
        for (_, wave, _), packers in together.items():
            await self._put(leftovers(packers), chunks, wave=wave)

    def _packer(self, file: int, object_name: str, wave: int = 0, *, keys: Keys = (), of_parts: bool = False) -> Packer:
        lane = NO_LANE if wave else self._lane(keys)
        which = _Which(object_name, wave, file if of_parts else 0, lane)
        packer = self._packers.get(which)
        if packer is None:
            most = self._rules
            packer = Packer(file, object_name, most_records=most.most_records, most_bytes=most.most_bytes)
            self._packers[which] = packer
        return packer

    async def _take(self, file: int, block: AnyBlock, chunks: Channel[Chunk]) -> None:
        known = self._known.get(file)
        made = self._makers[file](block)
        unreadable = [line for line in block.unreadable if not known or line.line not in known]
        await self._end(file, [_unreadable(line, made.object) for line in unreadable])
        packer = self._packer(file, made.object)
        faults = dict(made.faults)
        if made.records and not packer.fits(max(made.records, key=len)):
            large = [at for at, record in enumerate(made.records) if at not in faults and not packer.fits(record)]
            faults |= {at: (self._too_large(made.records[at]),) for at in large}
        if made.kin:
            self._nested.update(one.file for kin in made.kin for one in kin if one.line >= MEMBER)
            faults |= self._too_large_families(made, faults)
        faults = {**dict.fromkeys(made.kin_faults, ()), **faults} if made.kin_faults else faults
        self._in_lanes |= bool(made.keys)
        if not (faults or known or made.objects or made.kin or made.waiting):
            if made.keys:
                await self._spread(file, block, made, chunks)
            else:
                await self._put(packer.add(block.lines, block.offsets, made.references, made.records, block.raw), chunks)
            return
        rejected = [
            end
            for at, errors in sorted(faults.items())
            if not known or block.lines[at] not in known
            for end in _rejected(file, block, made, at, errors)
        ]
        await self._end(file, rejected)
        if made.aside:
            return
        for at, line in enumerate(block.lines):
            if known and line in known:
                if not (made.scattered or self._in_lanes):
                    await self._flush(chunks, all_parts=False)
                await self._take_parts(file, made.parts.get(at, ()), chunks)
            elif at in faults:
                continue
            elif at in made.parts:
                await self._take_parts(file, made.parts[at], chunks)
            else:
                kin = made.kin[at] if made.kin else NO_KIN
                wave = made.waiting.get(at, 0)
                keys = made.keys[at] if made.keys else ()
                packer = self._packer(file, made.objects[at] if made.objects else made.object, wave, keys=keys)
                one = (line, block.offsets[at], made.references[at], made.records[at], block.raw[at], kin, keys)
                await self._put(packer.add_family(*one), chunks, wave=wave)

    async def _take_parts(self, file: int, parts: Sequence[Part], chunks: Channel[Chunk]) -> None:
        """Take in what is left of a family that doesn't go as a whole; the record that begins it goes like any row's."""
        lost = [part for part in parts if part.errors]
        ends = [end for part in lost for end in family_ends(part.own, part.kin, {part.own.reference: ended_here(part.errors)})]
        await self._end(file, ends)
        for part in parts:
            if part.errors:
                continue
            own = part.own
            packer = self._packer(own.file, own.object, part.wave, keys=part.keys, of_parts=own.line >= MEMBER)
            one = (own.line, own.offset, own.reference, part.record, own.source, part.kin, part.keys)
            await self._put(packer.add_family(*one), chunks, wave=part.wave)

    async def _spread(self, file: int, block: AnyBlock, made: Made, chunks: Channel[Chunk]) -> None:
        """Put plain rows in their lanes, a lane at a time."""
        lanes: dict[int, list[int]] = {}
        for at, lane in enumerate(map(self._lane, made.keys)):
            lanes.setdefault(lane, []).append(at)
        rows = block.lines, block.offsets, made.references, made.records, block.raw, made.keys
        for places in lanes.values():
            packer = self._packer(file, made.object, keys=made.keys[places[0]])
            await self._put(packer.add(*map(_picker(places), rows)), chunks)

    def _lane(self, keys: Keys) -> int:
        return lane_of(keys[0], self._lanes) if keys else NO_LANE

    async def _end(self, file: int, ends: list[RowEnd]) -> None:
        if ends:
            await self._register.rows_ended(file, ends)
            rejected = sum(end.ending.state is not RowState.DUPLICATE_IN_FILE for end in ends)
            self._tally.rejected += rejected
            self._tally.duplicates += len(ends) - rejected
            if reason := self._breaker.ended(ends):
                self._stop.pull(reason, ExitCode.STOPPED_BY_LIMIT)

    async def _put(self, full: Iterator[Chunk], chunks: Channel[Chunk], *, wave: int = 0) -> None:
        for chunk in full:
            chunk.number = self._numbers()
            if wave:
                await self._register.not_attempted(chunk)
                continue
            if doubted := self._doubted.get(chunk.file):
                chunk.doubted = any(line in doubted for line in chunk.lines)
            allowed = chunk if self._quota is None else await self._allowed(chunk, self._quota)
            if allowed is not None:
                await chunks.put(allowed)

    async def _allowed(self, chunk: Chunk, quota: Quota) -> Chunk | None:
        """Give the rows of a chunk that may still be created, if there are any; the others aren't sent."""
        fitting = quota.take(chunk.families())
        if fitting == len(chunk):
            return chunk
        front = chunk.take_front(fitting, self._numbers()) if fitting else None
        await self._register.not_attempted(chunk)
        return front

    def _too_large_families(self, made: Made, faults: Faults) -> Faults:
        most = self._rules.chunk_records
        return {
            at: (
                FieldError(
                    "FAMILY_TOO_LARGE", f"its family has {len(kin) + 1:,} records; a request takes {most:,}{HOW_TO_LOAD_IT}"
                ),
            )
            for at, kin in enumerate(made.kin)
            if len(kin) >= most and at not in faults and at not in made.parts
        }

    def _too_large(self, record: bytes) -> FieldError:
        most = self._rules.most_bytes
        said = "a job takes" if self._rules.route == "bulk" else "send.chunk_bytes allows"
        return FieldError("RECORD_TOO_LARGE", f"is {len(record):,} bytes as a record, and {said} {most:,}")


def _rejected(file: int, block: AnyBlock, made: Made, at: int, errors: tuple[FieldError, ...]) -> Iterator[RowEnd]:
    """Say that a row, and all that hangs under it, ends here."""
    object_name = made.objects[at] if made.objects else made.object
    own = Kin(object_name, made.references[at], block.lines[at], file, block.offsets[at], "", "", block.raw[at])
    kin = made.kin[at] if made.kin else NO_KIN
    endings = {name: ended_here(wrong) for name, wrong in made.kin_faults.get(at, {}).items()}
    return family_ends(own, kin, {own.reference: ended_here(errors), **endings} if errors else endings)


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Make what takes these places out of a list."""
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))


def _unreadable(line: Unreadable, object_name: str) -> RowEnd:
    ending = Ending(RowState.UNREADABLE, (FieldError("UNREADABLE", line.reason),))
    return RowEnd(line.line, line.offset, ending, line.raw, object_name)
