"""The part of a file that is in hand: bytes from a known offset and line on, as many as were asked for."""

from collections.abc import Callable, Iterable

from pipeline.formats.flaws import RAW

BOM = b"\xef\xbb\xbf"


class Window:
    """Bytes in hand, and what can be asked of them. A byte order mark at the beginning of the file is passed over."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = b""
        self.offset = 0
        """Where `data` begins in the file, in bytes."""
        self.line = 1
        """The physical line that begins there: `\\n`, `\\r` and `\\r\\n` end a line."""
        self.ended = False
        """Nothing follows `data`. Known only after it was tried to read on."""
        self.grow(len(BOM))
        if self.data.startswith(BOM):
            self.pass_over(len(BOM), lines=0)

    def grow(self, size: int) -> bool:
        """Read on until `size` bytes are in hand or the file ends; say whether there are any."""
        parts, held = [self.data], len(self.data)
        while held < size and not self.ended:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.ended = True
            else:
                parts.append(chunk)
                held += len(chunk)
        self.data = b"".join(parts)
        return held > 0

    def lines(self) -> list[bytes]:
        """Return the whole lines in hand, each with its end, which the last line of a file may lack."""
        lines = self.data.splitlines(keepends=True)
        if lines and not self.ended and not lines[-1].endswith(b"\n"):
            lines.pop()  # not whole, or its \r is the first half of a \r\n
        return lines

    def pass_over(self, size: int, *, lines: int) -> None:
        """Let go of the first `size` bytes; they hold that many line ends."""
        self.data = self.data[size:]
        self.offset += size
        self.line += lines

    def pass_over_to(self, find_end: Callable[[bytes], int | None]) -> tuple[bytes, int]:
        """Let go of what is too long to be held, without ever holding it.

        `find_end` gets piece after piece, until it returns how much of a piece still belongs to it. Returns its first
        bytes and its size; after it the file may have ended.
        """
        start, size, end = b"", 0, None
        while end is None and self.grow(1):
            piece = self._piece()
            end = find_end(piece)
            piece = piece[:end]
            start += piece[: RAW - len(start)]
            size += len(piece)
            self.pass_over(len(piece), lines=count_lines(piece))
        return start, size

    def _piece(self) -> bytes:
        """Return what is in hand, but never the first half of a double line end."""
        if self.data == b"\r":
            self.grow(2)
        cut = self.data.endswith(b"\r") and len(self.data) > 1
        return self.data[:-1] if cut else self.data


def count_lines(piece: bytes) -> int:
    """Count line ends."""
    return piece.count(b"\n") + piece.count(b"\r") - piece.count(b"\r\n")
