"""A look at everything before anything is sent: the same reading, mapping and cutting as in a run, and then nothing."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

from pipeline.assembly.access import connection
from pipeline.assembly.drifting import Tell, untold
from pipeline.assembly.lookups import Seeker, lookups_of
from pipeline.assembly.survey import surveyed
from pipeline.assembly.way import Way, settle_way
from pipeline.assembly.work import Import
from pipeline.channel import Channel
from pipeline.clock import SystemClock
from pipeline.config import ClientCredentials, JwtBearer, RefreshToken
from pipeline.model.lifecycle import RowState
from pipeline.model.record import FAMILY_CODE, MEMBER, Chunk, FieldError, RowEnd
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.summary import Totals
from pipeline.model.tally import Tally
from pipeline.model.wire import Purpose
from pipeline.policy.breaker import Breaker
from pipeline.policy.plan import Plan, plan
from pipeline.policy.rules import LimitRules
from pipeline.stages.chunker import Chunker, Known
from pipeline.stages.reader import Reader
from pipeline.stop import Stop
from pipeline.transport.logins import Login

NO_CALLS: Mapping[Purpose, int] = MappingProxyType({})
MOST_PLACES = 5
"""Lines that a finding names."""
MOST_FINDINGS = 1_000
"""Kinds of finding that are told apart: keys of JSON objects may be without number."""
_BAD = frozenset({RowState.UNREADABLE, RowState.REJECTED_HERE})
_RUN = "00000000-000000-0000"
"""As long as the id of a run, so that records are as large as they will be."""


@dataclass(slots=True)
class Finding:
    """What is wrong with some rows, in the same way."""

    code: str
    fields: tuple[str, ...]
    example: str
    rows: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)
    """File and line of the first ones."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found, and what a run would do."""

    object: str
    totals: Totals
    """As far as they can be told without an org: nothing is created yet."""
    findings: list[Finding]
    """The most frequent first."""
    chunks: int
    bytes: int
    """Of the records in all chunks."""
    bad: int
    """Rows that are unreadable or would be rejected here."""
    plan: Plan
    """What a run would take, from its login on."""
    usage: tuple[int, int] | None = None
    """Calls used of the org's day, and how many it has, as the org said."""
    assumed: Sequence[str] = ()
    """Lookups of which nobody was asked whether there are such records."""
    any_status: bool = False
    """The statuses of campaign members were not judged: nobody said which ones their campaigns have."""
    waiting: int = 0
    """Rows that are sent only after others, to which they refer."""

    @property
    def clean(self) -> bool:
        """No row would be rejected. Duplicates in a file would not."""
        return not self.totals.rejected


async def check_by_org(work: Import, login: Login, tell: Tell = untold) -> Checkup:
    """Hold the files against the org's describe, of which `tell` says what has changed, and against what rows look up.

    :raises TreeloadError: if it can't be reached, or the mapping or a file isn't what it should be.
    """
    folder, stop = work.settings.job.state, Stop()
    async with connection(login, work.settings) as org:
        way = await settle_way(work, org, tell)
        questions = await lookups_of(way, Seeker(org, work.settings, SystemClock()), stop)
        async with surveyed(work, way, folder, stop, Tally(), questions) as surveyed_way:
            usage, calls = org.last_usage, {**org.calls}
            return await check(work, surveyed_way, usage=usage, calls=calls)


async def check_by_way(work: Import, way: Way) -> Checkup:
    """Look through the files first, as a run does, and then check them; nobody is asked whether there is what rows look up.

    :raises TreeloadError: if the mapping or a file isn't what it should be.
    """
    for lookup in way.lookups:
        lookup.assumed = True
    async with surveyed(work, way, work.settings.job.state, Stop(), Tally()) as surveyed_way:
        return await check(work, surveyed_way)


async def check(
    work: Import,
    way: Way,
    *,
    usage: tuple[int, int] | None = None,
    calls: Mapping[Purpose, int] = NO_CALLS,
    known: Mapping[int, Known] | None = None,
    stop: Stop | None = None,
) -> Checkup:
    """Read, map and cut all files, and count what would be sent; `known` has lines to pass over, by file.

    `calls` are those that were made for this check: a run makes them, too.
    Where it is stopped, it tells of what it has seen until then.

    :raises InputError: if a file changes meanwhile, or can't be read.
    """
    notes, stop, tally = _Notes(which=way.links is not None), stop or Stop(), Tally()
    chunker = Chunker(
        work.settings.send,
        notes,
        Breaker(LimitRules()),  # no limit: all findings are wanted
        tally,
        stop,
        makers=way.makers(_RUN, known),
        known=known or {},
        doubted={},
        numbers=count().__next__,
        portions=way.portions,
    )
    blocks, chunks = Channel[tuple[InputFile, AnyBlock]](1), Channel[Chunk](1)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(_read(work, Reader(work.settings.read, tally, stop), blocks))
        group.create_task(chunker.run(blocks, chunks))
        counting = group.create_task(_count(chunks))
    if way.links and way.links.lose(notes.ended, "is rejected here") and not stop.pulled():
        return await check(work, way, usage=usage, calls=calls, known=known, stop=stop)  # with rows that refer to those
    counts, waiting = counting.result(), notes.waiting
    totals = reading.result() + Totals(
        nested=sum(notes.nested.values()),
        duplicate_in_file=notes.states[RowState.DUPLICATE_IN_FILE],
        rejected_here=notes.states[RowState.REJECTED_HERE],
        eligible=counts.rows + waiting.rows,
    )
    return Checkup(
        way.object,
        totals,
        sorted(notes.findings.values(), key=lambda finding: (-finding.rows, finding.places)),
        counts.chunks + waiting.chunks,
        counts.bytes + waiting.bytes,
        notes.bad,
        plan(
            totals.eligible,
            counts.chunks + waiting.chunks,
            work.settings.send,
            logins=isinstance(work.settings.org.auth, ClientCredentials | JwtBearer | RefreshToken),
            describes=calls.get(Purpose.DESCRIBE, 1),
            lookups=calls.get(Purpose.LOOKUP, 0),
            usage=usage,
        ),
        usage,
        [lookup.name for lookup in way.lookups if lookup.assumed],
        way.members.wanted and way.members.statuses is None,
        way.links.waiting if way.links else 0,
    )


@dataclass(slots=True)
class _Counts:
    chunks: int = 0
    rows: int = 0
    bytes: int = 0

    def add(self, chunk: Chunk) -> None:
        self.chunks += 1
        self.rows += chunk.size
        self.bytes += sum(map(len, chunk.records))


async def _read(work: Import, reader: Reader, blocks: Channel[tuple[InputFile, AnyBlock]]) -> Totals:
    totals = Totals()
    for file in work.in_order:
        counts = await reader.run(file, blocks)
        totals += Totals(lines_read=counts.lines, blank=counts.blank, unreadable=counts.unreadable, rows=counts.rows)
    await blocks.close()
    return totals


async def _count(chunks: Channel[Chunk]) -> _Counts:
    counts = _Counts()
    async for chunk in chunks:
        counts.add(chunk)
    return counts


class _Notes:
    """Where rows that end before they are sent are counted by what is wrong with them."""

    def __init__(self, *, which: bool) -> None:
        """With `which` remember which rows end; they may be without number."""
        self._which = which
        self.findings: dict[tuple[str, tuple[str, ...]], Finding] = {}
        self.states: Counter[RowState] = Counter()
        self.nested: dict[int, int] = {}
        self.bad = 0
        self.waiting = _Counts()
        self.ended: set[tuple[int, int]] = set()

    async def not_attempted(self, chunk: Chunk) -> None:
        self.waiting.add(chunk)

    async def nested_counted(self, file: int, records: int) -> None:
        self.nested[file] = records

    async def rows_ended(self, file: int, ends: Iterable[RowEnd]) -> None:
        for end in ends:
            if self._which:
                self.ended.add((end.file or file, end.line & (MEMBER - 1)))
            self.states[end.ending.state] += 1
            self.bad += end.ending.state in _BAD
            for key, error in {
                self._kind(error): error for error in reversed(end.ending.errors) if error.code != FAMILY_CODE
            }.items():
                finding = self.findings.setdefault(key, Finding(*key, error.message))
                finding.rows += 1
                if len(finding.places) < MOST_PLACES:
                    finding.places.append((end.file or file, end.line & (MEMBER - 1)))

    def _kind(self, error: FieldError) -> tuple[str, tuple[str, ...]]:
        kind = (error.code, error.fields)
        return kind if kind in self.findings or len(self.findings) < MOST_FINDINGS else (error.code, ())
