"""Records that are written with a result each: what collections, bulk jobs and single records have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.simulator.errors import ApiError, RecordError
from pipeline.simulator.insert import Draft, alteration, cast_all, conflicts, draft, entry, errors_of
from pipeline.simulator.objects import Field, SObject
from pipeline.simulator.org import Org
from pipeline.simulator.parents import look_up
from pipeline.simulator.places import Path
from pipeline.simulator.store import Record, Table

ROLLED_BACK = RecordError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


@dataclass(slots=True)
class Attempt:
    """A record on its way in, and all that is wrong with it so far. Without a draft it is wrong for sure."""

    draft: Draft | None = None
    errors: list[RecordError] = field(default_factory=list)

    @property
    def created(self) -> bool:
        """Say whether it is, or would be, a new record."""
        return self.draft is not None and self.draft.target is None

    def result(self) -> dict[str, Any]:
        """Write what became of it, as a SaveResult."""
        if self.errors or self.draft is None:
            return {"success": False, "errors": [error.in_tree() for error in self.errors]}
        return {"id": self.draft.id, "success": True, "errors": []}


def refused(error: ApiError) -> Attempt:
    """Make an attempt of what would refuse the whole request, were the record alone in it."""
    (said,) = error.body
    return Attempt(errors=[RecordError(said["errorCode"], said["message"], tuple(said.get("fields", ())))])


def attempt(
    org: Org, sobject: SObject, members: dict[str, Any], body: bytes, path: Callable[[], Path], target: Record | None = None
) -> Attempt:
    """Read a record as JSON has it; parents may be named by their external ids. Raises ApiError for a value of the wrong type."""
    try:
        record = draft(sobject, members, target=target)
    except ApiError as error:
        return refused(error)
    cast_all(record, members, body, path)
    return Attempt(record, look_up(record, members, org) if record.foreign else [])


def write(org: Org, path: str, attempts: Sequence[Attempt], *, all_or_none: bool) -> None:
    """Write what is right, or with `all_or_none` nothing unless all is; each attempt learns what became of it."""
    good = []
    for one in attempts:
        if one.draft is not None and not one.errors:
            one.errors = errors_of(one.draft, org)
            if not one.errors:
                good.append(one.draft)
    if len(good) == len(attempts) or not all_or_none:
        good = _without_conflicts(org, attempts, good)
    if len(good) < len(attempts) and all_or_none:
        for one in attempts:
            one.errors = one.errors or [ROLLED_BACK]
    elif good:
        new = [entry(record) for record in good if record.target is None]
        org.commit(path, new, [alteration(record) for record in good if record.target is not None])


def _without_conflicts(org: Org, attempts: Iterable[Attempt], good: Iterable[Draft]) -> list[Draft]:
    """Give the records their ids, and leave those out whose unique values others have."""
    records = list(good)
    for record in records:
        record.seal(record.target.id if record.target is not None else org.mint(record.sobject))
    wrong = {id(record): errors for record, errors in conflicts(records, org)}
    if not wrong:
        return records
    for one in attempts:
        if one.draft is not None and id(one.draft) in wrong:
            one.errors = wrong[id(one.draft)]
    return [record for record in records if id(record) not in wrong]


def key_of(sobject: SObject, name: str) -> Field:
    """Find the field that records are to be found by. Raises ApiError (404) if it is no key."""
    key = sobject.field(name)
    if key is None or not (key.is_key or key is sobject.id_field):
        raise ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")
    return key


def holders(table: Table, key: Field, value: Any) -> list[Record]:
    """List the records with this value in a key field or, if it is the record id, the record."""
    if value is None or value == "":
        return []
    if key is table.sobject.id_field:
        record = table.rows.get(value)
        return [record] if record else []
    return [table.rows[record_id] for record_id in table.find(key, value)]


def members_of(given: Any) -> Mapping[str, Any]:
    """Give a record's attributes; an empty mapping if it has none that can be read."""
    attributes = given.get("attributes") if isinstance(given, dict) else None
    return attributes if isinstance(attributes, dict) else {}
