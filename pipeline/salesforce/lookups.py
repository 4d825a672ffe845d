"""Ids of records that exist, asked for by what one of their fields holds: the questions in SOQL, and whose answer is whose.

The org compares most text without its case, and perhaps more loosely than that, so an answer needn't look like what was asked.
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.errors import OrgUnavailable
from pipeline.model.describe import Field
from pipeline.model.record_id import is_record_id
from pipeline.salesforce.query import quoted
from pipeline.salesforce.questions import comparable

RECORD_TYPE = "RecordType"
TEXTS = frozenset({"string", "email", "phone", "url", "picklist", "combobox"})
NUMBERS = frozenset({"int", "long", "double"})
"""Types of fields, beside those of text, that may be looked up by: an external id can be a number."""
MOST_IDS = 2
"""Ids that are kept of a value: with two of them it isn't clear."""


@dataclass(frozen=True, slots=True)
class Place:
    """The field that values are looked up in; of record types only those of one object count, and only active ones."""

    sobject: str
    field: Field
    record_types_of: str = ""

    def can_have(self, value: str) -> bool:
        """Tell whether the field can hold such a value at all; others needn't be asked for."""
        if self.field.type in NUMBERS:
            return isinstance(comparable(value, self.field.type), Decimal)
        return bool(value.strip()) and not 0 < self.field.length < len(value.strip())

    def same(self, value: object) -> object:
        """Make values equal that the org surely holds for the same."""
        found = comparable(value, self.field.type)
        return found.lower() if isinstance(found, str) and not self.field.case_sensitive else found


def question(place: Place, values: Iterable[str], *, most: int = 0) -> str:
    """Ask which records have these values; for `most` of them, if it isn't 0."""
    literal = _number if place.field.type in NUMBERS else quoted
    wanted = ", ".join(map(literal, values))
    name = place.field.name
    terms = [f"{name} IN ({wanted})"]
    if place.record_types_of:
        terms += [f"SobjectType = {quoted(place.record_types_of)}", "IsActive = TRUE"]
    return f"SELECT Id, {name} FROM {place.sobject} WHERE {' AND '.join(terms)}" + f" LIMIT {most}" * bool(most)


def matched(place: Place, values: Sequence[str], records: Iterable[Mapping[str, Any]]) -> tuple[dict[str, list[str]], bool]:
    """Say which ids each value has, two at most, and whether records are left that are nobody's.

    A record is an answer to one of the values: if there is only one, it is to that. What is nobody's belongs to one of several
    that the org compares more loosely than `Place.same`: they have to be asked for in smaller questions.

    :raises OrgUnavailable: if a record has no id.
    """
    found: dict[str, list[str]] = {value: [] for value in values}
    alike: dict[object, list[str]] = {}
    for value in values:
        alike.setdefault(place.same(value), []).append(value)
    strangers = False
    for record in records:
        key = record.get("Id")
        if not isinstance(key, str) or not is_record_id(key):
            raise OrgUnavailable(f"can't look up {place.sobject}.{place.field.name}: the org answers a record without its id")
        owners = values if len(values) == 1 else alike.get(place.same(record.get(place.field.name)), ())
        strangers |= not owners
        for value in owners:
            if len(found[value]) < MOST_IDS:
                found[value].append(key)
    return found, strangers


def _number(text: str) -> str:
    """Write a number as a literal of SOQL: digits, with a decimal point only where there is a fraction."""
    number = Decimal(str(comparable(text, "double")))
    return f"{number.quantize(Decimal(1)) if number == number.to_integral_value() else number:f}"
