"""Record types by name, as the Salesforce CLI writes them: `"RecordType": {"Name": "Household"}`.

An org takes no name for a record type, only its id; the CLI asks for that before it imports a file. Here the describe knows it.
https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_test_data_example.htm
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.mapping.checks import Refused
from pipeline.mapping.target import Target
from pipeline.model.describe import Describe, RecordType

KEY = "recordtype"
"""The relationship behind the field, in lower case."""
FIELD = "RecordTypeId"
MOST_NAMED = 8
"""Record types that a message names."""
_FORM = 'must be {"Name": ...} or {"DeveloperName": ...}; an id goes to RecordTypeId'


def record_type_target(describe: Describe) -> Target | None:
    """Send record types that are named to the field for their ids; None if the object has no such field."""
    field = describe.field(FIELD)
    if field is None or not field.createable:
        return None
    return Target("RecordType", field.name, _no_text, values=_only_objects, nested=_by_name(describe))


def _no_text(_: str) -> object:
    raise Refused("INVALID_VALUE", _FORM)


def _only_objects(values: Sequence[Any]) -> None:
    if any(not isinstance(value, dict) for value in values):
        raise Refused("INVALID_VALUE", _FORM)


def _by_name(describe: Describe) -> Callable[[Any], str]:
    def resolve(value: Any) -> str:
        given = _given(value)
        fits = [one for one in describe.record_types if _is_called(one, given)]
        active = [one for one in fits if one.active]
        if len(active) == 1:
            return active[0].id
        if active:
            names = " and ".join(one.developer_name for one in active)
            raise Refused("RECORD_TYPE_AMBIGUOUS", f"is not clear: {describe.name} has several of that name: {names}")
        raise Refused("RECORD_TYPE_NOT_FOUND", "is not active in the org" if fits else f"is not there: {_known(describe)}")

    return resolve


def _is_called(one: RecordType, given: Mapping[str, str]) -> bool:
    """Tell whether all that is given fits; the org's own comparisons tell no upper from lower case."""
    names = {"name": one.name, "developername": one.developer_name}
    return all(names[key].casefold() == text.casefold() for key, text in given.items())


def _given(value: Any) -> Mapping[str, str]:
    """Take out what names a record type, by key in lower case."""
    told = {key.lower(): text for key, text in value.items() if key != "attributes"} if isinstance(value, dict) else {}
    if not told or not told.keys() <= {"name", "developername"} or not all(isinstance(text, str) for text in told.values()):
        raise Refused("INVALID_VALUE", _FORM)
    return told


def _known(describe: Describe) -> str:
    names = [one.name for one in describe.record_types if one.active]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{describe.name} has {', '.join(names[:MOST_NAMED])}{more}" if names else f"{describe.name} has no record types"
