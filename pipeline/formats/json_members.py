"""Where the members of a JSON object stand in its bytes, so that a part of it can be sent digit for digit."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_KEY = re.compile(rf"[ \t\r\n]*({_STRING})[ \t\r\n]*:[ \t\r\n]*".encode(), re.DOTALL)
_SIGN = re.compile(rf"{_STRING}|[\[\]{{}},]".encode(), re.DOTALL)
_BLANKS = b" \t\r\n"


class Member(NamedTuple):
    """A key and the bytes of its value."""

    key: str
    value: bytes
    whole: bytes
    """Key, colon and value as they stand."""


def members(text: bytes) -> Iterator[Member]:
    """Tell the members of a JSON object apart; its bytes must be valid JSON."""
    at = text.index(b"{") + 1
    while found := _KEY.match(text, at):
        end = _end(text, found.end())
        value = text[found.end() : end].rstrip(_BLANKS)
        yield Member(orjson.loads(found[1]), value, text[at:end].strip(_BLANKS))
        at = end + 1


def elements(text: bytes) -> Iterator[bytes]:
    """Tell the elements of a JSON array apart; its bytes must be valid JSON."""
    at = text.index(b"[") + 1
    if text[at:].lstrip(_BLANKS).startswith(b"]"):
        return
    while at < len(text):
        end = _end(text, at)
        yield text[at:end].strip(_BLANKS)
        if text[end : end + 1] == b"]":
            return
        at = end + 1


def joined(parts: Iterator[bytes] | list[bytes]) -> bytes:
    """Make an object of whole members."""
    return b"{" + b",".join(parts) + b"}"


def _end(text: bytes, start: int) -> int:
    """Find the comma or the bracket behind the value that begins here."""
    depth = 0
    for sign in _SIGN.finditer(text, start):
        mark = sign[0]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            if not depth:
                return sign.start()
            depth -= 1
        elif mark == b"," and not depth:
            return sign.start()
    return len(text)
