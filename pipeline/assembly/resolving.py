"""Rows in doubt settled later: by asking the org once more, or by a person's word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import __version__
from pipeline.assembly.access import connection
from pipeline.assembly.evidence import investigator
from pipeline.assembly.loading import conclude, end_session, reported
from pipeline.assembly.way import settle_way
from pipeline.assembly.work import Ending, Import, Surroundings
from pipeline.clock import Clock, stamp
from pipeline.errors import UsageError
from pipeline.journal.journal import Journal
from pipeline.journal.place import lock
from pipeline.journal.reading import reading
from pipeline.model.pending import Inquiry, Pending
from pipeline.salesforce.ids import is_record_id
from pipeline.stop import Stop
from pipeline.transport.logins import Login


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
        async with connection(login, work.settings.send) as org:
            way = await settle_way(work, org)
            with Journal(path, around.clock) as journal:
                used, allowance = org.last_usage or (None, None)
                settings = work.settings
                await journal.start_session(
                    __version__,
                    settings.digest(),
                    path=str(settings.path),
                    overrides=work.overrides,
                    used=used,
                    allowance=allowance,
                )
                try:
                    await investigator(work, org, journal.doubts, way, path.stem, around).run()
                finally:
                    await end_session(journal, org)
                await conclude(journal, around.stop)
        return reported(path, already_done=False)


async def take_word(path: Path, word: Word, clock: Clock) -> Ending:
    """Take a person's word for rows in doubt, all of it or nothing, and write the reports anew.

    :raises UsageError: if it doesn't fit what is in doubt, with a line for every fault.
    """
    with lock(path.parent):
        with reading(path) as record:
            last = record.sessions()[-1]
        with Journal(path, clock) as journal:
            await journal.start_session(__version__, last.config, path=last.config_path, overrides=last.overrides)
            pending = [each for each in await journal.doubts.pending() if not word.chunks or each.chunk in word.chunks]
            await _check(word, pending, journal)
            for each in pending:
                await _take(word, each, journal, clock)
            await conclude(journal, Stop())
        return reported(path, already_done=False)


async def _check(word: Word, pending: Sequence[Pending], journal: Journal) -> None:
    if not pending:
        raise UsageError("no rows are in doubt" + (" in these requests" if word.chunks else ""))
    if word.ids is None:
        return
    faults = []
    in_doubt = {(each.file, line) for each in pending for line in each.lines}
    for (file, line), key in word.ids.items():
        if (file, line) not in in_doubt:
            faults.append(f"line {line} of file {file}: is not in doubt")
        elif not is_record_id(key):
            faults.append(f"line {line} of file {file}: {key!r} is no record id of 18 characters")
    known = await journal.doubts.claimed(list(word.ids.values()))
    faults += [
        f"line {line} of file {file}: {key} is the id of another row" for (file, line), key in word.ids.items() if key in known
    ]
    if len(set(word.ids.values())) < len(word.ids):
        faults.append("an id is given twice")
    for each in pending:
        named = sum((each.file, line) in word.ids for line in each.lines)
        if 0 < named < len(each.lines) and not each.alone:
            faults.append(
                f"request {each.chunk}: {named} of its {len(each.lines)} rows are named, but it creates all or none: name all"
            )
    if faults:
        raise UsageError("\n".join(faults))


async def _take(word: Word, pending: Pending, journal: Journal, clock: Clock) -> None:
    finding = "not created" if word.ids is None else "created"
    inquiry = Inquiry("word", word.command, stamp(clock.now()), finding, who=word.who)
    if word.ids is None:
        await journal.doubts.not_created(pending, inquiry)
        return
    lines = tuple(line for line in pending.lines if (pending.file, line) in word.ids)
    if lines:
        part = Pending(pending.chunk, pending.file, lines, pending.sent_at, pending.reason, pending.alone)
        await journal.doubts.created(part, {line: word.ids[pending.file, line] for line in lines}, inquiry)
