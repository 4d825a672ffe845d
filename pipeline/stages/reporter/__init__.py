"""Reporter: the reports of a run, made from its journal alone, streamed, the same bytes every time.

summary.json            totals, calls, digests: for programs
results.csv             one line for every row that was read, in the order of the files
rejected.csv / .jsonl   only if there are any: the source's own columns, then the errors; to be corrected and fed back
rejected-Contact.jsonl  only if there are any: records of an object that were refused after the one above them was created
rejected-contacts.csv   the same of rows that hang under those of other files
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pipeline.journal.reading import Record
from pipeline.model.summary import Totals
from pipeline.stages.reporter.files import link_latest, whole_file
from pipeline.stages.reporter.parts import write_rejected_parts
from pipeline.stages.reporter.rejected import write_rejected
from pipeline.stages.reporter.results import results
from pipeline.stages.reporter.summary import summarize

__all__ = ["report", "summarize"]


def report(record: Record, totals: Mapping[int, Totals] | None = None) -> tuple[Path, dict[str, Any]]:
    """Write all reports of a run into its own folder; return the folder and the summary.

    `totals`, by file, needn't be counted again if they are given.

    :raises JournalError: if the folder can't be written; a file there is either whole or not there.
    """
    run = record.run()
    folder = Path(run.reports) / run.id
    summary = summarize(record, totals)
    with whole_file(folder / "results.csv") as out:
        out.writelines(results(record, folder))
    write_rejected(record, folder)
    write_rejected_parts(record, folder)
    with whole_file(folder / "summary.json") as out:
        out.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2) + b"\n")
    link_latest(folder)
    return folder, summary
