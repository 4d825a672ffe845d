"""Keys that a JSON object has twice: parsers keep one of the values and say nothing, so nobody knows which one was meant."""

import re
from collections.abc import Collection, Iterable
from typing import Any

import orjson

_SHOWN = 100
_NESTED = frozenset({dict, list})
_SIGN = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")([ \t\r\n]*:)?|[{}]')


def all_distinct(text: bytes, rows: Collection[dict[str, Any]]) -> bool:
    """Tell quickly that no object of a valid JSON text has a key twice; where this says no, `repeated_key` knows.

    Each key has its colon; if there are no more colons than keys, none is lost. Colons in values cost a second look: a key ends
    with `":`. Keys of nested objects cost a third. A text that has more of these (in a string), or blanks before one, is left
    to `repeated_key`.
    """
    keys = sum(map(len, rows))
    if text.count(b":") == keys:
        return True
    blanks = b" :" in text or any(blank in text and blank + b":" in text for blank in (b"\t", b"\r", b"\n"))
    if blanks:
        return False
    ends = text.count(b'":')
    return ends == keys or ends == _keys_in(rows)


def _keys_in(rows: Iterable[dict[str, Any]]) -> int:
    """Count the keys of these objects and of all within them."""
    keys = 0
    found: list[Any] = [*rows]
    while found:
        value = found.pop()
        if type(value) is dict:
            keys += len(value)
            found += [inner for inner in value.values() if type(inner) in _NESTED]
        else:
            found += [inner for inner in value if type(inner) in _NESTED]
    return keys


def repeated_key(text: bytes) -> str | None:
    """Name the first key that an object in a valid JSON text has twice, at any depth."""
    objects: list[set[str]] = []
    for match in _SIGN.finditer(text):
        if match[0] == b"{":
            objects.append(set())
        elif match[0] == b"}":
            objects.pop()
        elif match[2]:
            key: str = orjson.loads(match[1])
            if key in objects[-1]:
                return key[:_SHOWN]
            objects[-1].add(key)
    return None
