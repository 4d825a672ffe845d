"""In which line of a TOML file each key stands, which no TOML library keeps. Only needed when something is wrong.

The text has been read by tomllib before, so it is known to be TOML: it is enough to tell keys, strings and brackets apart.
"""

import re
import tomllib
from collections.abc import Mapping

from pipeline.config.mistakes import Keys

_PIECE = r'''
    (?P<comment> \#[^\n]* )
  | (?P<text>    """ (?: [^\\] | \\. )*? """ "{0,2}
               | \'\'\' .*? \'\'\' '{0,2}
               | " (?: [^"\\] | \\. )* "
               | ' [^']* ' )
  | (?P<mark>    [\n\[\]{}=,.] )
  | (?P<bare>    [^\s\[\]{}=,.\#"']+ )
'''
_END = ("end", "", 0)


def lines_of_keys(text: str) -> Mapping[Keys, int]:
    """Give the line of each key, table and list item of a valid TOML text, counted from 1."""
    scan = _Scan(text.replace("\r\n", "\n"))
    scan.document()
    return scan.lines


def line_of(keys: Keys, lines: Mapping[Keys, int]) -> int:
    """Give the line of a key; of one that is missing the line of the nearest table around it; else the first line."""
    while keys and keys not in lines:
        keys = keys[:-1]
    return lines.get(keys, 1)


class _Scan:
    def __init__(self, text: str) -> None:
        self.lines: dict[Keys, int] = {}
        self._items: dict[Keys, int] = {}  # arrays of tables: the number of the last one
        self._tokens: list[tuple[str, str, int]] = []
        line, place = 1, 0
        for token in re.finditer(_PIECE, text, re.VERBOSE | re.DOTALL):
            line += text.count("\n", place, token.start())
            place = token.start()
            if token.lastgroup != "comment":
                self._tokens.append((str(token.lastgroup), token[0], line))
        self._tokens.append(_END)
        self._next = 0

    def document(self) -> None:
        table: Keys = ()
        while self._peek() != "":
            if self._peek() == "\n":
                self._take()
            elif self._peek() == "[":
                table = self._head()
            else:
                self._pair(table)

    def _peek(self) -> str:
        return self._tokens[self._next][1]

    def _take(self) -> tuple[str, str, int]:
        self._next += 1
        return self._tokens[self._next - 1]

    def _head(self) -> Keys:
        """Read `[a.b]` or `[[a.b]]`; of an array of tables the keys end with the item's number."""
        self._take()
        if array := self._peek() == "[":
            self._take()
        names, line = self._names("]")
        if array:
            self._take()
        table: Keys = ()
        for name in names[:-1]:
            table = self._within((*table, name), line)
        table = (*table, names[-1])
        if array:
            self.lines.setdefault(table, line)
            self._items[table] = self._items.get(table, -1) + 1
            table = (*table, self._items[table])
        self.lines[table] = line
        return table

    def _within(self, table: Keys, line: int) -> Keys:
        self.lines.setdefault(table, line)
        return (*table, self._items[table]) if table in self._items else table

    def _pair(self, table: Keys) -> None:
        """Read `key = value`, or `a.b = value`, which makes the table `a` too."""
        names, line = self._names("=")
        for name in names:
            table = (*table, name)
            self.lines.setdefault(table, line)
        self._value(table)

    def _names(self, end: str) -> tuple[list[str], int]:
        names = []
        line = self._tokens[self._next][2]
        while (token := self._take())[1] != end:
            kind, text, _ = token
            if kind == "text":
                names.append(tomllib.loads(f"key = {text}")["key"])
            elif kind == "bare":
                names.append(text)
        return names, line

    def _value(self, keys: Keys) -> None:
        if self._peek() == "[":
            self._array(keys)
        elif self._peek() == "{":
            self._inline_table(keys)
        else:
            while self._peek() not in {"\n", ",", "]", "}", ""}:
                self._take()

    def _array(self, keys: Keys) -> None:
        self._take()
        item = 0
        while self._peek() != "]":
            if self._peek() in {"\n", ","}:
                item += self._take()[1] == ","
                continue
            self.lines[*keys, item] = self._tokens[self._next][2]
            self._value((*keys, item))
        self._take()

    def _inline_table(self, keys: Keys) -> None:
        self._take()
        while self._peek() != "}":
            if self._peek() in {"\n", ","}:
                self._take()
            else:
                self._pair(keys)
        self._take()
