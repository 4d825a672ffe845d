"""From the text of a cell to a value of the field's type, exactly: nothing is rounded, cut or guessed.

What each type looks like in JSON: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_valid_date_formats.htm
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

import orjson

Convert = Callable[[str], object]
"""From a text that is not empty to a value for JSON. Raises ValueError with what the text should be."""

Check = Callable[[Sequence[str]], None]
"""Passes texts that are not empty and go into the JSON as they are. Raises ValueError with what each should be if one isn't."""

_YES = frozenset({"true", "yes", "y", "t", "on", "1"})
_NO = frozenset({"false", "no", "n", "f", "off", "0"})
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DATE_LENGTH = len("2024-05-30")
_LONGEST_NUMBER = 400


def boolean(text: str) -> bool:
    """Read true, yes, y, t, on, 1 or false, no, n, f, off, 0, in any case."""
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("is neither true nor false (true, yes, 1, on / false, no, 0, off)")


def number(text: str) -> orjson.Fragment:
    """Read a number with a decimal point; it goes into the JSON digit for digit."""
    return _digits(text, _NUMBER, "is not a number (digits with a decimal point, no thousands separators)")


def whole_number(text: str) -> orjson.Fragment:
    """Read a number without a fraction."""
    return _digits(text, _WHOLE, "is not a whole number")


def _digits(text: str, form: re.Pattern[str], complaint: str) -> orjson.Fragment:
    word = text.strip()
    if len(word) > _LONGEST_NUMBER or not form.fullmatch(word):
        raise ValueError(complaint)
    if not _JSON_NUMBER.fullmatch(word):  # +5, 007, .5 and 5. are numbers, but not in JSON
        word = f"{Decimal(word):f}"
    return orjson.Fragment(word)


def days(texts: Sequence[str]) -> None:
    """Pass dates of the calendar, yyyy-mm-dd."""
    try:
        # other ISO forms (20240530, 2024-W22-4) are not the org's
        if set(map(len, texts)) <= {_DATE_LENGTH} and set("".join(texts)[7::_DATE_LENGTH]) <= {"-"}:
            deque(map(date.fromisoformat, texts), maxlen=0)
            return
    except ValueError:
        pass
    raise ValueError("is not a date of the calendar written yyyy-mm-dd")


def moments(texts: Sequence[str]) -> None:
    """Pass dates with time and zone, ISO 8601: 2024-05-30T12:00:00Z, 2024-05-30T12:00:00.000+02:00."""
    try:
        # without a zone it would be guessed
        if all(datetime.fromisoformat(text).tzinfo is not None and text[10] == "T" for text in texts):
            return
    except (ValueError, IndexError):
        pass
    raise ValueError("is not a date and time with a zone, written like 2024-05-30T12:00:00Z")


def times_of_day(texts: Sequence[str]) -> None:
    """Pass times: 14:30:00Z."""
    try:
        deque(map(time.fromisoformat, texts), maxlen=0)
    except ValueError:
        raise ValueError("is not a time written like 14:30:00Z") from None


_CONVERTERS: dict[str, Convert] = {
    "boolean": boolean,
    "int": whole_number,
    "long": whole_number,
    "double": number,
    "currency": number,
    "percent": number,
}
_CHECKS: dict[str, Check] = {"date": days, "datetime": moments, "time": times_of_day}


def converter(field_type: str) -> Convert | None:
    """Return what turns text into a value of this type of the describe; None for types that are text in JSON too."""
    return _CONVERTERS.get(field_type)


def check(field_type: str) -> Check | None:
    """Return what passes texts for this type of the describe; None for types whose text needs no form."""
    return _CHECKS.get(field_type)
