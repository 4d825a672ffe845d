"""What a field is, by the values that data has for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline.simulator import ids

LONGEST_STRING = 255
LONGEST_TEXT = 131_072
DIGITS = 18
"""Of a number, on both sides of the point."""
SCALE = 2
"""Behind the point, at least: whole numbers in a sample don't say that there are no others."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)")
_EXPORTED = re.compile(r"@(\w+?)Ref\d+")
"""A reference as the Salesforce CLI exports it: it begins with the object."""
_ID_LENGTH = 18

Find = Callable[[str], str | None]
"""Names the object of a reference, or of an id; None if nobody knows."""


@dataclass(slots=True)
class Sighting:
    """All values of a field so far, as far as they tell what it is."""

    name: str
    kinds: set[str] = field(default_factory=set)
    longest: int = 0
    scale: int = 0
    whole: int = 1
    """Digits before the point."""
    references: set[str] = field(default_factory=set)
    """`@` references, and ids."""

    def note(self, value: Any) -> None:
        """Look at one more value; null and "" tell nothing."""
        if value is None or value == "":
            return
        kind = self._kind(value)
        self.kinds.add(kind)
        if kind == "number":
            before, _, behind = f"{abs(Decimal(str(value))):f}".partition(".")
            self.whole = max(self.whole, len(before))
            self.scale = max(self.scale, len(behind.rstrip("0")))
        elif isinstance(value, str):
            self.longest = max(self.longest, len(value))

    def facts(self, find: Find) -> dict[str, Any]:
        """Write the field down as our describe files do. `find` knows the objects of references and ids."""
        label = self.name.removesuffix("__c").replace("_", " ")
        facts: dict[str, Any] = {"name": self.name, "label": label, "custom": self.name.endswith(("__c", "__s"))}
        return {**facts, **self._type(find)}

    def _type(self, find: Find) -> Mapping[str, Any]:
        if self.kinds == {"boolean"}:
            return {"type": "boolean"}
        if self.kinds == {"number"}:
            return {"type": "double", "scale": max(0, min(max(self.scale, SCALE), DIGITS - self.whole))}
        if self.kinds in ({"date"}, {"datetime"}):
            return {"type": next(iter(self.kinds))}
        targets = sorted({found for reference in self.references if (found := find(reference))})
        if targets and self.kinds == {"reference"}:
            many = len(targets) > 1
            return {
                "type": "reference", "referenceTo": targets, "relationshipName": relationship(self.name),
                "polymorphicForeignKey": many, "namePointing": many,
            }  # fmt: skip
        if self.longest <= LONGEST_STRING:
            return {"type": "string", "length": LONGEST_STRING}
        closed = {"aggregatable": False, "filterable": False, "groupable": False, "sortable": False}
        return {"type": "textarea", "length": LONGEST_TEXT, **closed}

    def _kind(self, value: Any) -> str:
        if isinstance(value, bool):
            return "boolean"
        if isinstance(value, int | float):
            return "number"
        if not isinstance(value, str):
            return "text"
        if value.startswith("@") or (len(value) == _ID_LENGTH and ids.whole(value) is not None):
            self.references.add(value)
            return "reference"
        if _DATE.fullmatch(value):
            return "date"
        return "datetime" if _DATETIME.fullmatch(value) else "text"


def object_in(reference: str) -> str | None:
    """Read the object's name out of an exported reference: `Account` of `@AccountRef1`."""
    found = _EXPORTED.fullmatch(reference)
    return found[1] if found else None


def relationship(field_name: str) -> str:
    """Name the way from a lookup field to its parent: `Account` of `AccountId`, `Market__r` of `Market__c`."""
    if field_name.endswith("__c"):
        return field_name.removesuffix("c") + "r"
    return field_name.removesuffix("Id")
