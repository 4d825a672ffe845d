"""Which of the records that a row makes takes which of its columns."""

from collections.abc import Iterable

from pipeline.mapping.columns import Columns
from pipeline.mapping.rules import MappingRules, RecordRules
from pipeline.model.describe import Describe


def taken_by(records: Iterable[RecordRules]) -> set[str]:
    """Name the columns, in lower case, that something beside the row's own record is made of."""
    taken: set[str] = set()
    for each in records:
        if each.inputs:
            continue
        taken |= {column.lower() for column in each.columns}
        taken |= {column.lower() for made in each.fields.values() for column in made.columns}
        taken |= {each.when.column.lower()} if each.when else set()
        taken |= taken_by(each.children.values())
    return taken


def any_has(column: str, cases: Iterable[tuple[RecordRules, Describe]]) -> bool:
    """Tell whether a column is called like a field of what some rows become."""
    return any((field := described.field(column)) and field.createable for _, described in cases)


def names(rules: MappingRules, described: Describe, column: str) -> bool:
    """Tell whether a kind takes a column for itself."""
    lower = column.lower()
    named = {each.lower() for each in rules.columns} | {each.lower() for made in rules.fields.values() for each in made.columns}
    field = described.field(column)
    return lower in named or (field is not None and field.createable)


def takes(columns: Columns, column: str) -> bool:
    """Tell whether a column goes to a field of what is settled already."""
    try:
        return columns.target(column) is not None
    except KeyError:
        return False
