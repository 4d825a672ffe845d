"""Why a line can't be read, in plain words, and what is kept of it."""

RAW = 65_536
"""Bytes that are kept of an unreadable line at most."""


def without_end(line: bytes) -> bytes:
    """Return a line without its line end."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def flaw(line: bytes, offset: int) -> str | None:
    """Say what is wrong with the bytes of a line that begins at `offset` of the file: `None` if they are text."""
    nul = line.find(b"\0")
    if nul >= 0:
        return f"a NUL byte at offset {offset + nul} of the file"
    try:
        line.decode()
    except UnicodeDecodeError as error:
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


def not_an_object(value: object) -> str:
    """Say what JSON it is instead."""
    kinds: dict[type, str] = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return f"JSON, but {kinds.get(type(value), 'a number')} and not an object"
