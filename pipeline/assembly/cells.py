"""Records that go as cells: what such cells can't say is told of its row before anything is sent."""

from dataclasses import replace

from pipeline.model.made import Made, Make
from pipeline.model.record import FieldError
from pipeline.model.row import AnyBlock, CellBlock
from pipeline.salesforce.bulk_csv import compact, means_nothing

MEANS_NOTHING = FieldError(
    "INVALID_VALUE",
    'a value is "#N/A", and in a bulk job that would leave its field empty: write it otherwise, or by another route',
)

NO_VALUES = FieldError("NO_VALUES", "has no value at all, and bulk jobs pass over such rows")
NESTED = FieldError("INVALID_VALUE", "a value is an object or a list, and a cell of a bulk job takes none: go by another route")
NO_FIELDS = b"{}"
NESTED_RECORD = b""
"""Stands for one that can't be written as cells."""


def as_cells(make: Make) -> Make:
    """Reject rows with a text that would be taken for an empty field, and those with nothing in them.

    The others fill their jobs also where rows between them are done: what is left of a job isn't a job a row.
    """

    def made_as_cells(block: AnyBlock) -> Made:
        made = make(block)
        records, faults = made.records, {**made.faults}
        if not isinstance(block, CellBlock):  # its lines may go as they were read
            records = [record if at in faults else compact(record) or NESTED_RECORD for at, record in enumerate(records)]
        for at, record in enumerate(records):
            if at not in faults and (fault := _fault(record)):
                faults[at] = (fault,)
        return replace(made, records=records, faults=faults, scattered=True)

    return made_as_cells


def _fault(record: bytes) -> FieldError | None:
    if record == NESTED_RECORD:
        return NESTED
    if record == NO_FIELDS:
        return NO_VALUES
    return MEANS_NOTHING if means_nothing(record) else None
