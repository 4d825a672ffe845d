"""Where in a JSON text a value stands. Slow, and asked only when an error has to say line and column."""

import re
from collections.abc import Sequence

import orjson

_TOKEN = re.compile(r'[\s,:]*("(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+)')
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}

Path = Sequence[str | int]
"""The way to a value: names of members and positions in arrays. Of members with the same name, the last counts."""


def place(body: bytes, path: Path) -> tuple[int, int]:
    """Find the first character of a value in valid JSON: its line and column, both counted from 1, in characters."""
    text = body.decode()
    at = _start(text, 0)
    for step in path:
        at = _member(text, at, step) if isinstance(step, str) else _item(text, at, step)
    return line_and_column(text, at)


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Turn a position in a text into line and column, both counted from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _token(text: str, at: int) -> re.Match[str]:
    found = _TOKEN.match(text, at)
    if found is None:
        raise ValueError(f"no JSON token at {at}")
    return found


def _start(text: str, at: int) -> int:
    return _token(text, at).start(1)


def _skip(text: str, at: int) -> int:
    depth = 0
    while True:
        found = _token(text, at)
        at = found.end()
        depth += _DEPTH.get(found[1], 0)
        if depth == 0:
            return at


def _member(text: str, at: int, name: str) -> int:
    found = -1
    at += 1
    while (key := _token(text, at))[1] != "}":
        value = _start(text, key.end())
        if orjson.loads(key[1]) == name:
            found = value
        at = _skip(text, value)
    return found


def _item(text: str, at: int, position: int) -> int:
    at += 1
    for _ in range(position):
        at = _skip(text, at)
    return _start(text, at)
