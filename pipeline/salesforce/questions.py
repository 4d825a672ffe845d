"""The questions of evidence in SOQL, and how their answers are read.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from pipeline.errors import OrgUnavailable
from pipeline.model.record import FieldError
from pipeline.model.record_id import is_record_id, to_18
from pipeline.salesforce.query import quoted

LONGEST_QUERY = 100_000
"""Characters of a query."""
_FRAME = 1_000
"""Characters of a query beside the values that it looks for; names have 80 at most."""

DUPLICATE_CODE = "DUPLICATE_VALUE"
_DUPLICATE = re.compile(r"duplicate value found: (.+) duplicates value on record with id: (<unknown>|\w*)")
_MASKED = "<unknown>"
_WORD = re.compile(r"\w+")

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def portions(values: Iterable[str]) -> Iterator[list[str]]:
    """Cut values into lists, each of which fits into one question."""
    portion: list[str] = []
    room = LONGEST_QUERY - _FRAME
    for value in values:
        size = len(quoted(value)) + len(", ")
        if portion and size > room:
            yield portion
            portion, room = [], LONGEST_QUERY - _FRAME
        portion.append(value)
        room -= size
    if portion:
        yield portion


def by_marker(object_name: str, field: str, markers: Iterable[str]) -> str:
    """Ask which records have these markers."""
    return f"SELECT Id, {field} FROM {object_name} WHERE {field} IN ({_list(markers)})"


def by_key(object_name: str, field: str, keys: Iterable[str]) -> str:
    """Ask which records have these keys, who created them and when."""
    return f"SELECT Id, {field}, CreatedById, CreatedDate FROM {object_name} WHERE {field} IN ({_list(keys)})"


def by_values(object_name: str, fields: Iterable[str], creator: str, since: datetime, until: datetime) -> str:
    """Ask for the values of all records that this user created in this time, both ends included."""
    names = {name.lower(): name for name in ("Id", "CreatedDate", *fields)}  # a field that is named twice is refused
    return (
        f"SELECT {', '.join(names.values())} FROM {object_name} WHERE CreatedById = {quoted(creator)} "
        f"AND CreatedDate >= {moment(since)} AND CreatedDate <= {moment(until)} ORDER BY Id"
    )


def still_seen(object_name: str, ids: Iterable[str], creator: str, since: datetime) -> str:
    """Ask which of these records are seen by the terms of `by_values`: a control, as they are known to have been created."""
    return (
        f"SELECT Id FROM {object_name} WHERE Id IN ({_list(ids)}) "
        f"AND CreatedById = {quoted(creator)} AND CreatedDate >= {moment(since)}"
    )


def below(object_name: str, link: str, fields: Iterable[str], parents: Iterable[str]) -> str:
    """Ask for the values of all records that hang under these, by the field that holds the parent's id."""
    names = {name.lower(): name for name in ("Id", link, *fields)}
    return f"SELECT {', '.join(names.values())} FROM {object_name} WHERE {link} IN ({_list(parents)})"


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(quoted, values))


def moment(at: datetime) -> str:
    """Write a moment as SOQL has it: UTC, to the second below, as the org's own dates of creation are.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
    :raises ValueError: for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def created_at(record: Mapping[str, Any]) -> datetime:
    """Read when a record was created, in UTC; the org writes `2013-05-20T20:49:32.000+0000`.

    :raises OrgUnavailable: if the record doesn't say it.
    """
    given = record.get("CreatedDate")
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    raise OrgUnavailable(f"can't read when a record was created: the org says {given!r}; try again later")


def existing(error: FieldError, field: str) -> str | None:
    """Read the id of the record that holds this field's value already: 18 characters, or nothing where the org masks it.

    None: the error is something else. The message is like
    `duplicate value found: Key__c duplicates value on record with id: 5006g00000DklQA`; where the user may not see the
    record, the field and the id are `<unknown>`.
    """
    if error.code != DUPLICATE_CODE:
        return None
    field, fields = field.lower(), [name.lower() for name in error.fields]
    found = _DUPLICATE.search(error.message)
    if found is None:  # the org may speak another language
        return "" if field in fields or field in _WORD.findall(error.message.lower()) else None
    named = found[1].lower()
    if named == field or (field in fields and named not in fields):
        return _holder(found[2])
    return "" if named == _MASKED and not fields else None


def _holder(text: str) -> str:
    try:
        return _whole(text)
    except ValueError:
        return ""


def comparable(value: object, field_type: str) -> object:
    """Make a value one that is equal to another if the org holds the same for both, whether it was sent or comes from the org.

    `value` is one of JSON; `field_type` is the describe's. The result is hashable, None for nothing, and stays as it is if it
    is made comparable again. A value that isn't what its type says is compared as its text.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_valid_date_formats.htm
    """
    if value is None or isinstance(value, frozenset):
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:  # the org cuts off blanks at both ends, and has nothing for an empty text
        return None
    read = _READERS.get(field_type)
    try:
        return text if read is None else read(text)
    except (ArithmeticError, ValueError):
        return text


def _boolean(text: str) -> bool | str:
    return _BOOLEANS.get(text.lower(), text)


def _number(text: str) -> Decimal | str:
    """Compare as the double that the API answers, which has 15 to 17 digits."""
    found = Decimal(repr(float(text))) if _NUMBER.fullmatch(text) else Decimal("NaN")
    return found if found.is_finite() else text


def _instant(text: str) -> datetime | str:
    """Compare to the second: the org needn't keep what is below."""
    at = datetime.fromisoformat(text)
    return text if at.tzinfo is None else at.astimezone(UTC).replace(microsecond=0)


def _time_of_day(text: str) -> time | str:
    """Compare as UTC, which is all that the org knows."""
    at = time.fromisoformat(text)
    return text if at.utcoffset() else at.replace(tzinfo=None)


def _choices(text: str) -> frozenset[str] | str:
    """Compare without order: the org puts the choices in the order of the picklist."""
    return frozenset(choice.strip() for choice in text.split(";") if choice.strip()) or text


def _whole(text: str) -> str:
    """Write an id with 18 characters.

    :raises ValueError: if it is none.
    """
    return text if is_record_id(text) else to_18(text)


_READERS: Mapping[str, Callable[[str], object]] = {
    "boolean": _boolean,
    "int": _number,
    "long": _number,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": date.fromisoformat,
    "datetime": _instant,
    "time": _time_of_day,
    "multipicklist": _choices,
    "reference": _whole,
    "id": _whole,
    "email": str.lower,  # the org may write an address so
}
"""What a text without blanks around it is compared as, by the type of the field; or an ArithmeticError or ValueError."""
