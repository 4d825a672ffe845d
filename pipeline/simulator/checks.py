"""What may be wrong with the fields of one record, all of it in one pass: the codes and texts of the vendor.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from pipeline.simulator import ids
from pipeline.simulator.errors import RecordError
from pipeline.simulator.objects import Field, SObject

Given = Mapping[Field, Any]
"""The fields a record was sent with, cast; None where null or "" was sent."""
Check = Callable[[Field, Any], RecordError | None]


class Directory(Protocol):
    """What a reference needs to know of the org's records."""

    def object_of(self, record_id: str) -> str | None:
        """Name the object whose ids begin like this one, if the org has it."""
        ...

    def exists(self, record_id: str) -> bool:
        """Say whether there is a record with this 18-character id."""
        ...


_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@.,;:<>()\[\]\"\\]+(\.[^\s@.,;:<>()\[\]\"\\]+)+")


def problems(
    sobject: SObject, given: Given, directory: Directory, linked: Collection[Field] = (), *, exists: bool = False
) -> list[RecordError]:
    """Name everything that is wrong with a record's fields. `linked` are filled by the record's place in the tree.

    Of a record that exists already only what is given is looked at.
    """
    closed = tuple([field.name for field in given if not (field.updateable if exists else field.createable)])
    required = [field for field in sobject.required if field in given] if exists else sobject.required
    found = [error for error in (_closed(closed), _missing(required, given, linked)) if error]
    for field, value in given.items():
        if value is None or field in linked or (field.plain and len(value) <= field.length):
            continue
        if field.type == "reference":
            error = _reference(sobject, field, value, directory)
        else:
            error = _CHECKS.get(field.type, _text)(field, value)
        if error is not None:
            found.append(error)
    return found


def _closed(closed: tuple[str, ...]) -> RecordError | None:
    if not closed:
        return None
    advice = "Please check the security settings of this field and verify that it is read/write for your profile"
    message = f"Unable to create/update fields: {', '.join(closed)}. {advice} or permission set."
    return RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, closed)


def _missing(required: Sequence[Field], given: Given, linked: Collection[Field]) -> RecordError | None:
    missing = tuple([f.name for f in required if f not in linked and _blank(given.get(f))])
    if not missing:
        return None
    return RecordError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(field: Field, value: Any) -> RecordError | None:
    if field.length and len(value) > field.length:
        message = f"{field.label}: data value too large: {value} (max length={field.length})"
        return RecordError("STRING_TOO_LONG", message, (field.name,))
    return None


def _email(field: Field, value: Any) -> RecordError | None:
    if _EMAIL.fullmatch(value) is None:
        return RecordError("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", (field.name,))
    return _text(field, value)


def _picklist(field: Field, value: Any) -> RecordError | None:
    if field.choices is None:
        return _text(field, value)
    wrong = [choice for choice in _chosen(field, value) if choice not in field.choices]
    if not wrong:
        return None
    message = f"{field.label}: bad value for restricted picklist field: {wrong[0]}"
    return RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,))


def _chosen(field: Field, value: str) -> list[str]:
    return value.split(";") if field.type == "multipicklist" else [value]


def _number(field: Field, value: Any) -> RecordError | None:
    places = field.digits or (field.precision - field.scale)
    if not places or abs(value) < 10**places:
        return None
    message = f"{field.label}: value outside of valid range on numeric field: {value}"
    return RecordError("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))


def _reference(sobject: SObject, field: Field, value: Any, directory: Directory) -> RecordError | None:
    if ids.whole(value) is None:
        return _incorrect_id(field, value)
    if "RecordType" in field.reference_to:
        return None if value in sobject.record_types else _unknown_record_type(field, value)
    target = directory.object_of(value)
    if target is not None and target not in field.reference_to:
        return _incorrect_id(field, value)
    if not directory.exists(value):
        return RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
    return None


def _incorrect_id(field: Field, value: Any) -> RecordError:
    return RecordError("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,))


def _unknown_record_type(field: Field, value: Any) -> RecordError:
    message = f"{field.label}: this ID value isn't valid for the user: {value}"
    return RecordError("INVALID_CROSS_REFERENCE_KEY", message, (field.name,))


def _any(_field: Field, _value: Any) -> None:
    return None


_CHECKS: Mapping[str, Check] = {
    "email": _email,
    "picklist": _picklist,
    "multipicklist": _picklist,
    "int": _number,
    "long": _number,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "boolean": _any,
    "date": _any,
    "datetime": _any,
    "time": _any,
    "id": _any,
}
