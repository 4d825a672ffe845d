"""Records that go as cells: what such cells can't say is told of its row before anything is sent."""

from dataclasses import replace

from pipeline.model.made import Made, Make
from pipeline.model.record import FieldError
from pipeline.model.row import AnyBlock
from pipeline.salesforce.bulk_csv import means_nothing

MEANS_NOTHING = FieldError(
    "INVALID_VALUE",
    'a value is "#N/A", and in a bulk job that would leave its field empty: write it otherwise, or by another route',
)

NO_VALUES = FieldError("NO_VALUES", "has no value at all, and bulk jobs pass over such rows")
NO_FIELDS = b"{}"


def as_cells(make: Make) -> Make:
    """Reject rows with a text that would be taken for an empty field, and those with nothing in them.

    The others fill their jobs also where rows between them are done: what is left of a job isn't a job a row.
    """

    def made_as_cells(block: AnyBlock) -> Made:
        made = make(block)
        lost = {
            at: (NO_VALUES if record == NO_FIELDS else MEANS_NOTHING,)
            for at, record in enumerate(made.records)
            if (means_nothing(record) or record == NO_FIELDS) and at not in made.faults
        }
        return replace(made, faults={**made.faults, **lost} if lost else made.faults, scattered=True)

    return made_as_cells
