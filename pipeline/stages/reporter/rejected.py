"""rejected.csv and rejected.jsonl: rows that were not loaded, as they were read, with their errors; to be corrected and fed back.

Rows that hang under those of other files have files of their own: rejected-contacts.csv.

Columns that begin with `treeload_` are ours: they are ignored when the corrected file is read. Cells that a spreadsheet would
take for a formula get an apostrophe, which is taken off again when the file is read.
"""

import codecs
import csv
import io
from pathlib import Path

import orjson

from pipeline.formats.spreadsheet import escape_row, unescape
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
    """Write the rejected rows of each format into one file, of joined files into others; where there are none, no file.

    Files that are joined are fed back together, so that of these all are written if there is anything in one of them.
    """
    names = shown_names(record.files())
    groups: dict[str, list[InputFile]] = {}
    for file in record.files():
        groups.setdefault(rejected_name(file.format, file.joined), []).append(file)
    some = {name: any(next(record.sources(file.number), None) for file in files) for name, files in groups.items()}
    together = any(file.joined for file in record.files())
    for name in ("rejected.csv", "rejected.jsonl", *groups):
        if some.get(name) or (name in groups and together and any(some.values())):
            write = _write_cells if name.endswith(".csv") else _write_objects
            with whole_file(folder / name) as out:
                write(record, groups[name], names, codecs.getwriter("utf-8")(out))
        else:
            (folder / name).unlink(missing_ok=True)


def rejected_name(form: str, joined: str) -> str:
    """Name the file of rejected rows of files of a format, that hang under others as a child relationship if one is named."""
    return f"rejected{'-' if joined else ''}{joined.lower()}.{'csv' if form == 'csv' else 'jsonl'}"


def _write_cells(record: Record, files: list[InputFile], names: dict[int, str], out: codecs.StreamWriter) -> None:
    columns = list(dict.fromkeys(column for file in files for column in file.columns if column not in OURS))
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, delimiter=files[0].delimiter, quotechar=files[0].quote, lineterminator="\n")
    writer.writerow(escape_row([*columns, *OURS]))
    for file in files:
        for story in record.sources(file.number):
            text = story.source.decode("utf-8", "replace")
            row = dict(zip(file.columns, _cells(text, file), strict=False))
            shown = text if story.state is RowState.UNREADABLE else ""
            ours = (names[file.number], str(story.line), story.state.value, *error_columns(story.errors), shown)
            writer.writerow(escape_row([*(row.get(column, "") for column in columns), *ours]))


def _cells(text: str, file: InputFile) -> list[str]:
    """Tell a row's cells apart again; of an unreadable line as far as that goes."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=file.delimiter, quotechar=file.quote)
    try:
        cells = next(rows, [])
    except csv.Error:
        return []
    return [unescape(cell) for cell in cells] if set(OURS) & set(file.columns) else cells


def _write_objects(record: Record, files: list[InputFile], names: dict[int, str], out: codecs.StreamWriter) -> None:
    for file in files:
        out.writelines(_object(story, names[file.number]) + "\n" for story in record.sources(file.number))


def _object(story: RowStory, name: str) -> str:
    """Put our keys behind the row's own, which stay as they were read."""
    values = (name, story.line, story.state.value, *error_columns(story.errors))
    ours = dict(zip(OURS, values, strict=False))
    if story.state is RowState.UNREADABLE:
        return orjson.dumps(ours | {"treeload_source": story.source.decode("utf-8", "replace")}).decode()
    own = story.source.decode()[:-1].rstrip()
    return own + ("" if own.endswith("{") else ",") + orjson.dumps(ours).decode()[1:]
