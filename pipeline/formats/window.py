"""The part of a file that is in hand: bytes from a known offset and line on."""

BOM = b"\xef\xbb\xbf"


class Window:
    """Bytes in hand, added at the end and let go of at the beginning. A byte order mark at offset 0 is let go of at once."""

    def __init__(self, data: bytes = b"", offset: int = 0, line: int = 1, *, ended: bool = False) -> None:
        self.data = data
        self.offset = offset
        """Where `data` begins in the file, in bytes."""
        self.line = line
        """The physical line in which it begins. Lines end with `\\n`, `\\r` or `\\r\\n`."""
        self.ended = ended
        """Nothing follows it."""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the file in hand."""
        self.data += chunk
        if self.offset == 0 and self.data.startswith(BOM):
            self.pass_over(len(BOM), lines=0)

    def begins(self) -> bool:
        """Tell whether the file has not begun yet: what is in hand may become a byte order mark."""
        return self.offset == 0 and len(self.data) < len(BOM) and not self.ended

    def pass_over(self, size: int, *, lines: int) -> None:
        """Let go of the first `size` bytes; they hold that many line ends."""
        self.data = self.data[size:]
        self.offset += size
        self.line += lines

    def lines(self) -> list[bytes]:
        """Return the whole lines in hand, each with its end, which the last line of a file may lack."""
        lines = self.data.splitlines(keepends=True)
        if lines and not self.ended and not lines[-1].endswith(b"\n"):
            lines.pop()  # not whole, or its \r is the first half of a \r\n
        return lines

    def piece(self) -> bytes:
        """Return what is in hand, whole lines or not, but never the first half of a double line end."""
        return self.data[:-1] if self.data.endswith(b"\r") and not self.ended else self.data


def count_lines(piece: bytes) -> int:
    """Count line ends."""
    return piece.count(b"\n") + piece.count(b"\r") - piece.count(b"\r\n")
