"""What earlier runs of a job have to do with what is to be loaded now: the same content is the same run."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.assembly.work import Import
from pipeline.errors import ExitCode, InputError, UsageError
from pipeline.journal.place import journals, remove
from pipeline.journal.reading import OlderJournal, Record, reading
from pipeline.journal.scribe import bring_up_to_date
from pipeline.model.run import Run
from pipeline.salesforce.ids import count_distinct

_OVER = frozenset({ExitCode.DONE, ExitCode.REJECTS, ExitCode.IN_DOUBT})
"""Exit codes of runs that have sent all that they had to send."""


def earlier_run(folder: Path, work: Import) -> Path | None:
    """Find the newest run that loads the same content into the same org. Journals of runs that never began are cleared away.

    :raises InputError: if the newest run on one of these files was stopped half way, and the file has changed since.
    :raises UsageError: if rows are in doubt, and the settings that say how to find them have changed since.
    """
    unseen = {file.path for file in work.files}
    for path in journals(folder):
        with _current(path) as record:
            begun = record.begun()
            if begun and record.run().key == work.key:
                _refuse_other_settings(record, work)
                return path
            if begun and _same_target(record.run(), work):
                _refuse_changed_input(record, work, unseen)
                unseen -= {file.path for file in record.files()}
        if not begun:
            remove(path)
    return None


def _same_target(run: Run, work: Import) -> bool:
    return (run.object.lower(), run.org) == (work.object_of(work.files[0]).lower(), work.settings.org.url)


@contextmanager
def _current(path: Path) -> Iterator[Record]:
    """Open a journal to read it; one of an older version is brought up to date before."""
    try:
        with reading(path):
            pass
    except OlderJournal:
        bring_up_to_date(path)
    with reading(path) as record:
        yield record


def _refuse_changed_input(record: Record, work: Import, unseen: Collection[str]) -> None:
    """Look at the files that no newer run has loaded."""
    run = record.run()
    before = {file.path: file for file in record.files() if file.path in unseen}
    changed = [file for file in work.files if file.path in before and file.sha256 != before[file.path].sha256]
    if run.exit_code in _OVER or not changed:
        return
    totals = record.totals(count_distinct).values()
    sent = sum(each.created + each.in_doubt for each in totals)
    if sent:
        what = ", ".join(
            f"{file.path} ({before[file.path].size:,} bytes then, {file.size:,} now, other content)" for file in changed
        )
        raise InputError(
            f"{what}: changed since run {run.id}, which was stopped half way: {sent:,} of its rows are loaded or in doubt, and "
            "would be loaded once more with the changed file. Put the old file back to finish that run, or load the changed "
            "file whole with --fresh"
        )


def _refuse_other_settings(record: Record, work: Import) -> None:
    sessions = record.sessions()
    if sessions and sessions[-1].settings != work.settings.digest() and record.doubts():
        raise UsageError(
            f"{work.settings.path}: was changed since run {record.run().id} left rows in doubt, and what was sent can't be found "
            "with other settings (job, org, read, mapping, duplicates): undo the change to finish that run, or say what you know "
            f"with `treeload resolve {record.run().id}`"
        )
