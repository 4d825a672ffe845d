"""Bulk jobs: the calls that make one, feed it, close it, wait for it and read what it did. Nothing is decided here.

A job does nothing before it is closed. So whatever happens up to then, it is certain that nothing was created; from then on the
job itself knows what it did, and its id is in the journal before it gets its first byte.
"""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Protocol

from pipeline.clock import Clock
from pipeline.errors import TreeloadError
from pipeline.logs import get_logger
from pipeline.model.outcome import InDoubt, Outcome, Unavailable
from pipeline.model.record import Chunk
from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.policy.rules import SendRules
from pipeline.policy.verdict import RENEWALS
from pipeline.salesforce import bulk, bulk_csv
from pipeline.salesforce.bulk import Job, JobState, Results
from pipeline.stop import Stop

FIRST_WAIT = 1.0
"""Seconds before a job is asked how far it is; after that twice as long each time ..."""
LONGEST_WAIT = 30.0
"""... up to so many."""


class Org(Protocol):
    """The way to the org."""

    @property
    def generation(self) -> int:
        """Counts tokens."""
        ...

    async def send(self, request: Request) -> Delivery:
        """Send once."""
        ...

    def quiet_for(self) -> float:
        """Seconds for which it has asked to be left alone."""
        ...

    async def renew(self, generation: int) -> None:
        """Get a fresh token; raise TreeloadError if there is none."""
        ...


class Pace(Protocol):
    """Keeps the rate."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait in line."""
        ...


class Place(Protocol):
    """A place among those in flight."""

    async def fly(self, sending: Awaitable[Delivery]) -> Delivery:
        """Let the first call of a job leave."""
        ...


class Register(Protocol):
    """Where jobs are written down."""

    async def job_made(self, chunk: Chunk, job: str) -> None:
        """Return once it is durable which job a chunk is given to."""
        ...


class Jobs:
    """Gives chunks to jobs."""

    def __init__(
        self,
        rules: SendRules,
        org: Org,
        pace: Pace,
        register: Register,
        *,
        api_version: str,
        rule: str,
        proof: Collection[str],
        clock: Clock,
        stop: Stop,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        """Have owners chosen by the assignment rule with the id `rule`, if there is one.

        `proof` has the unique fields that say which row a record comes from.
        """
        self._rules = rules
        self._org = org
        self._pace = pace
        self._register = register
        self._version = api_version
        self._rule = rule
        self._proof = proof
        self._clock = clock
        self._stop = stop
        self._first_wait = first_wait
        self._log = get_logger()

    async def go(self, chunk: Chunk, purpose: Purpose, place: Place) -> Outcome:
        """Give a chunk, whose turn it is, to a job, and wait for what comes of it."""
        sent = bulk_csv.upload(chunk.records)
        create = bulk.build_create(self._version, chunk.object, purpose, self._rule)
        made = bulk.decipher_job(await place.fly(self._org.send(create)))
        if not isinstance(made, Job):
            return _not_done(made)
        await self._register.job_made(chunk, made.id)
        self._log.info("job made", job=made.id, chunk=chunk.number, records=len(chunk))
        given = await self._call(bulk.build_upload(self._version, made.id, sent.content, purpose))
        fault = bulk.decipher_upload(given)
        if fault is None and self._stop.pulled():
            fault = Unavailable("the run was stopped before the job was closed")
        if fault is not None:
            await self.abort(made.id, purpose)
            return _not_done(fault)
        job = await self._closed(made.id, purpose)
        if isinstance(job, Job) and not job.ended:
            job = await self.ended(made.id, purpose)
        if not isinstance(job, Job):
            return job
        results = await self.results(job, purpose)
        if isinstance(results, InDoubt):
            return results
        return self.judge(job, results, chunk.references, sent, whole=True)

    def judge(
        self,
        job: Job,
        results: Mapping[Results, bytes],
        references: Sequence[str],
        sent: bulk_csv.Upload,
        *,
        whole: bool = False,
    ) -> Outcome:
        """Say what a job that has ended did with the records of these references; see `bulk_csv.outcome`."""
        return bulk_csv.outcome(job, results, references, sent, self._proof, whole=whole)

    async def results(self, job: Job, purpose: Purpose) -> dict[Results, bytes] | InDoubt:
        """Get the files in which a job answers: those that can have something in them."""
        done = job.state is JobState.COMPLETE
        wanted = {Results.SUCCESSFUL: True, Results.FAILED: job.failed or not done, Results.UNPROCESSED: not done}
        found: dict[Results, bytes] = {}
        for kind in (kind for kind, want in wanted.items() if want):
            body = await self._read(bulk.build_results(self._version, job.id, kind, purpose))
            if not isinstance(body, bytes):
                return InDoubt(f"the {kind} of job {job.id} can't be read: {_words(body)}")
            found[kind] = body
        return found

    async def _read(self, request: Request) -> bytes | Outcome:
        wait = self._first_wait
        for _ in range(self._rules.attempts - 1):
            body = bulk.decipher_results(await self._call(request))
            if isinstance(body, bytes) or self._stop.pulled():
                return body
            await self._pause(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        return bulk.decipher_results(await self._call(request))

    async def _closed(self, job: str, purpose: Purpose) -> Job | InDoubt:
        """Close a job. Whether a lost call has done it the job says itself; if it doesn't, it is closed once more."""
        wait, said = self._first_wait, "it is still open"
        for _ in range(self._rules.attempts):
            found = bulk.decipher_job(await self._call(bulk.build_move(self._version, job, JobState.UPLOAD_COMPLETE, purpose)))
            if not isinstance(found, Job):
                said = _words(found)
                found = await self.state(job, purpose)
            if isinstance(found, Job) and found.state is not JobState.OPEN:
                return found
            if self._stop.pulled():
                break
            await self._pause(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        return InDoubt(f"job {job} could not be closed for certain: {said}")

    async def state(self, job: str, purpose: Purpose) -> Job | Outcome:
        """Ask how far a job is."""
        return bulk.decipher_job(await self._call(bulk.build_state(self._version, job, purpose)))

    async def abort(self, job: str, purpose: Purpose) -> Job | Outcome:
        """Let a job do nothing more."""
        return bulk.decipher_job(await self._call(bulk.build_move(self._version, job, JobState.ABORTED, purpose)))

    async def ended(self, job: str, purpose: Purpose) -> Job | InDoubt:
        """Wait until a closed job has ended. A run that is stopped leaves it working: the next one asks it."""
        wait, failures = self._first_wait, 0
        while not self._stop.pulled():
            found = await self.state(job, purpose)
            if isinstance(found, Job) and found.ended:
                self._log.info("job ended", job=job, state=found.state.value, processed=found.processed, failed=found.failed)
                return found
            failures = 0 if isinstance(found, Job) else failures + 1
            if failures >= self._rules.attempts:
                return InDoubt(f"job {job} doesn't say how far it is: {_words(found)}")
            await self._pause(wait)
            wait = min(wait * 2, LONGEST_WAIT)
        return InDoubt(f"the run was stopped while the org was working on job {job}; the next start asks what it did")

    async def _call(self, request: Request) -> Delivery:
        """Make one call as soon as the rate allows it, with a fresh token if the old one has run out."""
        renewals = 0
        while True:
            while (quiet := self._org.quiet_for()) and not self._stop.pulled():
                await self._pause(quiet)
            async with self._pace.turn():
                generation = self._org.generation
            delivery = await self._org.send(request)
            expired = isinstance(delivery, Reply) and delivery.status == HTTPStatus.UNAUTHORIZED
            if not expired or renewals == RENEWALS:
                return delivery
            renewals += 1
            try:
                await self._org.renew(generation)
            except TreeloadError:
                return delivery  # it says the same

    async def _pause(self, seconds: float) -> None:
        await self._stop.or_over(self._clock.sleep(seconds))


def _not_done(fault: Outcome) -> Outcome:
    """Say what came of a job that was never closed: nothing, also where a reply was lost."""
    return Unavailable(fault.reason) if isinstance(fault, InDoubt) else fault


def _words(found: object) -> str:
    return str(getattr(found, "reason", "") or getattr(found, "errors", "") or type(found).__name__)
