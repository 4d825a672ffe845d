"""The one way from a block of rows to the fields of records, whichever format they came in."""

from collections.abc import Callable

from pipeline.mapping.cells import CellMapper, Faults
from pipeline.mapping.columns import NOT_CORRECTED, SOURCE, Columns
from pipeline.mapping.objects import ObjectMapper
from pipeline.model.row import AnyBlock, CellBlock, InputFile

Map = Callable[[AnyBlock], tuple[list[bytes], Faults]]
"""Encodes the fields of each row of a block as a JSON object, and says which rows can't be, by position."""


def mapper(file: InputFile, columns: Columns, *, keep_empty: bool) -> Map:
    """Settle how the rows of a file become records.

    :raises UsageError: with a line for every fault of the mapping, before anything is sent.
    """
    cells = CellMapper(columns.resolve(file.columns), keep_empty=keep_empty)
    objects = ObjectMapper(columns)
    source = file.columns.index(SOURCE) if SOURCE in file.columns else None

    def map_block(block: AnyBlock) -> tuple[list[bytes], Faults]:
        if not isinstance(block, CellBlock):
            return objects.map(block.rows, block.raw)
        encoded, faults = cells.map(block.rows)
        if source is not None:
            faults |= {place: (NOT_CORRECTED,) for place, row in enumerate(block.rows) if row[source]}
        return encoded, faults

    return map_block
