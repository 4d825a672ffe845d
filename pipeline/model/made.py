"""What the rows of a block became: the step between rows and chunks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model.record import FieldError, Kin
from pipeline.model.row import AnyBlock

Keys = tuple[bytes, ...]
"""What a record and those under it make the org lock: ids, each by its first 15 characters."""
Faults = Mapping[int, tuple[FieldError, ...]]
"""What is wrong with rows, by their position in the block."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is sent by itself of a family that is larger than a request: a record, and what goes with it under it."""

    own: Kin
    """The record that begins it; its source is what can be corrected and loaded, if the org refuses it."""
    record: bytes
    """With what goes with it, and with the id of the record that it belongs under."""
    kin: tuple[Kin, ...] = ()
    wave: int = 0
    """How many passes go before the one that can take it; 0: it can go now."""
    errors: tuple[FieldError, ...] = ()
    """Why it can never go, if so."""
    keys: Keys = ()
    """See `Made.keys`."""


@dataclass(frozen=True, slots=True)
class Made:
    """The records of a block's rows; the lists are parallel to the block's own."""

    references: list[str]
    records: list[bytes]
    """Of each row its record with all that hangs under it, encoded; of a row with faults nothing that counts."""
    faults: Faults
    object: str
    """What the rows became ..."""
    objects: Sequence[str] = ()
    """... or each of them, where they differ."""
    kin: Sequence[tuple[Kin, ...]] = ()
    """What hangs under the record of each row; empty: nothing hangs under any."""
    waiting: Mapping[int, int] = field(default_factory=dict)
    """Rows that have to wait for others, by their position in the block: how many passes go before theirs."""
    scattered: bool = False
    """Rows of the file go in several passes, each those that lie between others."""
    parts: Mapping[int, tuple[Part, ...]] = field(default_factory=dict)
    """Rows whose families don't go as a whole, by their position in the block: what of them has no place in the journal yet."""
    kin_faults: Mapping[int, Mapping[str, tuple[FieldError, ...]]] = field(default_factory=dict)
    """What is wrong with records that hang under a row's own and are rows of other files: by its position and by reference."""
    aside: bool = False
    """Only rows with faults end here; the others go with the families of another file's rows."""
    keys: Sequence[Keys] = ()
    """What each row's record makes the org lock; empty: no row's does."""


Make = Callable[[AnyBlock], Made]
Portions = Callable[[AnyBlock], Iterable[AnyBlock]]
"""Parts a block whose rows, with what hangs under their records, would be too much at once."""
