"""What a field of the describe takes: a value that the org would surely refuse is found here. Where that isn't sure, it passes.

Lengths, digits, precision and scale: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describesobjects_describesobjectresult.htm
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from pipeline.mapping.values import Check, Convert, number, whole_number
from pipeline.mapping.values import check as form_of
from pipeline.model.describe import Field
from pipeline.model.record_id import LENGTH, SHORT, are_record_ids, to_18

ValueCheck = Callable[[Sequence[object]], None]
"""Passes JSON values that are neither text nor null. Raises ValueError with what each should be if one isn't."""

_EARLIEST, _LATEST = "1699-12-31", "4001-01-02"
"""The org takes 1700-01-01 to 4000-12-31, moved by a time zone that isn't known here; as text, dates are in their order."""
_ADDRESS = r"[^ \t\r\n@]+@(?:[^ \t\r\n@.]+\.)+[^ \t\r\n@.]+"
_ADDRESSES = re.compile(rf"(?:(?:{_ADDRESS})?\n)*")
_TEXT_TYPES = frozenset({"string", "textarea", "email", "phone", "url", "encryptedstring", "picklist", "combobox"})
_MOST_SHOWN = 8
_OWN_PREFIXES = {
    "001": "Account",
    "003": "Contact",
    "005": "User",
    "006": "Opportunity",
    "00G": "Group",
    "00Q": "Lead",
    "012": "RecordType",
    "701": "Campaign",
}
"""How the ids of objects begin that begin so in every org."""


class Refused(ValueError):
    """The org would refuse this value, with this code."""

    def __init__(self, code: str, complaint: str) -> None:
        super().__init__(complaint)
        self.code = code


def longest_of(field: Field) -> int:
    """Say how many characters a text of this field may have; 0 if that isn't sure, or no matter of characters."""
    closed = field.restricted_picklist and field.picklist
    return field.length if field.type in _TEXT_TYPES and not field.html and not closed else 0


def characters(text: str) -> int:
    """Count as the org might at least: without blanks around, a line end as one character."""
    return len(text.strip().replace("\r\n", "\n"))


def check_of(field: Field) -> Check | None:
    """Return what passes texts for this field, except for their length; None if all pass."""
    form = form_of(field.type)
    match field.type:
        case "date" | "datetime" if form is not None:
            return _in_range(form)
        case "email":
            return addresses
        case "picklist" | "multipicklist" if field.restricted_picklist and field.picklist:
            return _choice(field.picklist, several=field.type == "multipicklist")
        case "int" | "long" | "double" | "currency" | "percent":
            return _texts_below(field)
        case "reference":
            return _record_ids(field.reference_to)
        case _:
            return form


def value_check_of(field: Field) -> ValueCheck | None:
    """Return what passes JSON values of this field that are neither text nor null; None if all pass."""
    match field.type:
        case "boolean":
            return _booleans
        case "int" | "long" | "double" | "currency" | "percent":
            return _numbers_below(field)
        case "date" | "datetime" | "time":
            return _none
        case _:
            return None


def addresses(texts: Sequence[str]) -> None:
    """Pass what looks like name@host.domain, all of them in one go: one at a time takes twice as long."""
    if not _ADDRESSES.fullmatch("\n".join(texts) + "\n") or any("\n" in text for text in texts):
        for text in texts:
            if (address := text.strip()) and not re.fullmatch(_ADDRESS, address):
                raise Refused("INVALID_EMAIL_ADDRESS", "is not an e-mail address written like name@example.org")


def _in_range(form: Check) -> Check:
    def check(texts: Sequence[str]) -> None:
        form(texts)
        if texts and not (min(texts) >= _EARLIEST and max(texts) < _LATEST):
            raise Refused("FIELD_INTEGRITY_EXCEPTION", "is outside of what the org takes: 1700-01-01 to 4000-12-31")

    return check


def _choice(choices: Sequence[str], *, several: bool) -> Check:
    exactly = frozenset(choices)
    loosely = {choice.strip().casefold() for choice in choices}  # the org writes a value as its picklist does
    shown = _shown(choices, ", ")

    def check(texts: Sequence[str]) -> None:
        chosen = ";".join(texts).split(";") if several else texts
        if not exactly.issuperset(chosen) and not loosely.issuperset(one.strip().casefold() for one in chosen if one.strip()):
            raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"is not in the picklist: {shown}")

    return check


def _shown(names: Sequence[str], between: str) -> str:
    return between.join(names[:_MOST_SHOWN]) + (" ..." if len(names) > _MOST_SHOWN else "")


def _record_ids(reference_to: Sequence[str]) -> Check:
    # an account may be a person, and stand for a contact
    taken = {*reference_to, "Account"} if "Contact" in reference_to else {*reference_to}
    foreign = {prefix: name for prefix, name in _OWN_PREFIXES.items() if taken and name not in taken}

    def check(texts: Sequence[str]) -> None:
        if not are_record_ids(texts):
            for text in filter(None, map(str.strip, texts)):
                _record_id(text)
        if wrong := foreign.keys() & {text.strip()[:3] for text in texts}:
            raise Refused("MALFORMED_ID", f"is the id of {foreign[min(wrong)]}; the field takes {_shown(reference_to, ' or ')}")

    return check


def _record_id(text: str) -> None:
    if len(text) not in {SHORT, LENGTH} or not (text.isascii() and text.isalnum()):
        raise Refused("MALFORMED_ID", f"is not a record id: one has {SHORT} or {LENGTH} letters and digits")
    if len(text) == LENGTH and to_18(text[:SHORT]) != text:
        raise Refused("MALFORMED_ID", "is not a record id: its check letters are wrong; were capitals changed?")


def _bound(field: Field) -> tuple[int, Refused]:
    """Return what a number must stay below, and the complaint if it doesn't."""
    whole = field.type in {"int", "long"}
    places = field.digits if whole else field.precision - field.scale
    if places > 0:
        where = "" if whole else " before the decimal point"
        return 10**places, Refused("NUMBER_OUTSIDE_VALID_RANGE", f"has too many digits: {places} are allowed{where}")
    bits = {"int": 31, "long": 63}.get(field.type, 1_024)
    return 2**bits, Refused("NUMBER_OUTSIDE_VALID_RANGE", f"is too large for {field.type}")


def _texts_below(field: Field) -> Check:
    bound, refused = _bound(field)
    convert = whole_number if field.type in {"int", "long"} else number

    def check(texts: Sequence[str]) -> None:
        try:
            if not texts or max(map(abs, map(float, texts))) < bound:  # a float that is rounded doesn't pass a power
                return
        except ValueError:
            pass  # what is no number is somebody else's complaint
        if any(_reaches(text, bound, convert) for text in texts):
            raise Refused(refused.code, str(refused))

    return check


def _reaches(text: str, bound: int, convert: Convert) -> bool:
    try:
        convert(text)
    except ValueError:
        return False
    return abs(Decimal(text.strip())) >= bound


def _numbers_below(field: Field) -> ValueCheck:
    bound, refused = _bound(field)
    whole = field.type in {"int", "long"}

    def check(values: Sequence[object]) -> None:
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError("is not a number")  # noqa: TRY004 - a fault of data, not of code
            if whole and isinstance(value, float) and not value.is_integer():
                raise ValueError("is not a whole number")
            if abs(value) >= bound:
                raise Refused(refused.code, str(refused))

    return check


def _booleans(values: Sequence[object]) -> None:
    if not all(isinstance(value, bool) for value in values):
        raise ValueError("is neither true nor false")


def _none(values: Sequence[object]) -> None:
    if values:
        raise ValueError("is not text: dates and times are written as text")
