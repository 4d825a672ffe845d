"""Runs, files and records with a story of their own, as the statements of the journal take them."""

import orjson

from pipeline.model.record import Chunk, RowEnd
from pipeline.model.row import InputFile
from pipeline.model.run import Run

_RUN_COLUMNS = ("id", "key", "job", "object", "org", "api_version", "reports", "started_at")


def run_row(run: Run) -> dict[str, object]:
    """Write a run."""
    return {name: getattr(run, name) for name in _RUN_COLUMNS}


def file_row(file: InputFile) -> dict[str, object]:
    """Write an input file, as it was found."""
    return {
        "number": file.number,
        "path": file.path,
        "format": file.format,
        "size": file.size,
        "sha256": file.sha256,
        "delimiter": file.delimiter,
        "quote": file.quote,
        "columns": orjson.dumps(file.columns).decode(),
        "object": file.object,
        "joined": file.joined,
    }


def end_row(file: int, end: RowEnd, chunk: Chunk | None, now: str) -> dict[str, object]:
    """Write a record with a story of its own; without a chunk it was never sent."""
    return {
        "file": end.file or file,
        "line": end.line,
        "offset": end.offset,
        "state": end.ending.state,
        "errors": orjson.dumps([[error.code, error.message, error.fields] for error in end.ending.errors]).decode(),
        "source": end.source,
        "chunk": None if chunk is None else chunk.number,
        "attempts": 0 if chunk is None else chunk.attempts,
        "settled_at": now,
        "id": end.ending.id,
        "family_file": end.family[0],
        "family_line": end.family[1],
    }
