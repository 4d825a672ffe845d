"""A record of a family, on its way from its row to a request."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.assembly.kinds import Kind
from pipeline.salesforce import tree


@dataclass(slots=True, eq=False)
class Member:
    """A record of a family, on its way."""

    kind: Kind
    at: int
    """Its row's position in the block."""
    place: int
    """Line of its row, and so many times MEMBER as there are records before it."""
    reference: str
    parent: "Member | None" = None
    relationship: str = ""
    path: str = ""
    row: Any = None
    raw: bytes = b""
    record: bytes = b""
    below: dict[str, list["Member"]] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """Name the field that holds the id of the record that it hangs under; empty, if it hangs under none."""
        return self.parent.kind.describe.children[self.relationship.lower()].field if self.parent else ""

    def whole(self) -> bytes:
        """Return its record with all that hangs under it."""
        if not self.below:
            return self.record
        return tree.hang(self.record, {name: [member.whole() for member in members] for name, members in self.below.items()})
