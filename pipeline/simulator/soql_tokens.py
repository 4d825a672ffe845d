"""The words of SOQL: a text cut into tokens, and what a quoted string stands for.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
"""

import re
from typing import NamedTuple


class SoqlError(Exception):
    """The text isn't a query. `at` is the position of the token that doesn't fit."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class Token(NamedTuple):
    """A piece of the text; `kind` is string, dateTime, date, number, word, sign, wrong or end."""

    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The token in upper case, if it is a word: keywords are case-insensitive."""
        return self.text.upper() if self.kind == "word" else ""


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<dateTime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z][\w.]*)
    | (?P<sign>!=|<>|<=|>=|[=<>(),])
    | (?P<wrong>\S)
    | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n", "N": "\n", "r": "\r", "R": "\r", "t": "\t", "T": "\t", "b": "\b", "B": "\b", "f": "\f", "F": "\f",
    '"': '"', "'": "'", "\\": "\\",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens, of which the last is the end."""
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise SoqlError("unexpected token", at)
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return found


def unquote(literal: str, at: int = 0, *, like: bool = False) -> str:
    r"""Read a quoted literal. Escapes of LIKE (`\_`, `\%`, `\\`) stay in a pattern. Raises SoqlError for any other escape."""

    def plain(found: re.Match[str]) -> str:
        escaped = found[1]
        if like and escaped in {"_", "%", "\\"}:
            return found[0]
        if escaped in _ESCAPED:
            return _ESCAPED[escaped]
        if len(escaped) > 1:
            return chr(int(escaped[1:], 16))
        reason = f"Illegal character sequence '{found[0]}' in string literal."
        raise SoqlError(f"Invalid string literal {literal}. {reason}", at)

    return _ESCAPE.sub(plain, literal[1:-1])
