"""rejected.csv and rejected.jsonl: rows that were not loaded, as they were read, with their errors; to be corrected and fed back.

Columns that begin with `treeload_` are ours: they are ignored when the corrected file is read. Cells that a spreadsheet would
take for a formula get an apostrophe, which is taken off again when the file is read.
"""

import codecs
import csv
from pathlib import Path

import orjson

from pipeline.formats.spreadsheet import escape
from pipeline.journal.reading import Record, RowStory
from pipeline.model.lifecycle import RowState
from pipeline.model.row import InputFile
from pipeline.stages.reporter.files import whole_file
from pipeline.stages.reporter.results import error_columns, shown_names

OURS = (
    "treeload_file",
    "treeload_line",
    "treeload_state",
    "treeload_error_code",
    "treeload_error_message",
    "treeload_error_fields",
    "treeload_source",
)
BYTE_ORDER_MARK = "\ufeff"  # so that Excel takes the file for UTF-8


def write_rejected(record: Record, folder: Path) -> None:
    """Write the rejected rows of each format into one file; where there are none, no file."""
    names = shown_names(record.files())
    tables = [file for file in record.files() if file.format == "csv"]
    others = [file for file in record.files() if file.format != "csv"]
    for path, files, write in (
        (folder / "rejected.csv", tables, _write_cells),
        (folder / "rejected.jsonl", others, _write_objects),
    ):
        if any(next(record.rows(file.number), None) for file in files):
            with whole_file(path) as out:
                write(record, files, names, codecs.getwriter("utf-8")(out))
        else:
            path.unlink(missing_ok=True)


def _write_cells(record: Record, files: list[InputFile], names: dict[int, str], out: codecs.StreamWriter) -> None:
    columns = list(dict.fromkeys(column for file in files for column in file.columns if column not in OURS))
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, delimiter=files[0].delimiter, quotechar=files[0].quote, lineterminator="\n")
    writer.writerow([escape(column) for column in (*columns, *OURS)])
    for file in files:
        for story in record.sources(file.number):
            cells, text = _cells(story)
            row = dict(zip(file.columns, cells, strict=False))
            ours = (names[file.number], str(story.line), story.state.value, *error_columns(story.errors), text)
            writer.writerow([escape(cell) for cell in (*(row.get(column, "") for column in columns), *ours)])


def _cells(story: RowStory) -> tuple[list[str], str]:
    """Return a row's cells, and of an unreadable line its text too."""
    source = orjson.loads(story.source)
    return (source[1:], source[0]) if story.state is RowState.UNREADABLE else (source, "")


def _write_objects(record: Record, files: list[InputFile], names: dict[int, str], out: codecs.StreamWriter) -> None:
    for file in files:
        out.writelines(_object(story, names[file.number]) + "\n" for story in record.sources(file.number))


def _object(story: RowStory, name: str) -> str:
    """Put our keys behind the row's own, which stay as they were read."""
    values = (name, story.line, story.state.value, *error_columns(story.errors))
    ours = dict(zip(OURS, values, strict=False))
    if story.state is RowState.UNREADABLE:
        return orjson.dumps(ours | {"treeload_source": orjson.loads(story.source)[0]}).decode()
    own = story.source.decode()[:-1].rstrip()
    return own + ("" if own.endswith("{") else ",") + orjson.dumps(ours).decode()[1:]
