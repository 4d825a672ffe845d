"""Moves of a chunk: the journal makes those that the lifecycle knows, and refuses any other."""

import sqlite3
from collections.abc import Mapping

import orjson

from pipeline.errors import JournalError
from pipeline.model.lifecycle import MOVES, ChunkState

_BEFORE = {state: orjson.dumps([start for start, end in MOVES if end is state]).decode() for state in ChunkState}
"""The states from which each may be reached, as a JSON array."""


def move(
    db: sqlite3.Connection,
    sql: Mapping[str, str],
    number: int,
    to: ChunkState,
    *,
    attempts: int | None = None,
    sent_at: str | None = None,
    settled_at: str | None = None,
    reason: str | None = None,
    ids: bytes = b"",
    recovered: bool = False,
) -> None:
    """Move a chunk to another state.

    :raises JournalError: if the lifecycle has no such move from the state it is in.
    """
    row = {
        "number": number,
        "state": to,
        "attempts": attempts,
        "sent_at": sent_at,
        "settled_at": settled_at,
        "reason": reason,
        "ids": ids,
        "recovered": recovered,
        "allowed": _BEFORE[to],
    }
    if db.execute(sql["move_chunk"], row).rowcount < 1:  # a row for each file that it has rows of
        raise JournalError(f"chunk {number} can't become {to} from the state it is in")
