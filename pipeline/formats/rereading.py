"""Rows read again from the bytes that a reading has put into their blocks."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from pipeline.formats.csv_rows import CsvReading
from pipeline.formats.rules import ReadRules
from pipeline.model.row import AnyBlock, CellBlock, InputFile, ObjectBlock

_HEADER = b"-\n"
"""Stands for the header, which is passed over."""


def reread(file: InputFile, rules: ReadRules, lines: Sequence[int], offsets: Sequence[int], raw: Sequence[bytes]) -> AnyBlock:
    """Make a block of rows of one file, from their places and bytes: with what they said when they were read first."""
    if file.format != "csv":
        return ObjectBlock(lines, offsets, raw, rows=list(map(orjson.loads, raw)))
    reading = CsvReading(file.columns, replace(rules, delimiter=file.delimiter, encoding="utf-8"), corrected=file.corrected)
    ended = [row if row.endswith((b"\n", b"\r")) else row + b"\n" for row in raw]
    cells = [cells for block in (*reading.feed(_HEADER + b"".join(ended)), *reading.end()) for cells in block.rows]
    if len(cells) != len(raw):
        raise ValueError(f"{file.path}: {len(raw):,} rows were put aside, and {len(cells):,} come back")
    return CellBlock(lines, offsets, raw, rows=cells)
