"""What the org says of an object: its fields, and which of them may be set on create.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """A field as its describe has it. Only fields that the user may see are listed."""

    name: str
    label: str
    type: str
    """The describe's `type`: string, boolean, int, double, currency, percent, date, datetime, picklist, reference ..."""
    length: int
    """Most characters; 0 where the type has no length."""
    createable: bool
    nillable: bool
    defaulted_on_create: bool
    restricted_picklist: bool = False
    picklist: tuple[str, ...] = ()
    """Active API values."""
    reference_to: tuple[str, ...] = ()
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    """Values that differ only in upper and lower case are different ones to the org."""
    digits: int = 0
    """Most digits of an int; 0 where the type has none."""
    precision: int = 0
    """Most digits of a number in all, those after the decimal point included; 0 where the type has none."""
    scale: int = 0
    """Digits after the decimal point; what is beyond is cut by the org, without an error."""
    html: bool = False
    """Rich text: the org rewrites it before it counts characters."""
    cascade_delete: bool = False
    """Of a lookup: the record is deleted with the one that it leads to."""
    restricted_delete: bool = False
    """Of a lookup: what it leads to can't be deleted as long as there is this record."""

    @property
    def required(self) -> bool:
        """A create without it fails."""
        return self.createable and not self.nillable and not self.defaulted_on_create


@dataclass(frozen=True, slots=True)
class Relationship:
    """How records of one object hang under those of another."""

    name: str
    """As the parent calls its children of this kind: `Contacts`."""
    object: str
    """What they are."""
    field: str
    """The field of theirs that holds the parent's id."""


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record type as a describe has it in `recordTypeInfos`."""

    id: str
    name: str
    """In the user's language."""
    developer_name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Describe:
    """An object. `fields` has the fields' own names as keys, in the org's order; look one up with `field`, in any case."""

    name: str
    label: str
    key_prefix: str
    """First three characters of every id of this object."""
    createable: bool
    fields: Mapping[str, Field]
    lower: Mapping[str, str]
    """Each field's own name by its lower-case name: field names are case-insensitive in the API."""
    children: Mapping[str, Relationship] = field(default_factory=dict)
    """Its child relationships that have a name, by that name in lower case."""
    record_types: tuple[RecordType, ...] = ()

    def field(self, name: str) -> Field | None:
        """Find a field whatever the case of its name."""
        own = self.lower.get(name.lower())
        return None if own is None else self.fields[own]
