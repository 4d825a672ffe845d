"""Where the elements of a `.json` file begin, and what may follow them: of an array, or of the `records` of a tree file.

A tree file is what `sf data export tree` writes, `{"records": [...]}`. Keys beside `records` (an answer to a query has
`totalSize` and `done`) are passed over.
https://developer.salesforce.com/docs/atlas.en-us.sfdx_cli_reference.meta/sfdx_cli_reference/cli_reference_data_commands_unified.htm
"""

import re
from contextlib import suppress

import orjson

from pipeline.formats.flaws import RAW, flaw, not_json, twice
from pipeline.formats.json_keys import repeated_key

BLANKS = b" \t\r\n"
"""What JSON takes for white space."""
OPENING = 1_048_576
"""Bytes within which the records of a tree file must begin."""

NO_ARRAY = 'no JSON array, which begins with [, and no tree file, which is {"records": [...]}'
_TOKEN = re.compile(rb'[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^ \t\r\n"{}\[\]:,]+)', re.DOTALL)
_DEEPER = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


def find_elements(text: bytes) -> int | str | None:
    """Find where the first element may begin, in bytes; or say why the text holds none. `None`: more of it is needed.

    `text` is the file from its beginning on, without a byte order mark.
    """
    start = len(text) - len(text.lstrip(BLANKS))
    if text.startswith(b"[", start):
        return start + 1
    if text.startswith(b"{", start):
        return _find_records(text[: start + OPENING], start)
    return NO_ARRAY if start < len(text) else None


def fault_behind(text: bytes) -> str | None:
    """Say what is wrong with the rest of a tree file, from behind the end of its records on: `None` if it is whole."""
    if len(text) > RAW:
        return f"more than {RAW:,} bytes follow the records"
    whole = b'{"records":[]' + text
    if not text.strip(BLANKS):
        return "the object around the records is never closed"
    if reason := _fault(whole):
        return f"behind the records: {reason}"
    return None


def _find_records(text: bytes, start: int) -> int | str | None:
    before: tuple[bytes, bytes] = (b"", b"")
    depth, at = 0, start
    while token := _TOKEN.match(text, at):
        sign, at = token[1], token.end()
        if depth == 1 and before[1] == b":" and _is_key(before[0]):
            if sign == b"[":
                return _fault(text[start:at] + b"]}") or at
            return 'a JSON object whose "records" are no array'
        depth += _DEEPER.get(sign, 0)
        if depth == 0:
            return 'a JSON object without "records"'
        before = before[1], sign
    return None if len(text) < start + OPENING else f'a JSON object without "records" within {OPENING:,} bytes'


def _is_key(token: bytes) -> bool:
    with suppress(orjson.JSONDecodeError):
        return bool(orjson.loads(token) == "records") if b"\\" in token else token == b'"records"'
    return False


def _fault(text: bytes) -> str | None:
    if reason := flaw(text, 0):
        return reason
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return not_json(error.msg, error.colno)
    key = repeated_key(text)
    return None if key is None else twice(key)
