"""The states of a chunk and the moves between them, as a table; and the final states of a row.

planned -> sending -> settled
              |-> in_doubt
              |-> planned      (it certainly was not done)
"""

from enum import StrEnum


class ChunkState(StrEnum):
    """Where a chunk is."""

    PLANNED = "planned"
    SENDING = "sending"
    SETTLED = "settled"
    IN_DOUBT = "in_doubt"


MOVES: frozenset[tuple[ChunkState, ChunkState]] = frozenset(
    {
        (ChunkState.PLANNED, ChunkState.SENDING),
        (ChunkState.SENDING, ChunkState.PLANNED),
        (ChunkState.SENDING, ChunkState.SETTLED),
        (ChunkState.SENDING, ChunkState.IN_DOUBT),
    }
)


class RowState(StrEnum):
    """How a row ends: exactly one of these, and all of them are in the report."""

    CREATED = "created"
    UNREADABLE = "unreadable"
    REJECTED_HERE = "rejected_here"
    REJECTED_BY_ORG = "rejected_by_org"
    IN_DOUBT = "in_doubt"
    NOT_ATTEMPTED = "not_attempted"
