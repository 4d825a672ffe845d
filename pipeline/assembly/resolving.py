"""Rows in doubt settled later: by asking the org once more, or by a person's word."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import __version__
from pipeline.assembly.access import connection
from pipeline.assembly.evidence import investigator
from pipeline.assembly.loading import begin_session, conclude, end_session, reported
from pipeline.assembly.lookups import Seeker, lookups_of
from pipeline.assembly.survey import surveyed
from pipeline.assembly.way import Way, settle_way
from pipeline.assembly.work import Ending, Import, Surroundings
from pipeline.clock import Clock, stamp
from pipeline.errors import ExitCode, UsageError
from pipeline.journal.blobs import unpack_ids, unpack_lines
from pipeline.journal.journal import Journal
from pipeline.journal.place import lock
from pipeline.journal.reading import Record, reading
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.pending import Inquiry, Pending
from pipeline.model.record import MEMBER
from pipeline.model.record_id import is_record_id
from pipeline.model.summary import Totals, imbalances
from pipeline.salesforce.ids import count_distinct
from pipeline.stop import Stop
from pipeline.transport.connection import Connection
from pipeline.transport.logins import Login

MOST_FAULTS = 20
"""Faults of a person's word that are told; a wrong file may have one a line."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of rows in doubt."""

    who: str
    command: str
    """As it was given, for the report."""
    ids: Mapping[tuple[int, int], str] | None
    """Record ids by file and line; None: the rows were not created."""
    chunks: Sequence[int]
    """Only rows of these requests; empty: of all."""


async def ask_again(path: Path, work: Import, login: Login, around: Surroundings) -> Ending:
    """Ask the org what became of a run's rows in doubt, and write the reports anew.

    :raises TreeloadError: if it can't be asked.
    """
    with lock(path.parent):
        died = _died(path)
        async with connection(login, work.settings.send) as org:
            settled = await settle_way(work, org)
            seeker = Seeker(org, work.settings, around.clock)
            questions = [] if settled.columns.marker else await lookups_of(settled, seeker, around.stop)
            async with surveyed(work, settled, path.parent, around.stop, around.tally, questions) as way:
                return await _asked(path, work, org, way, around, died=died)


async def _asked(path: Path, work: Import, org: Connection, way: Way, around: Surroundings, *, died: bool) -> Ending:
    with Journal(path, around.clock) as journal:
        await begin_session(journal, work, org, way)
        with reading(path) as record:
            detective = investigator(work, org, journal.doubts, way, record, around)
        if way.links:
            await way.links.learn(journal)
        try:
            await detective.run()
        finally:
            await end_session(journal, org)
        return await _concluded(journal, around.stop, died=died)


async def take_word(path: Path, word: Word, clock: Clock) -> Ending:
    """Take a person's word for rows in doubt, all of it or nothing, and write the reports anew.

    :raises UsageError: if it doesn't fit what is in doubt, with a line for every fault.
    """
    with lock(path.parent):
        died = _died(path)
        with reading(path) as record:
            _check(word, record)
            last = record.sessions()[-1]
        with Journal(path, clock) as journal:
            await journal.start_session(__version__, last.config, path=last.config_path, overrides=last.overrides)
            for each in await journal.doubts.pending():
                if not word.chunks or each.chunk in word.chunks:
                    await _take(word, each, journal, clock)
            return await _concluded(journal, Stop(), died=died)


def _died(path: Path) -> bool:
    """Tell whether the process that worked on a run last could not write down how it ended."""
    with reading(path) as record:
        return record.run().exit_code is None


async def _concluded(journal: Journal, stop: Stop, *, died: bool) -> Ending:
    """Write down how the run ended, and write the reports.

    What a process that died had read and not yet sent is not in the journal: as long as the run has not gone on, it can't
    balance, and its end stays open.
    """
    with reading(journal.path) as record:
        balanced = not imbalances(sum(record.totals(count_distinct).values(), Totals()))
    if died and not balanced:
        return replace(reported(journal.path, already_done=False), exit_code=ExitCode.RESUMABLE)
    totals = await conclude(journal, stop)
    return reported(journal.path, already_done=False, totals=totals)


def _check(word: Word, record: Record) -> None:
    """Hold a word against what is in doubt, before anything is written."""
    where = " in these requests" if word.chunks else ""
    pending = [each for each in _pending(record) if not word.chunks or each.chunk in word.chunks]
    if not pending:
        raise UsageError(f"no rows of run {record.run().id} are in doubt{where}")
    if word.ids is None:
        return
    if any(line >= MEMBER for each in pending for line in each.lines):
        raise UsageError(
            f"run {record.run().id} has families in doubt, and their records can't be named: ask the org once more, or say that "
            "they were not created"
        )
    faults = [*_faults_of_rows(word.ids, pending, where), *_faults_of_ids(word.ids, record), *_faults_of_parts(word.ids, pending)]
    if len(faults) > MOST_FAULTS:
        faults[MOST_FAULTS:] = [f"and {len(faults) - MOST_FAULTS:,} faults more"]
    if faults:
        raise UsageError("\n".join(faults))


def _pending(record: Record) -> Iterator[Pending]:
    """Yield what is in doubt, and what was on its way when its process died."""
    for file in record.files():
        for chunk in record.chunks(file.number):
            if chunk.state in {ChunkState.IN_DOUBT, ChunkState.SENDING}:
                yield Pending(chunk.number, file.number, tuple(unpack_lines(chunk.lines)), "", chunk.reason)
        for row in record.rows(file.number):
            if row.state is RowState.IN_DOUBT and row.chunk is not None:
                yield Pending(row.chunk, file.number, (row.line,), "", "", alone=True)


def _faults_of_rows(ids: Mapping[tuple[int, int], str], pending: Sequence[Pending], where: str) -> Iterator[str]:
    in_doubt = {(each.file, line) for each in pending for line in each.lines}
    for (file, line), key in ids.items():
        if (file, line) not in in_doubt:
            yield f"line {line} of file {file}: is not in doubt{where}"
        elif not is_record_id(key):
            yield f"line {line} of file {file}: {key!r} is no record id of 18 characters"


def _faults_of_ids(ids: Mapping[tuple[int, int], str], record: Record) -> Iterator[str]:
    given = Counter(ids.values())
    known = {
        each for file in record.files() for joined in record.ids(file.number) for each in unpack_ids(joined) if each in given
    }
    for (file, line), key in ids.items():
        if key in known:
            yield f"line {line} of file {file}: {key} is the id of another row"
    for key, times in given.items():
        if times > 1 and is_record_id(key):
            yield f"{key} is given {times} times: each row has a record of its own"


def _faults_of_parts(ids: Mapping[tuple[int, int], str], pending: Sequence[Pending]) -> Iterator[str]:
    for each in pending:
        named = sum((each.file, line) in ids for line in each.lines)
        if 0 < named < len(each.lines):
            yield f"request {each.chunk}: {named} of its {len(each.lines)} rows are named, but it creates all or none: name all"


async def _take(word: Word, pending: Pending, journal: Journal, clock: Clock) -> None:
    finding = "not created" if word.ids is None else "created"
    inquiry = Inquiry("word", word.command, stamp(clock.now()), finding, who=word.who)
    if word.ids is None:
        await journal.doubts.not_created(pending, inquiry)
        return
    lines = tuple(line for line in pending.lines if (pending.file, line) in word.ids)
    if lines:
        part = replace(pending, lines=lines)
        await journal.doubts.created(part, {line: word.ids[pending.file, line] for line in lines}, inquiry)
