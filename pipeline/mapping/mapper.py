"""The one way from a block of rows to the fields of records, whichever format they came in."""

from collections.abc import Callable

import orjson

from pipeline.mapping.cells import CellMapper
from pipeline.mapping.columns import NOT_CORRECTED, SOURCE, Columns
from pipeline.mapping.making import Making, together
from pipeline.mapping.objects import ObjectMapper
from pipeline.mapping.target import Faults
from pipeline.model.record import FieldError
from pipeline.model.row import AnyBlock, CellBlock, InputFile

Map = Callable[[AnyBlock], tuple[list[bytes], Faults]]
"""Encodes the fields of each row of a block as a JSON object, and says which rows can't be, by position."""


def mapper(file: InputFile, columns: Columns, *, keep_empty: bool) -> Map:
    """Settle how the rows of a file become records.

    :raises UsageError: with a line for every fault of the mapping, before anything is sent.
    """
    cells = CellMapper(columns.resolve([*file.columns, *columns.made]), keep_empty=keep_empty)
    objects = ObjectMapper(columns, keep_empty=keep_empty)
    source = file.columns.index(SOURCE) if SOURCE in file.columns else None

    def map_block(block: AnyBlock) -> tuple[list[bytes], Faults]:
        if not isinstance(block, CellBlock):
            return objects.map(block.rows, block.raw)
        encoded, faults = cells.map(block.rows)
        if source is not None:
            faults |= {place: (NOT_CORRECTED,) for place, row in enumerate(block.rows) if row[source]}
        return encoded, faults

    whole = _with_made(map_block, Making([*columns.made.values()], file.columns)) if columns.made else map_block
    return _with_key(whole, columns.key) if columns.key else whole


def _with_made(map_block: Map, making: Making) -> Map:
    """Make the fields that are more than a column, before rows are mapped."""

    def map_with_made(block: AnyBlock) -> tuple[list[bytes], Faults]:
        whole, unmade = making.make(block)
        encoded, faults = map_block(whole)
        return encoded, together(unmade, faults, outranks=NOT_CORRECTED)

    return map_with_made


def _with_key(map_block: Map, key: str) -> Map:
    """Reject rows that have no business key: what became of them could not be told."""
    missing = FieldError("KEY_MISSING", f"{key} is empty: mapping.key names it as the business key", (key,))

    def map_with_key(block: AnyBlock) -> tuple[list[bytes], Faults]:
        encoded, faults = map_block(block)
        for place, record in enumerate(encoded):
            if place not in faults and not str(orjson.loads(record).get(key) or "").strip():
                faults[place] = (missing,)
        return encoded, faults

    return map_with_key
