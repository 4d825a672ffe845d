"""From a JSON value to what a field holds: strings for text, numbers also from numeric strings, dates as they must be written.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_valid_date_formats.htm
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from pipeline.simulator import ids
from pipeline.simulator.objects import Field

_INT = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z?")

Cast = Callable[[Any], Any]


class WrongType(Exception):
    """A value that can't become what its field holds."""


def cast(field: Field, value: Any) -> Any:
    """Make a JSON value what the field holds; None for null and, in text, for "". Raises WrongType."""
    make: Cast = _CASTS.get(field.type, _text)
    if value is None and make is not _boolean:
        return None
    return make(value)


def cannot_deserialize(field: Field, value: Any) -> str:
    """Say what the vendor's parser says of a wrong value, up to the place where it stands."""
    token, text = _token(value)
    return f"Cannot deserialize instance of {field.type} from {token} value {text} or request may be missing a required field"


def moment(text: str) -> str:
    """Write a date and time as the org keeps and answers it: UTC, `2013-05-20T20:49:32.000+0000`. Raises ValueError."""
    if _DATETIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} isn't a date and time with its offset: write 2013-05-20T20:49:32Z")
    return stamp(datetime.fromisoformat(text))


def stamp(at: datetime) -> str:
    """Write a moment as the org answers it, to the millisecond."""
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, dict | list):
        raise WrongType
    return orjson.dumps(value).decode()


def _id(value: Any) -> str | None:
    text = _text(value)
    return text and (ids.whole(text) or text)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise WrongType


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INT.fullmatch(value):
        return int(value)
    raise WrongType


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value) and math.isfinite(float(value)):
        return float(value)
    raise WrongType


def _date(value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value) and _exists(value):
        return value
    raise WrongType


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _moment(value: Any) -> str:
    try:
        return moment(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise WrongType from error


def _time(value: Any) -> str:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return value
    raise WrongType


_CASTS: Mapping[str, Cast] = {
    "boolean": _boolean,
    "int": _int,
    "long": _int,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _moment,
    "time": _time,
    "reference": _id,
    "id": _id,
}


def _token(value: Any) -> tuple[str, str]:
    match value:
        case None:
            return "VALUE_NULL", "null"
        case bool():
            return f"VALUE_{value}".upper(), str(value).lower()
        case int():
            return "VALUE_NUMBER_INT", str(value)
        case float():
            return "VALUE_NUMBER_FLOAT", str(value)
        case dict():
            return "START_OBJECT", "{"
        case list():
            return "START_ARRAY", "["
        case _:
            return "VALUE_STRING", str(value)
