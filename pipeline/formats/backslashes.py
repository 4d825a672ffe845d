r"""CSV whose quotes are escaped by a backslash becomes CSV whose quotes are doubled, which is all that the reading knows.

Within quotes `\"` is a quote and `\\` a backslash. A backslash before anything else, or in a cell without quotes, is itself:
no other escape is undone, for nobody says which ones a file means (`C:\new` holds no line end).
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto

_LONGEST = 5
"""Bytes of the longest sign: a backslash and a character."""


class _State(Enum):
    """Where in a cell we are: as in `csv_quotes`."""

    CELL = auto()
    PLAIN = auto()
    QUOTED = auto()
    QUOTE = auto()


class Doubling:
    """Rewrites bytes as they come; pieces may be cut anywhere. Lines keep their numbers, for no line end comes or goes."""

    def __init__(self, delimiter: str, quote: str) -> None:
        self._quote = quote.encode()
        self._delimiter = delimiter.encode()
        self._escaped = b"\\" + self._quote
        either = re.escape(self._quote)
        self._sign = re.compile(rb"\\(?:\\|%b)|%b|%b|[\r\n]" % (either, either, re.escape(self._delimiter)))
        self._state = _State.CELL
        self._held = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next bytes become; the last few wait, for they may be half of a sign."""
        data = self._held + piece
        written, end = self._rewritten(data, len(data) - _LONGEST)
        self._held = data[end:]
        yield written

    def end(self) -> Iterator[bytes]:
        """Yield what was held back."""
        written, _ = self._rewritten(self._held, len(self._held))
        self._held = b""
        yield written

    def _rewritten(self, data: bytes, limit: int) -> tuple[bytes, int]:
        """Rewrite everything that begins before the limit; return that, and where the rest begins."""
        written: list[bytes] = []
        copied = at = 0
        for match in self._sign.finditer(data):
            if match.start() >= limit:
                break
            if match.start() > at:
                self._pass_text()
            at = match.end()
            new = self._pass_sign(match[0])
            if new is not None:
                written += data[copied : match.start()], new
                copied = at
        if limit > at:
            self._pass_text()
            at = limit
        written.append(data[copied:at])
        return b"".join(written), at

    def _pass_text(self) -> None:
        if self._state is not _State.QUOTED:
            self._state = _State.PLAIN

    def _pass_sign(self, sign: bytes) -> bytes | None:
        """Go on to the state behind a sign; return what it becomes, if that is something else."""
        if self._state is _State.QUOTED:
            if sign == self._escaped:
                return self._quote * 2
            if sign == b"\\\\":
                return b"\\"
            if sign == self._quote:
                self._state = _State.QUOTE
        elif sign == self._quote and self._state is not _State.PLAIN:
            self._state = _State.QUOTED
        elif sign == self._delimiter or sign in b"\r\n":
            self._state = _State.CELL
        else:
            self._state = _State.PLAIN
        return None


def doubled(lines: Iterable[str], delimiter: str, quote: str) -> Iterator[str]:
    """Rewrite whole lines, each with its line end."""
    doubling = Doubling(delimiter, quote)
    for line in lines:
        yield b"".join((*doubling.feed(line.encode(errors="surrogatepass")), *doubling.end())).decode(errors="surrogatepass")
