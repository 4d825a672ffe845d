"""In which encoding a file is: a byte order mark says it, or the job does; otherwise it is UTF-8, and nothing is guessed."""

import codecs
from contextlib import suppress
from difflib import get_close_matches
from encodings.aliases import aliases

from pipeline.errors import InputError
from pipeline.formats.flaws import UTF8
from pipeline.formats.window import Window

AUTO = "auto"
"""The file itself says it."""

_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONLY_WITH_MARK = frozenset({"utf-16", "utf-32"})
_NOT_OF_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})
_NULS = 4
"""One NUL in so many bytes is no accident: that is UTF-16 or UTF-32 without a mark."""


def codec_name(given: str) -> str:
    """Return Python's own name of an encoding, whose aliases are many: `cp1252` for `windows-1252`.

    Raises LookupError, with the nearest name if there is one, for what isn't an encoding of text.
    https://docs.python.org/3/library/codecs.html#standard-encodings
    """
    with suppress(LookupError, ValueError):
        name = codecs.lookup(given).name
        with suppress(UnicodeDecodeError):
            b"a".decode(name)  # a LookupError for base64, zlib, rot13
        if name not in _NOT_OF_FILES and not name.startswith("iso2022"):  # their decoders give up at a broken escape
            return UTF8 if name == "utf-8-sig" else name
    names = {name.replace("_", "-") for name in (*aliases, *aliases.values())}
    near = get_close_matches(given.lower().replace("_", "-"), sorted(names), 1)
    raise LookupError(f"; did you mean {near[0]}?" if near else "")


def find_encoding(name: str, start: bytes, encoding: str, *, whole: bool) -> str:
    """Tell the encoding from the first bytes of a file and from what the job says; a byte order mark outranks that.

    Raises InputError if it should be UTF-8 and there is nothing but ASCII and broken lines; with the place of the first.
    """
    for mark, marked in _MARKS:
        if start.startswith(mark):
            return marked
    if encoding == AUTO:
        _check(name, start, whole=whole)
        return UTF8
    known = codec_name(encoding)
    if known in _ONLY_WITH_MARK and start:
        raise InputError(f"{name}: has no byte order mark: set read.encoding to {known}-le or {known}-be")
    return known


def _check(name: str, start: bytes, *, whole: bool) -> None:
    if start.count(b"\0") * _NULS > len(start):
        at, what = start.index(b"\0"), "isn't UTF-8, but full of NUL bytes"
    else:
        try:
            codecs.getincrementaldecoder(UTF8)().decode(start, final=whole)
        except UnicodeDecodeError as error:
            at, what = error.start, "isn't UTF-8"
        else:
            return
        if any(map(_is_beyond_ascii, Window(start, ended=whole).lines())):
            return  # some lines are: the others are unreadable, each for itself
    raise InputError(
        f'{name}: {what} (byte 0x{start[at]:02X} at offset {at}): set read.encoding to what it is, as "cp1252" or "utf-16-le", '
        'or to "utf-8" if it is right and these lines are broken'
    )


def _is_beyond_ascii(line: bytes) -> bool:
    if line.isascii():
        return False
    with suppress(UnicodeDecodeError):
        line.decode()
        return True
    return False
