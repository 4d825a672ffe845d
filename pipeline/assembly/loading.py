"""One import from its first look at the journal to its report."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path

from pipeline import __version__
from pipeline.assembly.access import connection
from pipeline.assembly.allowance import Allowance, know_usage
from pipeline.assembly.beforehand import look_ahead
from pipeline.assembly.bulk import jobs_of
from pipeline.assembly.drifting import Tell, untold
from pipeline.assembly.earlier import earlier_run
from pipeline.assembly.evidence import investigator
from pipeline.assembly.lookups import Seeker, lookups_of
from pipeline.assembly.production import Ask, confirm
from pipeline.assembly.survey import surveyed
from pipeline.assembly.way import Way, settle_way
from pipeline.assembly.work import Ending, Import, Surroundings
from pipeline.clock import Clock, stamp
from pipeline.errors import ExitCode
from pipeline.flow import River, flow
from pipeline.journal.journal import Journal
from pipeline.journal.place import SUFFIX, lock, prepare
from pipeline.journal.reading import reading
from pipeline.model.run import Run
from pipeline.model.summary import Totals, imbalances
from pipeline.policy.breaker import Breaker
from pipeline.policy.ending import exit_code
from pipeline.policy.lanes import waiting_for
from pipeline.policy.quota import Quota
from pipeline.policy.rules import EffectRules, LimitRules
from pipeline.salesforce import effects
from pipeline.salesforce.ids import count_distinct
from pipeline.stages.chunker import Chunker
from pipeline.stages.reader import Reader
from pipeline.stages.reconciler import Reconciler
from pipeline.stages.reporter import report
from pipeline.stages.reporter.files import check_folder
from pipeline.stages.sender import Sender
from pipeline.stop import Stop
from pipeline.transport.admission import Admission
from pipeline.transport.connection import Connection
from pipeline.transport.logins import Login


async def load(work: Import, login: Login, around: Surroundings, tell: Tell = untold, ask: Ask | None = None) -> Ending:
    """Load the files, or what is left of them, and write the reports; `tell` says what has changed in the org.

    `ask` is asked whether an org in production is meant, if nobody has said so and the run hasn't begun before.

    :raises TreeloadError: if it can't begin or has to break off. What the journal has is then what was done, and the same
        import again goes on from there.
    """
    folder = work.settings.job.state / work.settings.job.name
    check_folder(work.settings.job.reports)
    prepare(folder)
    with lock(folder):
        earlier = None if work.fresh else earlier_run(folder, work)
        if earlier is not None and _finished(earlier):
            return reported(earlier, already_done=True)
        async with connection(login, work.settings) as org:
            settled = await settle_way(work, org, tell)
            if earlier is None:
                await confirm(work, org, settled.object, ask)
            await know_usage(org, work.settings.org.api_version)
            questions = await lookups_of(settled, Seeker(org, work.settings, around.clock), around.stop)
            async with surveyed(work, settled, folder, around.stop, around.tally, questions) as way:
                if earlier is None:
                    await look_ahead(work, way, around.stop, usage=org.last_usage)
                path = earlier or folder / f"{_run_id(around)}{SUFFIX}"
                with Journal(path, around.clock) as journal:
                    if earlier is None:
                        await journal.begin(_run(work, way, path.stem, around.clock), way.named(work.files))
                    else:
                        await way.learn(journal.known)
                        known = {file.number: await journal.known.rows(file.number) for file in work.files}
                        created = _created(path) if work.settings.limits.max_created else 0
                        await look_ahead(work, way, around.stop, usage=org.last_usage, known=known, created=created)
                    totals = await _session(work, org, journal, way, around)
        return reported(path, already_done=False, totals=totals)


def _created(path: Path) -> int:
    """Count the records that a run has created, and those that it may have created."""
    with reading(path) as record:
        totals = sum(record.totals(count_distinct).values(), Totals())
    return totals.created + totals.in_doubt


def quota_left(rules: LimitRules, path: Path) -> Quota | None:
    """Say how many records a run may still create; None: any number."""
    return Quota(rules.max_created, used=_created(path)) if rules.max_created else None


def _finished(path: Path) -> bool:
    with reading(path) as record:
        return record.run().finished


def reported(path: Path, *, already_done: bool, totals: Mapping[int, Totals] | None = None) -> Ending:
    """Write the reports of a run; its totals by file needn't be counted again if they are given."""
    with reading(path) as record:
        folder, summary = report(record, totals)
        code = record.run().exit_code
    return Ending(ExitCode.INTERNAL if code is None else ExitCode(code), summary, folder, already_done)


def _run_id(around: Surroundings) -> str:
    """Name a run so that names sort by time: `20261122-235635-k3f9`."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return f"{around.clock.now():%Y%m%d-%H%M%S}-" + "".join(letters[int(around.dice() * len(letters))] for _ in range(4))


def _run(work: Import, way: Way, name: str, clock: Clock) -> Run:
    job, org = work.settings.job, work.settings.org
    return Run(
        id=name,
        key=work.key,
        job=job.name,
        object=way.object,
        org=org.url,
        api_version=org.api_version,
        reports=str(job.reports),
        started_at=stamp(clock.now()),
    )


async def _session(work: Import, org: Connection, journal: Journal, way: Way, around: Surroundings) -> Mapping[int, Totals]:
    """Let the river flow, ask about what is in doubt, and let it flow again as long as that brings rows back.

    Rows that wait for others are taken once these have ids, and so it flows again as long as that happens.

    Returns the totals by file.
    """
    settings = work.settings
    await begin_session(journal, work, org, way)
    around.tally.bytes_total = sum(file.size for file in work.files)
    with reading(journal.path) as record:
        detective = investigator(work, org, journal, way, record, around)
        breaker = Breaker(settings.limits, rejected=sum(totals.rejected for totals in record.totals(count_distinct).values()))
    admission = Admission(settings.send, around.clock, org.calls_left)
    try:
        while True:
            quota = None
            for _ in range(settings.send.attempts):
                if around.stop.pulled():  # what was planned stays so: nothing of it is read again
                    break
                quota = quota_left(settings.limits, journal.path)
                await flow(await _river(work, org, journal, way, around, breaker, quota, admission))
                if around.stop.pulled() or not await detective.run():
                    break
            if quota is not None and quota.spent:
                around.stop.pull(quota.reason, ExitCode.STOPPED_BY_LIMIT)
            if around.stop.pulled() or not await way.learn(journal.known):
                break
    finally:
        await end_session(journal, org)
    return await conclude(journal, around.stop)


async def begin_session(journal: Journal, work: Import, org: Connection, way: Way) -> None:
    """Write down that the command was started, and with which settings."""
    used, allowance = org.last_usage or (None, None)
    digest = way.digest(work.settings.digest())
    await journal.start_session(
        __version__,
        digest,
        path=str(work.settings.path),
        overrides=work.overrides,
        effects=work.settings.effects.as_dict(),
        used=used,
        allowance=allowance,
    )
    journal.count(org.calls)


async def end_session(journal: Journal, org: Connection) -> None:
    """Write down which calls were made."""
    used, allowance = org.last_usage or (None, None)
    await journal.end_session({purpose.value: count for purpose, count in org.calls.items()}, used=used, allowance=allowance)


async def conclude(journal: Journal, stop: Stop) -> Mapping[int, Totals]:
    """Write down how the run ended, this time; return the totals by file."""
    with reading(journal.path) as record:
        by_file = record.totals(count_distinct)
        whole = all(record.complete().values())
    totals = sum(by_file.values(), Totals())
    if not whole:
        stop.pull("the files were not read to the end", ExitCode.RESUMABLE)
    code = exit_code(totals, stop.exit_code)
    await journal.end(code, "; ".join(imbalances(totals)) or stop.reason)
    return by_file


def _allowed(rules: EffectRules) -> Mapping[str, str]:
    """Say with each request what it may set off."""
    return effects.headers(
        assignment=rules.assignment,
        allow_duplicates=rules.duplicate_rules == "allow",
        recently_viewed=rules.recently_viewed,
    )


async def _river(
    work: Import,
    org: Connection,
    journal: Journal,
    way: Way,
    around: Surroundings,
    breaker: Breaker,
    quota: Quota | None,
    admission: Admission,
) -> River:
    """Make the stages for all rows that have no place in the journal."""
    settings, stop, tally = work.settings, around.stop, around.tally
    numbers: Callable[[], int] = count(await journal.replan()).__next__
    known = {file.number: await journal.known.rows(file.number) for file in work.files}
    doubted = {file.number: await journal.known.doubted(file.number) for file in work.files}
    tally.bytes_read = tally.rows_read = 0
    return River(
        files=work.in_order,
        reader=Reader(settings.read, tally, stop, in_order=True),
        chunker=Chunker(
            settings.send,
            journal,
            breaker,
            tally,
            stop,
            makers=way.makers(journal.path.stem, known),
            known=known,
            doubted=doubted,
            numbers=numbers,
            quota=quota,
            portions=way.portions,
        ),
        sender=Sender(
            settings.send,
            org,
            admission,
            journal,
            breaker,
            build=partial(way.route.build, settings.org.api_version, headers=_allowed(settings.effects)),
            decipher=partial(way.route.decipher, proof=way.proof),
            numbers=numbers,
            await_calls=Allowance(settings.send, org, settings.org.api_version, around.clock, stop, tally).await_calls,
            clock=around.clock,
            dice=around.dice,
            stop=stop,
            tally=tally,
            jobs=jobs_of(work, org, journal, way, around, admission) if way.route.jobs else None,
        ),
        reconciler=Reconciler(journal, tally, at_once=settings.send.at_once),
        register=journal,
        stop=stop,
        chunks_ahead=1,
        chunks_in_line=waiting_for(settings.send.concurrency) if way.locks else 0,
    )
