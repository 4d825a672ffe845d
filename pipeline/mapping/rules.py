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
