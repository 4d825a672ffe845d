"""A plan of faults out of TOML; a mistake in it is one line that says where it is and what is wrong."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pipeline.simulator.fault_plan import CHUNKS, ENDPOINTS, KINDS, NEEDED, WRITES, Fault, LockPlan, Plan, Where
from pipeline.simulator.traffic import Conditions

_TURNS = ("nth", "every", "chance")
_COMMON = ("on", "do", *_TURNS, "times", "after", "where", "over")
_OPERATORS = ("equals", "contains", "matches")
_CHOICES = {
    "when": ("before_commit", "after_commit"),
    "naming": ("all", "first"),
    "how": ("missing", "renamed", "twice", "malformed_id"),
}
_LIMITED = (420, 429)


class _Wrong(Exception):
    """What is wrong with the fault that is being read."""


def read(path: Path) -> Plan:
    """Read a plan from a file. Raises ValueError for a mistake in it, OSError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: save it as such") from error
    return parse(text, str(path))


def parse(text: str, source: str = "fault plan") -> Plan:
    """Read a plan from TOML; `source` begins the message of the ValueError for a mistake."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{source}: {error}") from error
    try:
        seed, faults = _top(tree)
        locks = _locks(tree["locks"]) if "locks" in tree else None
        conditions = _conditions(tree.get("org", {}))
    except _Wrong as wrong:
        raise ValueError(f"{source}: {wrong}") from wrong
    return Plan(tuple(_numbered(source, number, fault) for number, fault in enumerate(faults, 1)), seed, locks, conditions)


def _top(tree: Mapping[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    _known(tree, ("seed", "org", "fault", "locks"))
    seed, faults = tree.get("seed", 0), tree.get("fault", [])
    if not _is_whole(seed):
        raise _Wrong("seed must be a whole number")
    if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
        raise _Wrong("faults are written as [[fault]], with two brackets")
    return seed, faults


def _locks(given: Any) -> LockPlan:
    if not isinstance(given, dict):
        raise _Wrong("locks must be a table, like [locks] with hold = 0.2 and wait = 2.0 in it")
    _known(given, ("hold", "wait"), "locks: ")
    if "hold" not in given:
        raise _Wrong("locks: hold is missing: say how many seconds a request holds what its records look up")
    for key, value in given.items():
        if not _is_number(value) or not 0 <= value < float("inf"):
            raise _Wrong(f"locks: {key} must be {_EXPECTED['seconds'][0]}, not {value!r}")
    return LockPlan(**given)


def _conditions(given: Any) -> Conditions:
    if not isinstance(given, dict):
        raise _Wrong("org must be a table, like [org]")
    _known(given, tuple(field.name for field in fields(Conditions)), "org: ")
    try:
        return Conditions(**{key: _checked(key, value) for key, value in given.items()})
    except _Wrong as wrong:
        raise _Wrong(f"org: {wrong}") from wrong


def _numbered(source: str, number: int, given: Mapping[str, Any]) -> Fault:
    try:
        return _fault(number, given)
    except _Wrong as wrong:
        do = given.get("do")
        raise ValueError(f"{source}: fault {number}{f' ({do})' if do in KINDS else ''}: {wrong}") from wrong


def _fault(number: int, given: Mapping[str, Any]) -> Fault:
    do = given.get("do")
    if do is None:
        raise _Wrong(f'do is missing: say what happens, like do = "drop"; there are {", ".join(KINDS)}')
    kind = KINDS.get(do) if isinstance(do, str) else None
    if kind is None:
        raise _Wrong(f'unknown kind do = "{do}"{_meant(do, KINDS)}')
    _known(given, (*_COMMON, *kind.settings))
    settings = {**kind.settings, **kind.fixed, **{key: _checked(key, value) for key, value in given.items() if key != "do"}}
    missing = [key for key, value in settings.items() if value is NEEDED]
    if missing:
        raise _Wrong(f"{missing[0]} is missing")
    if do == "busy" and settings["status"] not in _LIMITED:
        raise _Wrong(f"status must be 420 or 429, not {settings['status']}")
    if len({*_TURNS} & given.keys()) > 1:
        raise _Wrong("only one of nth, every, chance can say whose turn it is")
    on = settings.setdefault("on", frozenset({"tree"}))
    by_records = [key for key in ("where", "over") if key in given]
    possible = kind.at & (WRITES | CHUNKS) if by_records else kind.at
    elsewhere = sorted(on - possible)
    if elsewhere:
        reason = f"{by_records[0]} needs records" if by_records else f"{do} can't happen there"
        raise _Wrong(f'on = "{elsewhere[0]}": {reason}; it can be {", ".join(sorted(possible))}')
    return Fault(number=number, do=do, **settings)


def _checked(key: str, value: Any) -> Any:
    """Check a setting, and make of it what a fault holds."""
    if key == "on":
        return _endpoints(value)
    if key == "where":
        return _where(value)
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            raise _Wrong(f'unknown {key} = "{value}"{_meant(value, _CHOICES[key])}')
        return value
    expected, fits, make = _EXPECTED[key]
    if not fits(value):
        raise _Wrong(f"{key} must be {expected}, not {value!r}")
    return make(value)


def _endpoints(value: Any) -> frozenset[str]:
    names = value if isinstance(value, list) else [value]
    for name in names:
        if not isinstance(name, str) or name not in ENDPOINTS | CHUNKS:
            raise _Wrong(f'unknown endpoint on = "{name}"{_meant(name, ENDPOINTS | CHUNKS)}')
    if not names:
        raise _Wrong("on must name an endpoint")
    return frozenset(names)


def _where(value: Any) -> Where:
    if not isinstance(value, dict):
        raise _Wrong('where must be a table, like where = { field = "LastName", equals = "x" }')
    _known(value, ("field", *_OPERATORS), "where: ")
    name, said = value.get("field"), [key for key in _OPERATORS if key in value]
    if not isinstance(name, str) or not name:
        raise _Wrong("where: field must name a field")
    if len(said) != 1:
        raise _Wrong("where: say exactly one of equals, contains, matches")
    return Where(name, _pattern(said[0], value[said[0]]))


def _pattern(operator: str, operand: Any) -> re.Pattern[str]:
    if operator == "equals" and isinstance(operand, bool | int | float):
        operand = str(operand).lower()
    if not isinstance(operand, str):
        raise _Wrong(f"where: {operator} must be a text")
    if operator == "equals":
        return re.compile(rf"\A{re.escape(operand)}\Z")
    if operator == "contains":
        return re.compile(re.escape(operand))
    try:
        return re.compile(operand)
    except re.error as error:
        raise _Wrong(f"where: matches is no regular expression: {error}") from error


def _known(given: Mapping[str, Any], keys: Iterable[str], place: str = "") -> None:
    for key in given:
        if key not in keys:
            raise _Wrong(f'{place}unknown key "{key}"{_meant(key, keys)}')


def _meant(word: object, choices: Iterable[str]) -> str:
    choices = sorted(choices)
    near = get_close_matches(word.lower(), choices, n=1) if isinstance(word, str) else []
    return f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(choices)}"


def _is_whole(value: Any, least: int | None = None, most: int | None = None) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return (least is None or value >= least) and (most is None or value <= most)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _all_whole(value: Any) -> bool:
    return bool(value) and all(_is_whole(number, 1) for number in value) if isinstance(value, list) else _is_whole(value, 1)


def _same(value: Any) -> Any:
    return value


_SECONDS = ("a number of seconds from 0 on", lambda value: _is_number(value) and 0 <= value < float("inf"), float)
_TEXT = ("a text", lambda value: isinstance(value, str), _same)
_EXPECTED: Mapping[str, tuple[str, Callable[[Any], bool], Callable[[Any], Any]]] = {
    "nth": (
        "a number from 1 on, or a list of such",
        _all_whole,
        lambda value: frozenset(value if isinstance(value, list) else [value]),
    ),
    "every": ("a whole number from 1 on", lambda value: _is_whole(value, 1), _same),
    "chance": ("a number above 0 and at most 1", lambda value: _is_number(value) and 0 < value <= 1, float),
    "times": ("a whole number from 1 on", lambda value: _is_whole(value, 1), _same),
    "over": ("a whole number from 1 on", lambda value: _is_whole(value, 1), _same),
    "concurrent": ("a whole number from 1 on", lambda value: _is_whole(value, 1), _same),
    "after": ("a whole number from 0 on", lambda value: _is_whole(value, 0), _same),
    **dict.fromkeys(("seconds", "long_after", "latency", "latency_p95"), _SECONDS),
    "status": ("an HTTP status from 200 to 599", lambda value: _is_whole(value, 200, 599), _same),
    "retry_after": ("a whole number of seconds from 0 on", lambda value: _is_whole(value, 0), _same),
    "code": _TEXT,
    "message": _TEXT,
    "fields": (
        "a list of names",
        lambda value: isinstance(value, list) and all(isinstance(name, str) for name in value),
        tuple,
    ),
    "reset": ("true or false", lambda value: isinstance(value, bool), _same),
}
"""What each setting must be, whether it is, and what is made of it."""
