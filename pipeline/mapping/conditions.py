"""Which rows a condition means."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from pipeline.errors import UsageError
from pipeline.mapping.rules import Condition
from pipeline.model.row import AnyBlock, CellBlock

Chosen = Callable[[AnyBlock], list[bool]]
"""Tells of each row of a block whether it is meant."""


def chosen(condition: Condition, columns: Sequence[str], where: str) -> Chosen:
    """Settle how rows of a file with these columns are chosen.

    :raises UsageError: if the file has no such column; `where` names what asks for it.
    """
    names = [column.lower() for column in columns]
    name = condition.column.lower()
    if name not in names:
        raise UsageError(f"{where}: there is no column {condition.column!r}; there are {', '.join(columns)}")
    at = names.index(name)
    fits = _test(condition)

    def choose(block: AnyBlock) -> list[bool]:
        if isinstance(block, CellBlock):
            return [fits(row[at].strip()) for row in block.rows]
        return [fits(_text(row, columns[at], name)) for row in block.rows]

    return choose


def _test(condition: Condition) -> Callable[[str], bool]:
    if condition.filled is not None:
        wanted = condition.filled
        return lambda text: bool(text) == wanted
    texts = {text.strip().casefold() for text in condition.equals}
    return lambda text: text.casefold() in texts


def _text(row: Mapping[str, Any], key: str, name: str) -> str:
    value = row[key] if key in row else next((row[other] for other in row if other.lower() == name), None)
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else orjson.dumps(value).decode()
