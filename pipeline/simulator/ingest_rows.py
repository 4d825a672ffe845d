"""From the rows of a bulk job to records: what each column holds, which record each row means.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.simulator.bulk_csv import NULL, Unreadable, undeserialized, value_of
from pipeline.simulator.errors import RecordError
from pipeline.simulator.insert import Draft
from pipeline.simulator.jobs import Job
from pipeline.simulator.keys import find_all
from pipeline.simulator.objects import Field
from pipeline.simulator.org import Org
from pipeline.simulator.parents import look_up
from pipeline.simulator.store import Record
from pipeline.simulator.values import WrongType
from pipeline.simulator.writing import Attempt


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: a field or, by `parent_key`, the record that a lookup leads to."""

    name: str
    field: Field
    parent_key: str = ""
    attributes: Mapping[str, str] | None = None


def columns_of(job: Job, header: Sequence[str] | None) -> list[Column]:
    """Read the header. Raises Unreadable for a column that can't be, or for one that is missing."""
    if not header:
        raise Unreadable("InvalidBatch : The file has no header")
    columns = [_column(job, name) for name in header]
    fields = [column.field for column in columns]
    for number, field in enumerate(fields):
        if field in fields[:number]:
            raise Unreadable(f"InvalidBatch : Field name duplicated : {field.name}")
    needed = _finds_by(job)
    if needed is not None and needed not in fields:
        raise Unreadable(f"InvalidBatch : Field name not found : {needed.name}")
    return columns


def _column(job: Job, name: str) -> Column:
    sobject = job.table.sobject
    field = sobject.field(name)
    if field is not None:
        return Column(name, field)
    relation, dot, key = name.partition(".")
    kind, colon, plain = relation.partition(":")
    relation = plain if colon else relation
    lookup = next((f for f in sobject.fields.values() if f.relationship and f.relationship.lower() == relation.lower()), None)
    if not dot or lookup is None:
        raise Unreadable(f"InvalidBatch : Field name not found : {name}")
    return Column(name, lookup, key, {"type": kind} if colon else None)


def _finds_by(job: Job) -> Field | None:
    """Say by which field rows mean records that exist."""
    return job.key if job.operation == "upsert" else None if job.operation == "insert" else job.table.sobject.id_field


def targets(job: Job, columns: Sequence[Column], chunk: Sequence[list[str]]) -> list[Record | RecordError | None]:
    """Find the record that each row means; None where it means a new one."""
    key = _finds_by(job)
    if key is None:
        return [None] * len(chunk)
    at = next(number for number, column in enumerate(columns) if column.field is key)
    found = find_all(job.table, key, [None if row[at] == NULL else row[at] for row in chunk])
    if job.operation == "upsert":
        return found
    missing = RecordError(
        "MISSING_ARGUMENT", f"Id not specified in an {'update' if job.operation == 'update' else 'delete'} call"
    )
    return [missing if one is None else one for one in found]


def attempts(org: Org, job: Job, columns: Sequence[Column], chunk: Sequence[list[str]]) -> list[Attempt]:
    """Make of each row a record on its way in. Empty cells say nothing; a cell of the wrong type is wrong with its row only."""
    made = []
    for row, target in zip(chunk, targets(job, columns, chunk), strict=True):
        sent = dict(zip((column.name for column in columns), row, strict=True)) if org.faults is not None else {}
        if isinstance(target, RecordError):
            made.append(Attempt(errors=[target], sent=sent))
            continue
        attempt = _attempt(org, job, columns, row, target)
        attempt.sent = sent
        made.append(attempt)
    return made


def _attempt(org: Org, job: Job, columns: Sequence[Column], row: list[str], target: Record | None) -> Attempt:
    given: dict[Field, Any] = {}
    parents: dict[str, Any] = {}
    errors: list[RecordError] = []
    for number, (column, cell) in enumerate(zip(columns, row, strict=True)):
        field = column.field
        if not cell:
            continue
        if field.type == "id":
            if _finds_by(job) is not field:
                said = f"cannot specify Id in an {job.operation} call"
                errors.append(RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", said, ("Id",)))
        elif column.parent_key and cell != NULL:
            parents[field.relationship or ""] = {"attributes": column.attributes, column.parent_key: cell}
        elif field.plain and cell != NULL:
            given[field] = cell
        else:
            try:
                given[field] = value_of(field, cell)
            except WrongType:
                errors.append(undeserialized(field, cell, number))
    record = Draft(job.table.sobject, None, given, tuple(parents), target=target)
    if parents:
        errors += look_up(record, parents, org)
    return Attempt(record, errors)
