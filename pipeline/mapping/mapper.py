"""The one way from a block of rows to the fields of records, whichever format they came in."""

from collections.abc import Callable

from pipeline.mapping.cells import CellMapper, Faults
from pipeline.mapping.columns import Columns
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

    def map_block(block: AnyBlock) -> tuple[list[bytes], Faults]:
        if isinstance(block, CellBlock):
            return cells.map(block.rows)
        return objects.map(block.rows, block.raw)

    return map_block
