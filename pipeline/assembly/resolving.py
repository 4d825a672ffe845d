"""Rows in doubt settled later: by asking the org once more, or by a person's word."""

from dataclasses import replace
from pathlib import Path

from pipeline import __version__
from pipeline.assembly.access import connection
from pipeline.assembly.evidence import investigator
from pipeline.assembly.loading import begin_session, conclude, end_session, reported
from pipeline.assembly.lookups import Seeker, lookups_of
from pipeline.assembly.survey import surveyed
from pipeline.assembly.way import Way, settle_way
from pipeline.assembly.word import Word, check_word
from pipeline.assembly.work import Ending, Import, Surroundings
from pipeline.clock import Clock, stamp
from pipeline.errors import ExitCode
from pipeline.journal.journal import Journal
from pipeline.journal.place import lock
from pipeline.journal.reading import reading
from pipeline.model.pending import Inquiry, Pending
from pipeline.model.summary import Totals, imbalances
from pipeline.salesforce.ids import count_distinct
from pipeline.stop import Stop
from pipeline.transport.connection import Connection
from pipeline.transport.logins import Login


async def ask_again(path: Path, work: Import, login: Login, around: Surroundings) -> Ending:
    """Ask the org what became of a run's rows in doubt, and write the reports anew.

    :raises TreeloadError: if it can't be asked.
    """
    with lock(path.parent):
        died = _died(path)
        async with connection(login, work.settings) as org:
            settled = await settle_way(work, org)
            seeker = Seeker(org, work.settings, around.clock)
            questions = [] if settled.columns.marker else await lookups_of(settled, seeker, around.stop)
            async with surveyed(work, settled, path.parent, around.stop, around.tally, questions) as way:
                return await _asked(path, work, org, way, around, died=died)


async def _asked(path: Path, work: Import, org: Connection, way: Way, around: Surroundings, *, died: bool) -> Ending:
    with Journal(path, around.clock) as journal:
        await begin_session(journal, work, org, way)
        with reading(path) as record:
            detective = investigator(work, org, journal, way, record, around)
        await way.learn(journal.known)
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
            check_word(word, record)
            last = record.sessions()[-1]
        with Journal(path, clock) as journal:
            await journal.start_session(
                __version__, last.config, path=last.config_path, overrides=last.overrides, effects=last.effects
            )
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


async def _take(word: Word, pending: Pending, journal: Journal, clock: Clock) -> None:
    finding = "not created" if word.ids is None else "created"
    inquiry = Inquiry("word", word.command, stamp(clock.now()), finding, who=word.who)
    if word.ids is None:
        await journal.doubts.not_created(pending, inquiry)
        return
    lines = tuple(line for line in pending.lines if (pending.file, line) in word.ids)
    kin = tuple(place for place in pending.kin if place in word.ids)
    if lines:
        part, ids = replace(pending, lines=lines, kin=kin), {line: word.ids[pending.file, line] for line in lines}
        await journal.doubts.created(part, ids, inquiry, kin={place: word.ids[place] for place in kin})
