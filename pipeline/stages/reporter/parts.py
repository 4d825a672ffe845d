"""rejected-<Object>.jsonl: records that the org refused after the one that they hang under had been created.

Their row must not be loaded again: its own record exists. So they are written as they were sent, by the names of their fields and
with the id of the record above, fit to be corrected and loaded by a job of their own object, which needs no mapping.
"""

import codecs
from pathlib import Path
from typing import Any

import orjson

from pipeline.formats.nesting import ATTRIBUTES
from pipeline.journal.reading import Record, RowStory
from pipeline.model.record import MEMBER
from pipeline.salesforce.encoding import mark
from pipeline.stages.reporter.files import whole_file
from pipeline.stages.reporter.rejected import OURS
from pipeline.stages.reporter.results import error_columns, shown_names


def write_rejected_parts(record: Record, folder: Path) -> None:
    """Write them, a file an object; where there are none, no file."""
    names, run = shown_names(record.files()), record.run().id
    for number, object_name in record.objects().items():
        path = folder / f"rejected-{object_name}.jsonl"
        if any(next(record.part_sources(file, number), None) for file in names):
            with whole_file(path) as out:
                text = codecs.getwriter("utf-8")(out)
                for file, name in names.items():
                    text.writelines(_object(story, name, run) + "\n" for story in record.part_sources(file, number))
        else:
            path.unlink(missing_ok=True)


def _object(story: RowStory, name: str, run: str) -> str:
    values = (name, story.line % MEMBER, story.state.value, *error_columns(story.errors))
    return orjson.dumps(_plain(orjson.loads(story.source), run) | dict(zip(OURS, values, strict=False))).decode()


def _plain(value: Any, run: str) -> Any:
    """Leave out what only this run gives its records: their names and marks."""
    if isinstance(value, list):
        return [_plain(one, run) for one in value]
    if not isinstance(value, dict):
        return value
    marked = mark(run, value.get(ATTRIBUTES, {}).get("referenceId", ""))
    return {key: _plain(one, run) for key, one in value.items() if key != ATTRIBUTES and one != marked}
