"""Look by job: what a bulk job did with the records that it was given, it says itself, as long as the org keeps it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from pipeline.errors import OrgUnavailable
from pipeline.model.outcome import Created, InDoubt, Outcome, Partly, Refused
from pipeline.model.pending import Pending
from pipeline.model.record import member_reference
from pipeline.model.wire import Purpose
from pipeline.policy import evidence
from pipeline.policy.evidence import Absent, Exists, Finding
from pipeline.policy.kinship import Place
from pipeline.salesforce import bulk_csv
from pipeline.salesforce.bulk import Job, JobState
from pipeline.stages.bulk_jobs import Jobs
from pipeline.stages.investigator.looking import Found, Look

NO_JOB = Absent("no job was given any of its records", certain=True)
NEVER_CLOSED = Absent("its job was never closed, and is aborted now", certain=True)
NOTHING_DONE = Absent("its job has ended and created none of its records", certain=True)


class ByJob:
    """Asks jobs; where one is gone, or doesn't tell, records are looked for as ever."""

    way = "job"

    def __init__(
        self, jobs: Jobs, otherwise: Look, recall: Callable[[Sequence[Pending]], Awaitable[Mapping[Place, bytes]]]
    ) -> None:
        """Read rows again by `recall`, as the records that were sent."""
        self._jobs = jobs
        self._otherwise = otherwise
        self._recall = recall

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:
        """Ask about one after the other, and wait for those that are still at work."""
        found: list[Found] = []
        untold: list[Pending] = []
        for pending in waiting:
            finding = await self._told(pending) if pending.job else NO_JOB
            if finding is None:
                untold.append(pending)
            else:
                found.append(Found(pending, finding, f"job {pending.job}" if pending.job else "", final=True))
        rest = [*others, *(each.pending for each in found)]
        return [*found, *(await self._otherwise.find(untold, rest) if untold else ())]

    async def _told(self, pending: Pending) -> Finding | None:
        """Return what a job says; None if it is gone, or has ended and says nothing that can be understood.

        :raises OrgUnavailable: it can't be asked now. Nothing else counts then: it may be at work longer than any window is open.
        """
        job = await self._jobs.state(pending.job, Purpose.EVIDENCE)
        if isinstance(job, Refused) and job.status == HTTPStatus.NOT_FOUND:
            return None
        if isinstance(job, Job) and job.state is JobState.OPEN:
            job = await self._jobs.abort(pending.job, Purpose.EVIDENCE)
            if isinstance(job, Job) and not job.processed:
                return NEVER_CLOSED
        ended = await self._jobs.ended(pending.job, Purpose.EVIDENCE) if isinstance(job, Job) and not job.ended else job
        if not isinstance(ended, Job):
            raise OrgUnavailable(f"job {pending.job} doesn't say how far it is; run the same command again later")
        return await self._by_results(pending, ended)

    async def _by_results(self, pending: Pending, job: Job) -> Finding | None:
        results = await self._jobs.results(job, Purpose.EVIDENCE)
        if isinstance(results, InDoubt):
            return None
        fields = bulk_csv.fields_of(results)
        if not fields:
            return NOTHING_DONE if not job.processed else None
        records = await self._recall([pending])
        try:
            sent = bulk_csv.upload([records[pending.file, line] for line in pending.lines], fields)
        except bulk_csv.NotOurs:
            return None
        references = [member_reference(pending.file, line) for line in pending.lines]
        told = self._jobs.judge(job, results, references, sent)
        return _finding(told, dict(zip(references, pending.lines, strict=True)))


def _finding(outcome: Outcome, lines: Mapping[str, int]) -> Finding | None:
    match outcome:
        case Created(ids):
            return Exists({lines[name]: key for name, key in ids.items()})
        case Partly(ids) if ids:
            there = {lines[name]: key for name, key in ids.items()}
            return evidence.Partly(there, "its job created these, and not the others")
        case Partly() | Refused():
            return NOTHING_DONE
        case _:
            return None
