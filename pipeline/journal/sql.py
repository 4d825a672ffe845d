"""Statements by name, from `statements.sql`: SQL stands there, each with a comment that says what it is for."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements() -> dict[str, str]:
    """Return all statements by name."""
    text = (files(__package__) / "statements.sql").read_text("utf-8")
    parts = _NAME.split(text)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def migrations() -> list[str]:
    """Return the migrations in order: the first makes a journal of version 1, each further one the next version."""
    folder = files(__package__) / "migrations"
    return [
        entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".sql")
    ]
