"""Sender: each chunk to the org and back, as often as the policy says. All repetition of the river is here.

The intent is durable before a byte leaves: `journal.sending` returns before `org.send` begins.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import assert_never

from pipeline.channel import Channel
from pipeline.clock import Clock, Dice
from pipeline.errors import ExitCode, TreeloadError
from pipeline.logs import get_logger
from pipeline.model.outcome import Answer, Created, Ended, InDoubt, Nameless, NotAttempted, Outcome, Partly, Rejected
from pipeline.model.record import Chunk, Ending, RowEnd
from pipeline.model.tally import Tally
from pipeline.model.wire import Delivery, Purpose, Request
from pipeline.policy.breaker import Breaker
from pipeline.policy.rules import SendRules
from pipeline.policy.search import Search
from pipeline.policy.verdict import (
    LONGEST_RETRY_AFTER,
    Again,
    Divide,
    Halt,
    LeaveOut,
    OutOfCalls,
    Part,
    Renew,
    Settle,
    Smaller,
    Tries,
    decide,
    left_alone,
)
from pipeline.stages.bulk_jobs import Jobs
from pipeline.stages.sender.ports import Gate, Journal, Org, Place
from pipeline.stop import Stop


class _StoppedInLine(Exception):
    """The run was stopped while a chunk waited for its turn: it has announced nothing, and takes no slot."""


class Sender:
    """Sends chunks, as many at the same time as the gate admits; the first alone, until the org has taken one."""

    def __init__(
        self,
        rules: SendRules,
        org: Org,
        gate: Gate,
        journal: Journal,
        breaker: Breaker,
        *,
        build: Callable[[str, Sequence[bytes], Purpose], Request],
        decipher: Callable[[Delivery, Sequence[str], Sequence[str]], Outcome],
        numbers: Callable[[], int],
        await_calls: Callable[[str | None], Awaitable[None]],
        clock: Clock,
        dice: Dice,
        stop: Stop,
        tally: Tally,
        jobs: Jobs | None = None,
    ) -> None:
        """Send by `rules`. `build` and `decipher` are the two directions of the endpoint; `numbers` gives those of new chunks.

        With `jobs` each chunk is a job, and neither of the two is asked.

        `await_calls` is asked when the allowance has no call, with the org's words if it said so itself. It returns when there
        are calls again, or the run is stopped.
        """
        self._rules = rules
        self._org = org
        self._gate = gate
        self._journal = journal
        self._breaker = breaker
        self._build = build
        self._decipher = decipher
        self._numbers = numbers
        self._await_calls = await_calls
        self._clock = clock
        self._dice = dice
        self._stop = stop
        self._tally = tally
        self._jobs = jobs
        self._taken = asyncio.Event()
        self._doubts_in_row = 0
        self._log = get_logger()

    async def run(self, chunks: Channel[Chunk], answers: Channel[Answer]) -> None:
        """Take chunks until there are no more; give back how each of them ended."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work(chunks, answers))
            await self._taken.wait()
            for _ in range(self._rules.at_once - 1):
                group.create_task(self._work(chunks, answers))
        await answers.close()

    async def _work(self, chunks: Channel[Chunk], answers: Channel[Answer]) -> None:
        async for chunk in chunks:
            await self._load(chunk, answers)
            await chunks.done(chunk)
        self._taken.set()

    async def _load(self, chunk: Chunk, answers: Channel[Answer], purpose: Purpose = Purpose.LOAD) -> None:
        """Send a chunk, in as many requests as it takes: what was too much goes again in smaller ones."""
        front: Chunk | None = None
        while front is not chunk:
            size = len(chunk) if self._stop.pulled() else chunk.rows_within(self._gate.portion)
            front = chunk if size == len(chunk) else await self._front(chunk, size)
            answer = await self._deliver(front, purpose, answers)
            match answer:
                case Answer():
                    await answers.put(answer)
                case Divide():
                    await self._search(front, answers)
                case Smaller() if front is chunk:
                    front, purpose = None, Purpose.RETRY
                case Smaller():
                    await self._load(front, answers, Purpose.RETRY)
                case _:
                    assert_never(answer)

    async def _search(self, chunk: Chunk, answers: Channel[Answer]) -> None:
        """Find the records that make a chunk fail, and load the others, with smaller requests from its front."""
        search = Search(within=len(chunk))
        front: Chunk | None = None
        while front is not chunk:
            size = len(chunk) if self._stop.pulled() else search.size(len(chunk))
            front = chunk if size == len(chunk) else await self._front(chunk, size)
            answer = await self._deliver(front, Purpose.ISOLATION, answers)
            if isinstance(answer, Divide | Smaller):
                search = search.failed(size)
                if front is not chunk:
                    chunk.put_back(front)
                    await self._journal.joined(chunk, front)
                front = None
            else:
                search = search.convicted() if size == 1 and isinstance(answer.outcome, Ended) else search.passed(size)
                await answers.put(answer)

    async def _front(self, chunk: Chunk, size: int) -> Chunk:
        front = chunk.take_front(size, self._numbers())
        if chunk.attempts:  # else the journal knows nothing of it yet
            await self._journal.divided(chunk, front)
        return front

    async def _deliver(self, chunk: Chunk, purpose: Purpose, answers: Channel[Answer]) -> Answer | Divide | Smaller:
        """Try, and do what the policy says, until it says to settle or to send less at once, or the run ends.

        What is settled apart from the others is answered by the way.
        """
        tries, whole = Tries(), purpose is not Purpose.ISOLATION
        while not self._stop.pulled():
            try:
                outcome, generation = await self._try(chunk, purpose, alone=tries.alone and whole)
            except _StoppedInLine:
                break
            match decide(outcome, chunk.references, tries, self._rules, self._dice(), doubted=chunk.doubted):
                case Settle():
                    return self._settled(chunk, outcome)
                case LeaveOut(endings, tries):
                    ends = self._end(chunk, endings)
                    if not chunk.records:
                        return Answer(chunk, Ended(ends))
                    await self._withdraw(chunk, outcome, ends)
                    purpose = Purpose.ISOLATION
                case Part(endings, pause, tries):
                    answer = await self._part(chunk, outcome, endings)
                    if answer.chunk is chunk:
                        return answer
                    await answers.put(answer)
                    await self._pause(pause)
                    purpose = Purpose.RETRY
                case (Divide() | Smaller()) as less:
                    await self._withdraw(chunk, outcome)
                    return less
                case (Again() | Renew() | OutOfCalls() | Halt()) as later:
                    await self._withdraw(chunk, outcome)
                    tries = await self._ready(later, generation, tries)
                    purpose = Purpose.RETRY if isinstance(later, Again) else purpose
                case verdict:
                    assert_never(verdict)
        return Answer(chunk, NotAttempted())

    async def _ready(self, later: Again | Renew | OutOfCalls | Halt, generation: int, tries: Tries) -> Tries:
        """Do what must be done before a chunk can go again, or pull the brake; return what it has been through."""
        match later:
            case Again(pause, tries):
                await self._pause(pause)
            case Renew(tries):
                await self._renew(generation)
            case OutOfCalls(reason):
                await self._await_calls(reason)
            case Halt(reason, exit_code):
                self._stop.pull(reason, exit_code)
            case _:
                assert_never(later)
        return tries

    async def _try(self, chunk: Chunk, purpose: Purpose, *, alone: bool = False) -> tuple[Outcome, int]:
        """Send once, as soon as that is allowed; give the token's generation, which may be fresher than when it began to wait."""
        while True:
            async with self._gate.room(alone=alone) as place:
                if place.has_call:
                    await self._announce(chunk)
                    generation = self._org.generation
                    outcome = await self._fly(chunk, purpose, place)
                    return outcome, generation
            await self._await_calls(None)
            if self._stop.pulled():
                raise _StoppedInLine

    async def _go(self, chunk: Chunk, purpose: Purpose, place: Place) -> Outcome:
        """Let a chunk leave, in a request or as a job, and wait for what comes of it."""
        self._tally.in_flight += 1
        try:
            if self._jobs is not None:
                return await self._jobs.go(chunk, purpose, place)
            delivery = await place.fly(self._org.send(self._build(chunk.object, chunk.records, purpose)))
        finally:
            self._tally.in_flight -= 1
        return self._decipher(delivery, chunk.names(), chunk.references)

    async def _fly(self, chunk: Chunk, purpose: Purpose, place: Place) -> Outcome:
        outcome = await self._go(chunk, purpose, place)
        place.learn(outcome, chunk.size)
        if isinstance(outcome, Nameless):
            self._stop_if(self._breaker.nameless(outcome.errors))
        if chunk.kin and chunk.doubted and isinstance(outcome, Rejected) and not _by_itself(chunk, outcome.existing.keys()):
            return InDoubt("the org has a record of one of its families already, and an earlier request for them was in doubt")
        return outcome

    async def _announce(self, chunk: Chunk) -> None:
        """Wait for a turn and write the intent down; as long as the org has asked to be left alone nobody's turn comes."""
        while True:
            async with self._gate.turn():
                while (quiet := self._org.quiet_for()) and not self._stop.pulled():
                    if quiet > LONGEST_RETRY_AFTER:
                        self._stop.pull(left_alone(quiet), ExitCode.RESUMABLE)
                    await self._pause(quiet)
                if self._stop.pulled():
                    raise _StoppedInLine
                await self._journal.sending(chunk)
            if not self._org.quiet_for():
                return
            await self._journal.withdrawn(chunk, ())  # it has asked for it since

    async def _part(self, chunk: Chunk, outcome: Outcome, endings: Mapping[str, Ending]) -> Answer:
        """Answer for the records that exist or have ended; those that the org was hindered to create stay in the chunk."""
        ids = outcome.ids if isinstance(outcome, Partly) else {}
        done = chunk
        if len(ids) + len(endings) < len(chunk):
            done = chunk.take({*ids, *endings}, self._numbers())
            await self._journal.parted(chunk, done)
        ends = self._end(done, endings)
        if not ids:
            return Answer(done, Ended(ends))
        self._taken.set()
        self._doubts_in_row = 0
        self._breaker.created(len(ids))
        return Answer(done, Created(ids), ends)

    def _end(self, chunk: Chunk, endings: Mapping[str, Ending]) -> list[RowEnd]:
        ends = chunk.leave_out(endings)
        self._stop_if(self._breaker.ended(ends))
        return ends

    def _stop_if(self, reason: str | None) -> None:
        if reason is not None:
            self._stop.pull(reason, ExitCode.STOPPED_BY_LIMIT)

    async def _withdraw(self, chunk: Chunk, outcome: Outcome, ends: Sequence[RowEnd] = ()) -> None:
        await self._journal.withdrawn(chunk, ends)
        self._tally.rejected += len(ends)
        self._log.info("not done", chunk=chunk.number, attempt=chunk.attempts, outcome=type(outcome).__name__, ended=len(ends))

    async def _renew(self, generation: int) -> None:
        """Get a fresh token. If there is none the run ends; what others have in flight is still waited for."""
        try:
            await self._org.renew(generation)
        except TreeloadError as error:
            self._stop.pull(str(error), error.exit_code)

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run ends meanwhile."""
        await self._stop.or_over(self._clock.sleep(seconds))

    def _settled(self, chunk: Chunk, outcome: Outcome) -> Answer:
        """Answer with a final outcome. Many doubts in a row mean that the org is down: then nothing more is put at risk."""
        match outcome:
            case Created():
                self._taken.set()
                self._doubts_in_row = 0
                self._breaker.created(chunk.size)
            case InDoubt(reason):
                self._doubts_in_row += 1
                self._log.warning("in doubt", chunk=chunk.number, attempt=chunk.attempts, reason=reason)
                if self._doubts_in_row >= self._rules.doubts_in_row:
                    many = f"{self._doubts_in_row} requests one after the other got no answer that can be understood"
                    self._stop.pull(f"{many}, at last: {reason}", ExitCode.RESUMABLE)
            case _:
                raise TypeError(f"{type(outcome).__name__} can't be settled")
        return Answer(chunk, outcome)


def _by_itself(chunk: Chunk, existing: AbstractSet[str]) -> bool:
    """Tell whether families that the org may have can be looked for one by one: by their first records, and in one file."""
    in_one_file = all(one.file == chunk.file for kin in chunk.kin for one in kin)
    return not existing or (existing <= {*chunk.references} and in_one_file)
