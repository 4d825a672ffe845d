"""What came of one try of one request: a closed union, matched exhaustively.

Created          every record exists, each with its id
Partly           each record fares by itself: some exist, the others were not created
Rejected         nothing was created; these records are named, each with all its errors
Nameless         nothing was created because of some record, and no record is named
Hindered         nothing was created because of what happens in the org at this moment (a row lock)
Overtaxed        nothing was created because the request was too much for the org's own limits (its time, its queries)
Refused          nothing was created; the request as such is wrong (an unknown field, a missing permission)
Throttled        nothing was created; fewer or later, please
Exhausted        nothing was created; the day's allowance of calls is gone
Unavailable      nothing was created; the request certainly never ran
SessionExpired   nothing was created; the token is no longer good
InDoubt          it may have been executed. A reply that is not understood is in doubt
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model.record import Chunk, FieldError, RowEnd


@dataclass(frozen=True, slots=True)
class Created:
    """`ids[reference]` for exactly the references that were sent."""

    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """`errors[reference]`: only the named records; the others are innocent."""

    errors: Mapping[str, tuple[FieldError, ...]]
    existing: Mapping[str, str] = field(default_factory=dict)
    """Of those, the ones that the org refuses because a record holds their value already: its id, or nothing if it is masked."""


@dataclass(frozen=True, slots=True)
class Partly:
    """Of exactly the references that were sent each is in one of `ids`, `errors` and `hindered`."""

    ids: Mapping[str, str]
    errors: Mapping[str, tuple[FieldError, ...]]
    existing: Mapping[str, str] = field(default_factory=dict)
    """As of `Rejected`."""
    hindered: Mapping[str, tuple[FieldError, ...]] = field(default_factory=dict)
    """Records whose errors pass: they may go through later."""


@dataclass(frozen=True, slots=True)
class Nameless:
    """Errors of the request as a whole that come from a record or from all of them together, such as a trigger's."""

    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Hindered:
    """Errors that pass: the same request may go through later, or a smaller one now."""

    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Overtaxed:
    """Errors of code in the org that had too much to do: a smaller request may go through."""

    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Errors of the request as a whole, and the HTTP status."""

    status: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Throttled:
    """`retry_after` in seconds, where the org gave one."""

    reason: str
    retry_after: float | None = None
    too_many: bool = False
    """The org has too many requests at once."""
    too_long: bool = False
    """It has too many at once that its own code takes long for."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The org's daily allowance of API requests is used up."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The request didn't reach the org, or the org said in its own words that it did nothing."""

    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class SessionExpired:
    """401 with the org's own code: refused before it ran."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """No proof either way."""

    reason: str


Outcome = (
    Created
    | Partly
    | Rejected
    | Nameless
    | Hindered
    | Overtaxed
    | Refused
    | Throttled
    | Exhausted
    | Unavailable
    | SessionExpired
    | InDoubt
)


@dataclass(frozen=True, slots=True)
class Ended:
    """Every row that was left of the chunk has ended by itself."""

    rows: Sequence[RowEnd]


@dataclass(frozen=True, slots=True)
class NotAttempted:
    """The run ended before this chunk was sent, or after tries that certainly did nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a chunk ends in this session."""

    chunk: Chunk
    outcome: Created | Ended | InDoubt | NotAttempted
    ended: Sequence[RowEnd] = ()
    """Rows that ended by themselves while the others were created."""
