"""Dates in a given form become those of the org: a form says where day, month and year stand, so that none is guessed.

The signs are those of strptime: https://docs.python.org/3/library/datetime.html#format-codes
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

ReadDate = Callable[[str], str]
"""From a text that is not empty to a date, or a moment in UTC, as the org has them. Raises ValueError with what is wrong."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS_WHOLE = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_WHOLE = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {"d": 2, "m": 2, "H": 2, "I": 2, "M": 2, "S": 2, "f": 6}
"""Signs for numbers that may be written shorter, with the most digits they have."""
_FIXED = {"Y": 4, "y": 2}
_WORDS = {"b": _MONTHS, "B": _MONTHS_WHOLE, "a": _DAYS, "A": _DAYS_WHOLE, "p": ("am", "pm")}
_OFFSET = r"[+-][0-9]{2}:?[0-9]{2}|Z"
_SIGNS = (*_FIXED, *_NUMBERS, *_WORDS, "z")
_PIECES = re.compile(r"%(.?)|\s+|[^%\s]+", re.DOTALL)
_CENTURY = 100
_NOON = 12
_HOUR = 60


def fault_of_form(form: str, century: int) -> str | None:
    """Say why dates can't be read by this form, if so."""
    signs = [piece[1] for piece in _PIECES.finditer(form) if piece[0].startswith("%") and piece[1] != "%"]
    for sign in signs:
        if sign not in _SIGNS:
            return f"holds %{sign}, which is not understood; there are {', '.join(f'%{each}' for each in _SIGNS)}"
        if signs.count(sign) > 1:
            return f"holds %{sign} twice"
    for what, choices in {"a day": "d", "a month": "mbB", "a year": "Yy"}.items():
        if sum(sign in choices for sign in signs) != 1:
            return f"must hold {what} once: {' or '.join(f'%{sign}' for sign in choices)}"
    if {"H", "I"} <= {*signs} or ("I" in signs) != ("p" in signs) or (("M" in signs) and not {"H", "I"} & {*signs}):
        return "must hold hours once, for minutes to count: %H, or %I with %p"
    if ("S" in signs and "M" not in signs) or ("f" in signs and "S" not in signs):
        return "must hold minutes (%M) for seconds to count, and seconds (%S) for their fraction"
    if "y" in signs and not century:
        return "holds %y, a year without its century: set century to the first of the hundred years that it can mean"
    return None


def has_offset(form: str) -> bool:
    """Tell whether dates of this form say how far they are from UTC (%z)."""
    return "%z" in form.replace("%%", "")


def zone_of(name: str) -> ZoneInfo:
    """Find a time zone.

    :raises ValueError: if this machine has none of that name; with the nearest.
    """
    try:
        return ZoneInfo(name)
    except (OSError, LookupError, ValueError):
        zones = available_timezones()
    if not zones:
        raise ValueError("can't be found, for this machine has no time zones: pip install tzdata")
    ends = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones)} | {zone.lower(): zone for zone in zones}
    near = get_close_matches(name.lower(), ends, n=1)
    raise ValueError(f"must be a time zone such as Europe/Berlin{f'; did you mean {ends[near[0]]}?' if near else ''}")


def date_reader(form: str, *, century: int = 0) -> ReadDate:
    """Make what reads dates of this form; where it has a time of day, that is left out. The form has no fault."""
    read = _reader(form, century)

    def to_date(text: str) -> str:
        return read(text).date().isoformat()

    return to_date


def moment_reader(form: str, *, century: int = 0, zone: ZoneInfo | None) -> ReadDate:
    """Make what reads moments of this form, in this zone unless they name their offset; without hours: when the day begins."""
    read = _reader(form, century)

    def to_moment(text: str) -> str:
        at = read(text)
        try:
            if at.tzinfo is None and zone is not None:
                at = _in_zone(at, zone)
            return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        except OverflowError:
            raise ValueError("is outside of the calendar") from None

    return to_moment


def _in_zone(at: datetime, zone: ZoneInfo) -> datetime:
    earlier, later = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() != later.utcoffset():
        if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at:
            raise ValueError(f"happens twice in {zone.key}, where clocks are put back: which one is meant can't be told")
        raise ValueError(f"does not exist in {zone.key}, where clocks are put forward over it")
    return earlier


def _reader(form: str, century: int) -> Callable[[str], datetime]:
    """Compile a form into one regular expression and what takes its groups."""
    pattern, signs = _pattern(form)
    match = re.compile(pattern, re.ASCII | re.IGNORECASE).fullmatch
    takers = [(sign, number) for number, sign in enumerate(signs, 1) if sign not in "dmY"]
    simple = {sign: number for number, sign in enumerate(signs, 1)} if not takers else {}
    picked = (simple["Y"], simple["m"], simple["d"]) if simple else ()

    def read(text: str) -> datetime:
        found = match(text)
        if found is None:
            raise ValueError(f"is not written like {form}")
        try:
            # the groups are numbers in the order of datetime; the zone is put to it by whoever knows it
            return datetime(*map(int, found.group(*picked))) if picked else _put_together(found, signs, century)  # type: ignore[arg-type] # noqa: DTZ001
        except ValueError as error:
            raise ValueError(f"is no date of the calendar ({error})") from None

    return read


def _pattern(form: str) -> tuple[str, list[str]]:
    pattern, signs = "", []
    pieces = [*_PIECES.finditer(form)]
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        sign = piece[1] if piece[0].startswith("%") else None
        if sign is None:
            pattern += r"\s+" if piece[0].isspace() else re.escape(piece[0])
        elif sign == "%":
            pattern += "%"
        else:
            close = following is not None and (following[1] or "") in {*_NUMBERS, *_FIXED}
            pattern += f"({_group(sign, close=close)})"
            signs.append(sign)
    return pattern, signs


def _group(sign: str, *, close: bool) -> str:
    """Match what stands for a sign; `close`: another number follows at once, so that this one must have all its digits."""
    if sign in _WORDS:
        return "|".join(_WORDS[sign])
    if sign == "z":
        return _OFFSET
    most = _FIXED.get(sign) or _NUMBERS[sign]
    return f"[0-9]{{{most}}}" if close or sign in _FIXED else f"[0-9]{{1,{most}}}"


def _put_together(found: re.Match[str], signs: list[str], century: int) -> datetime:
    parts = dict(zip(signs, found.groups(), strict=True))
    numbers = {sign: int(text) for sign, text in parts.items() if text.isdigit()}
    words = {sign: _WORDS[sign].index(text.lower()) for sign, text in parts.items() if sign in _WORDS}
    year = numbers["Y"] if "Y" in numbers else century + (numbers["y"] - century) % _CENTURY
    month = numbers["m"] if "m" in numbers else 1 + (words["b"] if "b" in words else words["B"])
    microsecond = int(parts["f"].ljust(6, "0")) if "f" in parts else 0
    hour = _hour(numbers, words)
    at = datetime(year, month, numbers["d"], hour, numbers.get("M", 0), numbers.get("S", 0), microsecond)  # noqa: DTZ001 - the zone comes next
    if {words[sign] for sign in "aA" if sign in words} - {at.weekday()}:
        raise ValueError("the day of the week is another one")
    return at.replace(tzinfo=_offset(parts["z"])) if "z" in parts else at


def _hour(numbers: dict[str, int], words: dict[str, int]) -> int:
    if "I" not in numbers:
        return numbers.get("H", 0)
    if not 1 <= numbers["I"] <= _NOON:
        raise ValueError("hours with am or pm go from 1 to 12")
    return numbers["I"] % _NOON + _NOON * words["p"]


def _offset(text: str) -> timezone:
    if text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    if int(digits[2:]) >= _HOUR:
        raise ValueError("the offset has too many minutes")
    minutes = int(digits[:2]) * _HOUR + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
