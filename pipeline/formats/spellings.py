"""How a text reads in several encodings, for a person to choose: nothing in its bytes says which of them is right."""

import re
from contextlib import suppress

ONE_BYTE = ("cp1252", "cp1250", "cp1251", "mac-roman", "cp850")
"""What exports from spreadsheets, databases and old programs are in, most of all."""
SEVERAL_BYTES = ("shift_jis", "gb18030", "big5", "euc-kr")
WIDE = ("utf-16-le", "utf-16-be")

_AROUND = 24
_BETWEEN = re.compile(rb"[\r\n,;\t|\"]")
_NULS = 4
"""One NUL in so many bytes is no accident."""


def spellings(start: bytes) -> list[tuple[str, str]]:
    """Return how the first word reads that isn't UTF-8: encoding and text, each text once; none if all of it is UTF-8.

    Encodings in which it can't be read, or not as letters, are left out.
    """
    if start.count(b"\0") * _NULS > len(start):
        return _read(start[: 2 * _AROUND], WIDE)
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return _read(_word(start, error.start), (*ONE_BYTE, *SEVERAL_BYTES))
    return []


def _word(text: bytes, at: int) -> bytes:
    """Cut out the cell around a byte, or as much of it as a line can show."""
    before = _BETWEEN.split(text[max(at - _AROUND, 0) : at])[-1]
    return before + _BETWEEN.split(text[at : at + _AROUND])[0]


def _read(word: bytes, encodings: tuple[str, ...]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = word.decode(encoding).strip()
            if text.replace("\r", "").replace("\n", "").replace("\t", "").isprintable():
                found.setdefault(text.splitlines()[0] if text else "", encoding)
    return [(encoding, text) for text, encoding in found.items()]
