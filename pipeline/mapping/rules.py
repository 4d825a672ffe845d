"""What a job says about its columns: the `[mapping]` table of the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Constant = str | bool | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRules:
    """How columns become fields. A column that is a field's name needs no entry."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column = field, for every column whose name is not the field's own (upper and lower case are the same)."""
    constants: Mapping[str, Constant] = field(default_factory=dict)
    """Field = value, set on every record."""
    ignore: tuple[str, ...] = ()
    """Columns that are not loaded. A column that is neither mapped nor ignored stops the run."""
    empty_cells: Literal["omit", "null"] = "omit"
    """What an empty CSV cell means: `omit` leaves the field out, so that the org's default applies; `null` sends null."""
    marker: str = ""
    """Field that gets a mark of each row: a text field of 40 characters or more, unique, filled by nothing else. With it, what
    became of a request whose reply was lost is told by one query, and a record can't be created twice."""
    key: str = ""
    """Field that names each row by a business key: unique in the org, given by a column, never empty. Where there is no
    marker, it tells what became of a request whose reply was lost."""
    check: bool = False
    """Whether values are held against the org's describe before they are sent: lengths, ranges, picklists, ids, addresses,
    required fields. A row that the org would surely refuse is then rejected here; `false` sends it and lets the org decide."""
    bad_rows: Literal["reject", "stop"] = "reject"
    """What becomes of a file with rows that are unreadable or would be rejected here: `reject` sends the others; `stop` reads
    everything before the first send, and if there is a single such row nothing is sent."""
