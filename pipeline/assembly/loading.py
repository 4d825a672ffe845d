"""One import from its first look at the journal to its report."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import __version__
from pipeline.assembly.access import connection, describe
from pipeline.assembly.work import Ending, Import
from pipeline.clock import Clock, Dice, stamp
from pipeline.errors import ExitCode
from pipeline.flow import River, flow
from pipeline.journal.journal import Journal
from pipeline.journal.known_rows import KnownRows
from pipeline.journal.place import SUFFIX, journals, lock, prepare, remove
from pipeline.journal.reading import reading
from pipeline.mapping.columns import Columns
from pipeline.mapping.mapper import Map, mapper
from pipeline.model.run import Run
from pipeline.model.summary import Totals, imbalances
from pipeline.model.tally import Tally
from pipeline.policy.ending import exit_code
from pipeline.salesforce import tree
from pipeline.salesforce.ids import count_distinct
from pipeline.stages.chunker import Chunker, Encode
from pipeline.stages.reader import Reader
from pipeline.stages.reconciler import Reconciler
from pipeline.stages.reporter import report
from pipeline.stages.sender import Sender
from pipeline.stop import Stop
from pipeline.transport.connection import Connection
from pipeline.transport.gate import Gate
from pipeline.transport.logins import Login


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What comes in from outside: time, chance, the brake, and what the display looks at."""

    clock: Clock
    dice: Dice
    stop: Stop
    tally: Tally


@dataclass(frozen=True, slots=True)
class Way:
    """How rows become records of an object: settled before anything is written or sent."""

    object: str
    """The object's own name: job.object may be written in any case."""
    maps: Mapping[int, Map]
    """By number of the file."""
    encode: Encode


async def load(work: Import, login: Login, around: Surroundings) -> Ending:
    """Load the files, or what is left of them, and write the reports.

    :raises TreeloadError: if it can't begin or has to break off. What the journal has is then what was done, and the same
        import again goes on from there.
    """
    folder = work.settings.job.state / work.settings.job.name
    prepare(folder)
    with lock(folder):
        earlier = None if work.fresh else _earlier(folder, work.key)
        if earlier is not None and _finished(earlier):
            return _reported(earlier, already_done=True)
        async with connection(login, work.settings.send) as org:
            way = await _way(work, org)
            path = earlier or folder / f"{_run_id(around)}{SUFFIX}"
            with Journal(path, around.clock) as journal:
                if earlier is None:
                    await journal.begin(_run(work, path.stem, around.clock), work.files)
                await _session(work, org, journal, way, around)
        return _reported(path, already_done=False)


def _earlier(folder: Path, key: str) -> Path | None:
    """Find the newest run that loads the same content into the same org. Journals of runs that never began are cleared away."""
    for path in journals(folder):
        with reading(path) as record:
            begun = record.begun()
            if begun and record.run().key == key:
                return path
        if not begun:
            remove(path)
    return None


def _finished(path: Path) -> bool:
    with reading(path) as record:
        return record.run().finished


def _reported(path: Path, *, already_done: bool) -> Ending:
    with reading(path) as record:
        folder, summary = report(record)
        code = record.run().exit_code
    return Ending(ExitCode.INTERNAL if code is None else ExitCode(code), summary, folder, already_done)


async def _way(work: Import, org: Connection) -> Way:
    """Settle how each file's rows become records: the last thing that can stop a run before anything is written or sent."""
    settings = work.settings
    described = await describe(org, settings.org.api_version, settings.job.object)
    columns = Columns(settings.mapping, described)
    keep_empty = settings.mapping.empty_cells == "null"
    maps = {file.number: mapper(file, columns, keep_empty=keep_empty) for file in work.files}
    return Way(described.name, maps, tree.encoder(described.name, columns.constants))


def _run_id(around: Surroundings) -> str:
    """Name a run so that names sort by time: `20261122-235635-k3f9`."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return f"{around.clock.now():%Y%m%d-%H%M%S}-" + "".join(letters[int(around.dice() * len(letters))] for _ in range(4))


def _run(work: Import, name: str, clock: Clock) -> Run:
    job, org = work.settings.job, work.settings.org
    return Run(
        id=name,
        key=work.key,
        job=job.name,
        object=job.object,
        org=org.url,
        api_version=org.api_version,
        reports=str(job.reports),
        started_at=stamp(clock.now()),
    )


async def _session(work: Import, org: Connection, journal: Journal, way: Way, around: Surroundings) -> None:
    """Let the river flow once, and write down how it ended."""
    used, allowance = org.last_usage or (None, None)
    first = await journal.start_session(__version__, work.settings.digest(), used=used, allowance=allowance)
    known = {file.number: await journal.known_rows(file.number) for file in work.files}
    around.tally.bytes_total = sum(file.size for file in work.files)
    try:
        await flow(_river(work, org, journal, way, around, known=known, first=first))
    finally:
        used, allowance = org.last_usage or (None, None)
        await journal.end_session({purpose.value: count for purpose, count in org.calls.items()}, used=used, allowance=allowance)
    with reading(journal.path) as record:
        totals = sum(record.totals(count_distinct).values(), Totals())
    stop = around.stop
    code = exit_code(totals, stop.exit_code)
    await journal.end(code, "; ".join(imbalances(totals)) or stop.reason)


def _river(
    work: Import,
    org: Connection,
    journal: Journal,
    way: Way,
    around: Surroundings,
    *,
    known: Mapping[int, KnownRows],
    first: int,
) -> River:
    settings, stop, tally = work.settings, around.stop, around.tally
    return River(
        files=work.files,
        reader=Reader(settings.read, tally, stop),
        chunker=Chunker(settings.send, journal, tally, encode=way.encode, mappers=way.maps, known=known, first_number=first),
        sender=Sender(
            settings.send,
            org,
            Gate(settings.send.requests_per_second, around.clock),
            journal,
            build=partial(tree.build, settings.org.api_version, way.object),
            decipher=tree.decipher,
            clock=around.clock,
            dice=around.dice,
            stop=stop,
            tally=tally,
        ),
        reconciler=Reconciler(journal, tally, at_once=settings.send.concurrency),
        register=journal,
        stop=stop,
        chunks_ahead=1,
    )
