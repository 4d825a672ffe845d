"""Why a line can't be read, in plain words, and what is kept of it."""

import re

UTF8 = "utf-8"
MARKS = 0xDC00
"""The surrogate that stands for an undecodable byte 0x00; those of the others follow."""
_MARK = re.compile(rb"\xed([\xb0-\xb3])([\x80-\xbf])")

RAW = 65_536
"""Bytes that are kept of an unreadable line at most."""


def without_end(line: bytes) -> bytes:
    """Return a line without its line end."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def flaw(line: bytes, offset: int, encoding: str = UTF8) -> str | None:
    """Say what is wrong with the bytes of a line that begins at `offset` of the file: `None` if they are text.

    If they come from another `encoding` than UTF-8, offsets are those of the text in UTF-8.
    """
    foreign = encoding not in {UTF8, "auto"}
    nul = line.find(b"\0")
    if nul >= 0:
        return f"a NUL byte at offset {offset + nul} of the {'text in UTF-8' if foreign else 'file'}"
    try:
        line.decode()
    except UnicodeDecodeError as error:
        if foreign and (mark := _MARK.match(line, error.start)):
            byte = (mark[1][0] - 0xB0) * 64 + mark[2][0] - 0x80
            return f"byte 0x{byte:02X} is not valid {encoding} (offset {offset + error.start} of the text in UTF-8)"
        return f"byte 0x{line[error.start]:02X} at offset {offset + error.start} of the file is not valid UTF-8"
    return None


def too_long(what: str, limit: int, unit: str) -> str:
    """Say that `what` goes beyond a limit."""
    return f"{what} of more than {limit:,} {unit}"


def ragged(cells: int, columns: int) -> str:
    """Say that a CSV row doesn't fit its header."""
    return f"{cells} cell{'s' * (cells != 1)}, but the header has {columns}"


def never_closed(line: int) -> str:
    """Say that a CSV quote swallowed the rest of the file."""
    return f"a quote opened in line {line} is never closed; everything to the end of the file is in it"


def not_json(message: str, column: int) -> str:
    """Say what the parser said."""
    return f"not JSON: {message} in column {column}"


def twice(key: str) -> str:
    """Say that one of two values would be lost."""
    return f"the key {key!r} is there twice"


def not_an_object(value: object) -> str:
    """Say what JSON it is instead."""
    kinds: dict[type, str] = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return f"JSON, but {kinds.get(type(value), 'a number')} and not an object"
