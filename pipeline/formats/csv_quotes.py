"""Where a CSV row ends, for rows that are too long to be held: the grammar of Python's csv module, without the cells."""

import re
from enum import Enum, auto

from pipeline.formats.window import count_lines


class _State(Enum):
    """Where in a cell we are.

    CELL -- quote ------> QUOTED    QUOTED -- quote -----> QUOTE
    CELL -- other ------> PLAIN     QUOTE --- quote -----> QUOTED (a doubled quote)
    PLAIN - delimiter --> CELL      QUOTE --- other -----> PLAIN
    PLAIN - line end ---> the row's end
    """

    CELL = auto()
    PLAIN = auto()
    QUOTED = auto()
    QUOTE = auto()


class RowEnd:
    """Looks for the end of one row, whose bytes it is given piece after piece, from its beginning on."""

    def __init__(self, line: int, delimiter: str, quote: str) -> None:
        self.line = line
        """The line that was reached."""
        self.quoted_in = line
        """The line in which a quote was last opened."""
        self._state = _State.CELL
        self._quote = quote.encode()
        self._delimiter = delimiter.encode()
        self._stop = re.compile(rb"\r\n|\r|\n|" + re.escape(self._delimiter))

    @property
    def in_quotes(self) -> bool:
        """A quote was opened and isn't closed yet."""
        return self._state is _State.QUOTED

    def find(self, piece: bytes) -> int | None:
        """Return the position after the row's end, or `None` if the row goes on after this piece."""
        position, opened = 0, None
        while position < len(piece):
            if self._state is _State.PLAIN:
                stop = self._stop.search(piece, position)
                if stop is None:
                    break
                position = stop.end()
                if stop[0] != self._delimiter:
                    self.line += count_lines(piece[: stop.start()])
                    return position
                self._state = _State.CELL
            elif self._state is _State.QUOTED:
                at = piece.find(self._quote, position)
                if at < 0:
                    break
                position = at + len(self._quote)
                self._state = _State.QUOTE
            elif piece.startswith(self._quote, position):
                opened = position if self._state is _State.CELL else opened
                position += len(self._quote)
                self._state = _State.QUOTED
            else:
                self._state = _State.PLAIN
        if opened is not None:
            self.quoted_in = self.line + count_lines(piece[:opened])
        self.line += count_lines(piece)
        return None
