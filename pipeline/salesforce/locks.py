"""Row locks: which records an org locks while it creates others, and which requests would wait for each other because of it.

An org locks the record that a lookup leads to until the transaction is done, so that nobody deletes it meanwhile. A second
request for children of the same parent waits, and fails with UNABLE_TO_LOCK_ROW if that takes too long.

https://developer.salesforce.com/blogs/2014/07/record-locking-cheat-sheet
https://developer.salesforce.com/docs/atlas.en-us.draes.meta/draes/draes_object_relationships_record_level_locking.htm
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from pipeline.model.describe import Describe, Field
from pipeline.model.made import Keys

_REFERENCE_DATA = frozenset(
    {
        "BusinessHours",
        "CallCenter",
        "CurrencyType",
        "Group",
        "Pricebook2",
        "PricebookEntry",
        "Product2",
        "Profile",
        "RecordType",
        "User",
        "UserRole",
    }
)
"""Objects that all records lead to: that they are locked by each of these is nowhere said, and each of them would be one lane."""


def lock_fields(describe: Describe) -> list[str]:
    """Name the fields whose targets the org locks on create.

    A lookup of the vendor's always does. One of the customer's does unless it is simply cleared when its target is deleted: the
    cheat sheet says that it depends on the configuration, and no page says how exactly.
    """
    return [field.name for field in describe.fields.values() if _locks(field)]


def _locks(field: Field) -> bool:
    if not field.createable or not {*field.reference_to} - _REFERENCE_DATA:
        return False
    return not field.name.endswith("__c") or not field.nillable or field.cascade_delete or field.restricted_delete


class LockKeys:
    """Finds the ids that fields have in encoded records, at any level of a family.

    The field that repeats most in the first rows comes first: by it rows are kept together.
    """

    def __init__(self) -> None:
        self._names: Collection[str] = ()
        self._finders: list[Callable[[bytes], list[bytes]]] = []

    def of(self, records: Sequence[bytes], names: Collection[str]) -> Sequence[Keys]:
        """Return the keys of each record, found in the fields of these names; nothing if none has any."""
        if names != self._names:
            self._names = names
            self._finders = sorted(map(_finder, sorted(names)), key=lambda find: _variety(map(find, records)))
        if len(self._finders) == 1:
            keys = [*map(tuple, map(self._finders[0], records))]
        else:
            keys = [tuple([key for find in self._finders for key in find(record)]) for record in records]
        return keys if any(keys) else ()


def _finder(name: str) -> Callable[[bytes], list[bytes]]:
    # within a JSON text a quote has a backslash before it, so this is found in no value
    return re.compile(rb'"%b"\s*:\s*"([^"\\]{15})' % name.encode()).findall


def _variety(found: Iterable[list[bytes]]) -> float:
    """Say how seldom keys repeat: 1 if none does, or there are none."""
    keys = [key for each in found for key in each]
    return len({*keys}) / len(keys) if keys else 1.0
