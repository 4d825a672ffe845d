"""Sender: each chunk to the org and back, as often as the policy says. All repetition of the river is in this file.

The intent is durable before a byte leaves: `journal.sending` returns before `org.send` begins.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, assert_never

from pipeline.channel import Channel
from pipeline.clock import Clock, Dice
from pipeline.errors import ExitCode, TreeloadError
from pipeline.logs import get_logger
from pipeline.model.outcome import Answer, Created, InDoubt, NotAttempted, Outcome, Rejected
from pipeline.model.record import Chunk, Rejection
from pipeline.model.tally import Tally
from pipeline.model.wire import Delivery, Purpose, Request
from pipeline.policy.rules import SendRules
from pipeline.policy.verdict import Again, Halt, LeaveOut, Renew, Settle, Tries, decide
from pipeline.stop import Stop


class Org(Protocol):
    """The way to the org."""

    @property
    def generation(self) -> int:
        """Counts tokens: a request is sent with the token of the generation at that moment."""
        ...

    async def send(self, request: Request) -> Delivery:
        """Send once."""
        ...

    async def renew(self, generation: int) -> None:
        """Get a fresh token, unless somebody did since that generation; raise TreeloadError if there is none."""
        ...


class Gate(Protocol):
    """Keeps the rate."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait in line; the body runs for the first in line; leaving it waits for the next free slot."""
        ...


class Journal(Protocol):
    """Where intents are written down."""

    async def sending(self, chunk: Chunk) -> None:
        """Return once the intent is durable."""
        ...

    async def withdrawn(self, chunk: Chunk, rejected: Sequence[Rejection]) -> None:
        """Return once it is durable that the last try did nothing, and which rows end here because of it."""
        ...


class _StoppedInLine(Exception):
    """The run was stopped while a chunk waited for its turn: it has announced nothing, and takes no slot."""


class Sender:
    """Sends chunks, a set number of them at the same time."""

    def __init__(
        self,
        rules: SendRules,
        org: Org,
        gate: Gate,
        journal: Journal,
        *,
        build: Callable[[Sequence[bytes], Purpose], Request],
        decipher: Callable[[Delivery, Sequence[str]], Outcome],
        clock: Clock,
        dice: Dice,
        stop: Stop,
        tally: Tally,
    ) -> None:
        """Send by `rules`. `build` and `decipher` are the two directions of the endpoint."""
        self._rules = rules
        self._org = org
        self._gate = gate
        self._journal = journal
        self._build = build
        self._decipher = decipher
        self._clock = clock
        self._dice = dice
        self._stop = stop
        self._tally = tally
        self._doubts_in_row = 0
        self._log = get_logger()

    async def run(self, chunks: Channel[Chunk], answers: Channel[Answer]) -> None:
        """Take chunks until there are no more; give back how each of them ended."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._rules.concurrency):
                group.create_task(self._work(chunks, answers))
        await answers.close()

    async def _work(self, chunks: Channel[Chunk], answers: Channel[Answer]) -> None:
        async for chunk in chunks:
            await answers.put(await self._deliver(chunk))

    async def _deliver(self, chunk: Chunk) -> Answer:
        """Try, and do what the policy says, until it says to settle or the run ends."""
        tries, purpose = Tries(), Purpose.LOAD
        while not self._stop.pulled():
            generation = self._org.generation
            try:
                outcome = await self._try(chunk, purpose)
            except _StoppedInLine:
                break
            match decide(outcome, len(chunk), tries, self._rules, self._dice()):
                case Settle():
                    return self._settled(chunk, outcome)
                case LeaveOut(culprits, tries):
                    await self._withdraw(chunk, outcome, chunk.leave_out(culprits))
                    purpose = Purpose.ISOLATION
                case Again(pause, tries):
                    await self._withdraw(chunk, outcome)
                    await self._pause(pause)
                    purpose = Purpose.RETRY
                case Renew(tries):
                    await self._withdraw(chunk, outcome)
                    await self._renew(generation)
                case Halt(reason, exit_code):
                    await self._withdraw(chunk, outcome)
                    self._stop.pull(reason, exit_code)
                case verdict:
                    assert_never(verdict)
        return Answer(chunk, NotAttempted())

    async def _try(self, chunk: Chunk, purpose: Purpose) -> Outcome:
        request = self._build(chunk.records, purpose)
        async with self._gate.turn():
            if self._stop.pulled():
                raise _StoppedInLine
            await self._journal.sending(chunk)
        self._tally.in_flight += 1
        try:
            delivery = await self._org.send(request)
        finally:
            self._tally.in_flight -= 1
        return self._decipher(delivery, chunk.references)

    async def _withdraw(self, chunk: Chunk, outcome: Outcome, rejected: Sequence[Rejection] = ()) -> None:
        await self._journal.withdrawn(chunk, rejected)
        self._tally.rejected += len(rejected)
        self._log.info(
            "not done", chunk=chunk.number, attempt=chunk.attempts, outcome=type(outcome).__name__, rejected=len(rejected)
        )

    async def _renew(self, generation: int) -> None:
        """Get a fresh token. If there is none the run ends; what others have in flight is still waited for."""
        try:
            await self._org.renew(generation)
        except TreeloadError as error:
            self._stop.pull(str(error), error.exit_code)

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run ends meanwhile."""
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(self._clock.sleep(seconds))
            stopping = group.create_task(self._stop.wait())
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            stopping.cancel()

    def _settled(self, chunk: Chunk, outcome: Outcome) -> Answer:
        """Answer with a final outcome. Many doubts in a row mean that the org is down: then nothing more is put at risk."""
        if not isinstance(outcome, Created | Rejected | InDoubt):
            raise TypeError(f"{type(outcome).__name__} can't be settled")
        self._doubts_in_row = self._doubts_in_row + 1 if isinstance(outcome, InDoubt) else 0
        if isinstance(outcome, InDoubt):
            self._log.warning("in doubt", chunk=chunk.number, attempt=chunk.attempts, reason=outcome.reason)
        if self._doubts_in_row >= self._rules.doubts_in_row:
            self._stop.pull(
                f"{self._doubts_in_row} requests one after the other got no answer that can be understood, at last: "
                f"{outcome.reason if isinstance(outcome, InDoubt) else ''}",
                ExitCode.RESUMABLE,
            )
        return Answer(chunk, outcome)
