"""What pydantic found, in plain words. Values are never repeated: one of them may be a secret in the wrong place."""

import re
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.mistakes import Keys, Mistake
from pipeline.config.shape import LOGINS, keys_of, listed, meant, table_of, unknown

_WORDS: Mapping[str, str] = {
    "missing": "is required",
    "string_type": 'must be text, in quotes: "..."',
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a finite number",
    "tuple_type": 'must be a list: ["...", "..."]',
    "mapping_type": "must be a table",
    "dict_type": "must be a table",
    "dataclass_type": "must be a table",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} character",
    "string_too_long": "must have at most {max_length} character",
    "value_error": "{error}",
}
_CONSTANT = "must be text, a number, true or false"
_EITHER = {
    "from": 'must be a column or a list of columns: "..." or ["...", "..."]',
    "part": 'must be "whole", "first", "last", "rest" or the number of a piece, from 1',
}


def mistakes(error: ValidationError, tree: Mapping[str, Any]) -> Iterator[Mistake]:
    """Translate every error; `tree` is what was checked. One value gives one mistake, however many types it could have had."""
    found: dict[Keys, str] = {}
    for details in error.errors(include_input=False, include_url=False):
        keys, text = _translate(details, tree)
        found.setdefault(keys, text)
    return (Mistake(keys, text) for keys, text in found.items())


def _translate(details: ErrorDetails, tree: Mapping[str, Any]) -> tuple[Keys, str]:
    keys, ctx = _keys(details["loc"]), details.get("ctx", {})
    match details["type"], keys:
        case "unexpected_keyword_argument" | "extra_forbidden", _:
            return keys, unknown(keys, tree)
        case _, ("mapping", "fields", _, "from" | "part" as key):
            return keys, _EITHER[key]
        case "literal_error", _:
            choices = re.findall(r"'([^']*)'", ctx["expected"])
            return keys, _choose(choices, _value(keys, tree))
        case "union_tag_invalid", _:
            keys = (*keys, "kind")
            return keys, _choose(list(LOGINS), _value(keys, tree))
        case "union_tag_not_found", _:
            return (*keys, "kind"), f"is required{listed(LOGINS)}"
        case "value_error", (_,) | ("mapping", "fields", _):
            return _said_by_the_rules(keys, str(ctx["error"]))
        case _, ("mapping", "constants", _):
            return keys, _CONSTANT
        case kind, _ if kind in _WORDS:
            return keys, _WORDS[kind].format_map({name: _written(value) for name, value in ctx.items()})
        case _:
            return keys, details["msg"]


def _keys(loc: Keys) -> Keys:
    """Leave out what pydantic adds to the keys of the file: which member of a union it tried."""
    match loc:
        case ("org", "auth", _, *rest):
            return ("org", "auth", *rest)
        case ("mapping", "constants", name, *_):
            return ("mapping", "constants", name)
        case ("mapping", "fields", name, "from" | "part" as key, *_):
            return ("mapping", "fields", name, key)
        case _:
            return loc


def _said_by_the_rules(keys: Keys, text: str) -> tuple[Keys, str]:
    """Attribute what the rules of a table say themselves: it begins with "key must", if it is about one key."""
    key, _, rest = text.partition(" ")
    about_one = key in keys_of(table_of(keys, {})) and rest.startswith("must ")
    return ((*keys, key), rest) if about_one else (keys, text)


def _value(keys: Keys, tree: Any) -> Any:
    return reduce(lambda table, key: table[key], keys, tree)


def _choose(choices: list[str], given: object) -> str:
    *others, last = (f'"{choice}"' for choice in choices)
    return f"must be {', '.join(others)} or {last}{meant(given, choices)}"


def _written(value: object) -> str:
    """Write a bound as people do: 50,000,000."""
    return f"{int(value) if value == int(value) else value:,}" if isinstance(value, int | float) else str(value)
