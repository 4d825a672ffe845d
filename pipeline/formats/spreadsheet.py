"""Cells that a spreadsheet would take for a formula, made harmless in files that people open with one, and back again.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import re
from collections.abc import Iterable

OURS = "treeload_"
"""How the columns begin that a rejected file has besides those of its source."""

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_FIRST = frozenset("'=+-@\t\r")


def escape(cell: str) -> str:
    """Put an apostrophe before a cell that begins like a formula. One that already has apostrophes there gets another."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unescape(cell: str) -> str:
    """Undo `escape`, exactly."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def escape_row(cells: Iterable[str]) -> list[str]:
    """Escape each cell; nearly all of them need only a look at their first character."""
    return [escape(cell) if cell[:1] in _FIRST else cell for cell in cells]
