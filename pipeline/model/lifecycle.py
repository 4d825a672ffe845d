"""The states of a chunk and the moves between them, as a table; and the final states of a row.

The drawing in `pipeline/README.md` is made from this table, and the journal refuses any other move.
"""

from collections.abc import Mapping
from enum import StrEnum


class ChunkState(StrEnum):
    """Where a chunk is."""

    PLANNED = "planned"
    SENDING = "sending"
    SETTLED = "settled"
    IN_DOUBT = "in_doubt"


MOVES: Mapping[tuple[ChunkState, ChunkState], str] = {
    (ChunkState.PLANNED, ChunkState.SENDING): "the intent is on the disk; bytes may leave",
    (ChunkState.SENDING, ChunkState.SETTLED): "created, or each of its rows has ended by itself",
    (ChunkState.SENDING, ChunkState.PLANNED): "it certainly was not done",
    (ChunkState.SENDING, ChunkState.IN_DOUBT): "it may have been done",
    (ChunkState.IN_DOUBT, ChunkState.SETTLED): "evidence or a person says that it was done",
    (ChunkState.IN_DOUBT, ChunkState.PLANNED): "evidence or a person says that it was not done",
}
"""Why a chunk goes from one state to another. There are no other moves."""


def drawing() -> str:
    """Draw the table as a Mermaid state diagram."""
    moves = [f"    {start} --> {end}: {why}" for (start, end), why in MOVES.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> planned", *moves, "    settled --> [*]"])


class RowState(StrEnum):
    """How a row ends: exactly one of these, and all of them are in the report."""

    CREATED = "created"
    RECOVERED = "recovered"
    DUPLICATE_IN_FILE = "duplicate_in_file"
    """It repeats the key of an earlier row, which stands for it: there is nothing to correct."""
    UNREADABLE = "unreadable"
    REJECTED_HERE = "rejected_here"
    REJECTED_BY_ORG = "rejected_by_org"
    IN_DOUBT = "in_doubt"
    NOT_ATTEMPTED = "not_attempted"
