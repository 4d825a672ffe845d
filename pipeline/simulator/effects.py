"""What creating records sets off, as the request's headers allow: assignment rules and duplicate rules. Both are invented.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm
https://help.salesforce.com/s/articleView?id=sf.duplicate_rules_map_of_reference.htm
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.simulator import ids
from pipeline.simulator.errors import ApiError, RecordError
from pipeline.simulator.insert import Draft
from pipeline.simulator.org import Org

DUPLICATE = RecordError("DUPLICATES_DETECTED", "Use one of these records?")
"""What a tree says of a record that a duplicate rule has found; the records that it may be aren't named there."""
COMPARED = frozenset({"Contact", "Lead"})
"""Objects that have a duplicate rule, where the org has such rules: the same last name and email, whatever their case."""


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Gives every record of an object to one owner."""

    id: str
    object: str
    owner: str
    active: bool


QUEUE, OTHER_QUEUE = ids.mint("00G", 1), ids.mint("00G", 2)
RULES = (
    AssignmentRule(ids.mint("01Q", 1), "Lead", QUEUE, active=True),
    AssignmentRule(ids.mint("01Q", 2), "Lead", OTHER_QUEUE, active=False),
    AssignmentRule(ids.mint("01Q", 3), "Case", QUEUE, active=True),
)
"""What every embedded org has. Accounts are assigned by territories, which it hasn't."""


def owners(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Say who owns new records, by object, as Sforce-Auto-Assign has it. Raises ApiError if that names no rule.

    Without the header active rules are used.
    """
    asked = headers.get("Sforce-Auto-Assign", "TRUE").strip()
    if asked.upper() == "FALSE":
        return {}
    if asked.upper() == "TRUE":
        return {rule.object: rule.owner for rule in RULES if rule.active}
    chosen = {rule.object: rule.owner for rule in RULES if rule.id == (ids.whole(asked) or "")}
    if not chosen:
        raise ApiError(400, "INVALID_INPUT", f"Sforce-Auto-Assign: {asked} is no assignment rule")
    return chosen


def assign(records: Sequence[Draft], owners: Mapping[str, str]) -> None:
    """Give records to their owners, also those that were sent with another one."""
    for record in records:
        if owner := owners.get(record.sobject.name):
            record.kept["OwnerId"] = owner


def duplicates(records: Sequence[Draft], org: Org, headers: Mapping[str, str]) -> Iterator[tuple[Draft, list[RecordError]]]:
    """Name the records that a duplicate rule finds and doesn't let in: allowSave helps where it only alerts."""
    if not org.duplicate_rule or (org.duplicate_rule == "alert" and _allows_save(headers)):
        return
    for name in COMPARED & {record.sobject.name for record in records}:
        known = {_alike(record.values) for record in org.table(name).rows.values()} - {None}
        for record in records:
            if record.sobject.name == name and _alike(record.kept) in known:
                yield record, [DUPLICATE]


def _allows_save(headers: Mapping[str, str]) -> bool:
    parts = [part.partition("=") for part in headers.get("Sforce-Duplicate-Rule-Header", "").split(";")]
    return any(name.strip() == "allowSave" and value.strip().lower() == "true" for name, _, value in parts)


def _alike(values: Mapping[str, Any]) -> tuple[str, str] | None:
    name, email = values.get("LastName"), values.get("Email")
    return (name.lower(), email.lower()) if name and email else None
