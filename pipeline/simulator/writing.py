"""Records that are written with a result each: what collections, bulk jobs and single records have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.simulator import effects
from pipeline.simulator.errors import ApiError, RecordError
from pipeline.simulator.insert import Draft, alteration, cast_all, conflicts, draft, entry, errors_of
from pipeline.simulator.objects import SObject
from pipeline.simulator.org import Org
from pipeline.simulator.parents import look_up
from pipeline.simulator.places import Path
from pipeline.simulator.store import Record

ROLLED_BACK = RecordError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


@dataclass(slots=True)
class Attempt:
    """A record on its way in, and all that is wrong with it so far. Without a draft it is wrong for sure."""

    draft: Draft | None = None
    errors: list[RecordError] = field(default_factory=list)
    sent: Mapping[str, Any] = field(default_factory=dict)

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
    return Attempt(record, look_up(record, members, org) if record.foreign else [], members)


def write(org: Org, path: str, attempts: Sequence[Attempt], headers: Mapping[str, str], *, all_or_none: bool = False) -> None:
    """Write what is right, or with `all_or_none` nothing unless all is; each attempt learns what became of it.

    `headers` steer what new records set off. Raises ApiError for one of them that can't be.
    """
    owners = effects.owners(headers)
    good = []
    for one in attempts:
        if one.draft is not None and not one.errors:
            one.errors = errors_of(one.draft, org)
            if not one.errors and org.refusal is not None and (error := org.refusal.of(one.sent)) is not None:
                one.errors.append(error)
            if not one.errors:
                good.append(one.draft)
    if len(good) == len(attempts) or not all_or_none:
        for record in good:
            record.seal(record.target.id if record.target is not None else org.mint(record.sobject))
        new = [record for record in good if record.target is None]
        effects.assign(new, owners)
        good = _without(attempts, good, effects.duplicates(new, org, headers))
        good = _without(attempts, good, conflicts(good, org))
    if len(good) < len(attempts) and all_or_none:
        for one in attempts:
            one.errors = one.errors or [ROLLED_BACK]
    elif good:
        created = [entry(record) for record in good if record.target is None]
        org.commit(path, created, [alteration(record) for record in good if record.target is not None])


def _without(attempts: Iterable[Attempt], records: list[Draft], named: Iterable[tuple[Draft, list[RecordError]]]) -> list[Draft]:
    """Leave out the records that are named, and say in their attempts what is wrong with them."""
    wrong = {id(record): errors for record, errors in named}
    if not wrong:
        return records
    for one in attempts:
        if one.draft is not None and id(one.draft) in wrong:
            one.errors = wrong[id(one.draft)]
    return [record for record in records if id(record) not in wrong]
