"""The records of one object: kept without what can be worked out, and shown with it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.simulator import campaigns, ids
from pipeline.simulator.objects import NUMBERS, Field, SObject

_ADDRESS_PARTS = ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")
_DATES = frozenset({"CreatedDate", "LastModifiedDate", "SystemModstamp"})
_USERS = frozenset({"CreatedById", "LastModifiedById"})

Key = tuple[str, str]
"""Something unique: the name of its index, and the value as it is compared."""


class Record:
    """A record: what was given, and the second when (`2013-05-20T20:49:32.000+0000`: the org keeps no fractions)."""

    __slots__ = ("created", "id", "values")

    def __init__(self, record_id: str, created: str, values: Mapping[str, Any]) -> None:
        self.id = record_id
        self.created = created
        self.values = values


Getter = Callable[[Record], Any]


class Table:
    """All records of an object, in the order of their creation, by 18-character id."""

    def __init__(self, sobject: SObject, user_id: str) -> None:
        self.sobject = sobject
        self.rows: dict[str, Record] = {}
        self._user_id = user_id
        self._taken: dict[str, dict[str, str]] = {}
        self.getters = {name: self._getter(field) for name, field in sobject.fields.items()}
        """By field name: the function that reads the field of a record as the org shows it."""

    def add(self, record: Record) -> None:
        """Keep a record that was checked."""
        self.rows[record.id] = record
        for index, key in self.keys(record.values):
            self._taken.setdefault(index, {})[key] = record.id

    def keys(self, values: Mapping[str, Any]) -> Iterator[Key]:
        """List what must be unique about a record with these values."""
        for field in self.sobject.unique:
            value = values.get(field.name)
            if value is not None:
                yield field.name, fold(field, value)
        if self.sobject.name == campaigns.MEMBER:
            yield from campaigns.pairs(values)

    def holder(self, key: Key) -> str | None:
        """Name the record that has this key."""
        index, value = key
        return self._taken.get(index, {}).get(value)

    def shown(self, record: Record) -> dict[str, Any]:
        """Write a record with all its fields, as the org shows it."""
        return {name: getter(record) for name, getter in self.getters.items()}

    def _getter(self, field: Field) -> Getter:
        name, default = field.name, field.default
        if field.type == "address":
            return self._address(name)
        if name == "Name" and not field.createable and "LastName" in self.sobject.fields:
            return _full_name
        if name == "OwnerId" or name in _USERS:
            default = self._user_id
        if name == "Id":
            return lambda record: record.id
        if name in _DATES:
            return lambda record: record.created
        if field.auto_number:
            return lambda record: f"{ids.number_of(record.id):08d}"
        if name == "Name" and self.sobject.name.endswith("__c"):
            return lambda record: record.values.get(name) or ids.short(record.id)
        return lambda record: record.values.get(name, default)

    def _address(self, name: str) -> Getter:
        prefix = name.removesuffix("Address")
        parts = {part: f"{prefix}{part[0].upper()}{part[1:]}" for part in _ADDRESS_PARTS}

        def address(record: Record) -> dict[str, Any] | None:
            found = {part: record.values.get(field) for part, field in parts.items()}
            return found if any(value is not None for value in found.values()) else None

        return address


def fold(field: Field, value: Any) -> str:
    """Make a value comparable: most text fields don't tell upper from lower case, and 5 is 5.0."""
    if field.type in NUMBERS:
        return str(float(value))
    return str(value) if field.case_sensitive else str(value).lower()


def _full_name(record: Record) -> str | None:
    names = (record.values.get("FirstName"), record.values.get("LastName"))
    return record.values.get("Name") or " ".join(name for name in names if name) or None
