"""Record ids: 15 case-sensitive characters, and the 3 that make the same id safe where case gets lost.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
"""

import re
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_IS_UPPER = {digit: int(digit.isupper()) for digit in _DIGITS}
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
_POD = "SM0"
"""Where a real id says in which instance it was made, ours say: simulated."""
_PLACES = 9
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")


@lru_cache(maxsize=4096)
def _check_character(group: str) -> str:
    first, second, third, fourth, fifth = (_IS_UPPER[character] for character in group)
    return _CHECK[first | second << 1 | third << 2 | fourth << 3 | fifth << 4]


def check_characters(short: str) -> str:
    """Compute the 3 characters that follow a 15-character id: one for the upper-case letters of each five."""
    return _check_character(short[:5]) + _check_character(short[5:10]) + _check_character(short[10:15])


def whole(text: str) -> str | None:
    """Give the 18-character form of an id in either form, or None if it isn't one (an 18 whose case was altered is none)."""
    if _SHAPE.fullmatch(text) is None:
        return None
    short = text[:_SHORT]
    full = short + check_characters(short)
    return full if len(text) == _SHORT or text == full else None


def short(record_id: str) -> str:
    """Give the 15-character form of an id."""
    return record_id[:_SHORT]


def mint(prefix: str, number: int) -> str:
    """Make the 18-character id of the `number`th record with this key prefix."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    short = prefix + _POD + digits.rjust(_PLACES, "0")
    return short + check_characters(short)


def number_of(record_id: str) -> int:
    """Read the number back out of an id that `mint` made."""
    number = 0
    for digit in record_id[_SHORT - _PLACES : _SHORT]:
        number = number * len(_DIGITS) + _DIGITS.index(digit)
    return number
