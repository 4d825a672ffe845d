"""The records of one object: kept without what can be worked out, and shown with it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.simulator import campaigns, ids
from pipeline.simulator.objects import NUMBERS, Field, SObject

_ADDRESS_PARTS = ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")
_MODIFIED = frozenset({"LastModifiedDate", "SystemModstamp"})
_USERS = frozenset({"CreatedById", "LastModifiedById"})

Key = tuple[str, str]
"""Something unique: the name of its index, and the value as it is compared."""


class Record:
    """A record: what was given, and the seconds when (`2013-05-20T20:49:32.000+0000`: the org keeps no fractions)."""

    __slots__ = ("created", "deleted", "id", "modified", "values")

    def __init__(
        self, record_id: str, created: str, values: Mapping[str, Any], modified: str | None = None, *, deleted: bool = False
    ) -> None:
        self.id = record_id
        self.created = created
        self.values = values
        self.modified = modified or created
        self.deleted = deleted


Getter = Callable[[Record], Any]


class Table:
    """All records of an object, in the order of their creation, by 18-character id."""

    def __init__(self, sobject: SObject, user_id: str) -> None:
        self.sobject = sobject
        self.rows: dict[str, Record] = {}
        self.bin: dict[str, Record] = {}
        """What was deleted and can still be queried, with queryAll."""
        self._user_id = user_id
        self._taken: dict[str, dict[str, str]] = {}
        self._found_by: dict[Field, dict[str, dict[str, None]]] = {}
        self.getters = {name: self._getter(field) for name, field in sobject.fields.items()}
        """By field name: the function that reads the field of a record as the org shows it."""

    def add(self, record: Record) -> None:
        """Keep a record that was checked."""
        self.rows[record.id] = record
        for index, key in self.keys(record.values):
            self._taken.setdefault(index, {})[key] = record.id
        for field, ids_by_value in self._found_by.items():
            _note(ids_by_value, field, record)

    def swap(self, record_id: str, record: Record | None) -> Record | None:
        """Put another state in the place of a record's, also that it isn't there (None). Gives the state that it had."""
        before = self.rows.get(record_id) or self.bin.get(record_id)
        if before is not None and not before.deleted:
            self._release(before)
        if record is None or record.deleted:
            self.rows.pop(record_id, None)
        if record is None or not record.deleted:
            self.bin.pop(record_id, None)
        if record is not None and record.deleted:
            self.bin[record_id] = record
        elif record is not None:
            self.add(record)
        return before

    def find(self, field: Field, value: Any) -> list[str]:
        """List the ids of the records that have this value in a key field; the field is indexed when it is first asked for."""
        if field not in self._found_by:
            self._found_by[field] = {}
            for record in self.rows.values():
                _note(self._found_by[field], field, record)
        return list(self._found_by[field].get(fold(field, value), ()))

    def _release(self, record: Record) -> None:
        for index, key in self.keys(record.values):
            if self._taken[index].get(key) == record.id:
                del self._taken[index][key]
        for field, ids_by_value in self._found_by.items():
            if (value := record.values.get(field.name)) is not None:
                ids_by_value[fold(field, value)].pop(record.id, None)

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
        if name == "CreatedDate":
            return lambda record: record.created
        if name in _MODIFIED:
            return lambda record: record.modified
        if name == "IsDeleted":
            return lambda record: record.deleted
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


def merged(sobject: SObject, values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put changes over values; a null takes a value away, but stays where it overrides the field's default."""
    both = {**values, **changes}
    return {name: value for name, value in both.items() if value is not None or name in sobject.defaults}


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """List what is otherwise than before; null where it was taken away."""
    names = dict.fromkeys((*now, *before))
    return {name: now.get(name) for name in names if now.get(name) != before.get(name)}


def _note(ids_by_value: dict[str, dict[str, None]], field: Field, record: Record) -> None:
    if (value := record.values.get(field.name)) is not None:
        ids_by_value.setdefault(fold(field, value), {})[record.id] = None


def _full_name(record: Record) -> str | None:
    names = (record.values.get("FirstName"), record.values.get("LastName"))
    return record.values.get("Name") or " ".join(name for name in names if name) or None
