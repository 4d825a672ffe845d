"""From a file's own encoding to UTF-8, which is all that the readings know.

A byte that the encoding doesn't have becomes a mark that is not valid UTF-8, so that its line, and no other, is unreadable.
"""

import codecs
from collections.abc import Iterator

from pipeline.formats.flaws import MARKS

_ERRORS = "treeload.mark"


class Transcoding:
    """Turns bytes into UTF-8 as they come; pieces may be cut anywhere. Line ends stay what they are."""

    def __init__(self, encoding: str) -> None:
        """Take Python's name of an encoding."""
        self._decoder = codecs.getincrementaldecoder(encoding)(_ERRORS)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the text of the next bytes, as far as their characters are whole."""
        yield self._decoder.decode(piece).encode(errors="surrogatepass")

    def end(self) -> Iterator[bytes]:
        """Yield what half a character at the file's end is."""
        yield self._decoder.decode(b"", final=True).encode(errors="surrogatepass")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Replace each byte that can't be decoded by a surrogate that holds it."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(MARKS + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_ERRORS, _mark)
