"""What a WHERE means for a record: conditions become functions, after each field and literal was looked at.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.simulator import ids
from pipeline.simulator.objects import NUMBERS, Field
from pipeline.simulator.soql import Comparison, Condition, Joined, Literal, Name, Not
from pipeline.simulator.store import Getter, Record, Table, fold
from pipeline.simulator.values import moment

Predicate = Callable[[Record], bool]

_ID_TYPES = frozenset({"id", "reference"})
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KINDS = {"boolean": "boolean", "date": "date", "datetime": "dateTime"}
_PATTERN = re.compile(r"\\(.)|([%_])|([^\\%_]+)", re.DOTALL)


class FilterError(Exception):
    """A condition that fits no field of the object. `at` is its position in the query."""

    def __init__(self, code: str, message: str, at: int) -> None:
        super().__init__(message)
        self.code = code
        self.at = at


def find_field(table: Table, name: Name) -> Field:
    """Find a field of the object that is queried. Raises FilterError."""
    field = table.sobject.field(name.text)
    if field is not None:
        return field
    relation, dot, _ = name.text.partition(".")
    if dot:
        missing, what, suffix = f"Didn't understand relationship '{relation}' in field path.", "relationship", "'__r'"
    else:
        missing, what, suffix = f"No such column '{name.text}' on entity '{table.sobject.name}'.", "field", "'__c'"
    custom = f"If you are attempting to use a custom {what}, be sure to append the {suffix} after the custom {what} name."
    advice = "Please reference your WSDL or the describe call for the appropriate names."
    raise FilterError("INVALID_FIELD", f"{missing} {custom} {advice}", name.at)


def compile_condition(table: Table, condition: Condition) -> Predicate:
    """Make the function that says whether a record fits. Raises FilterError."""
    match condition:
        case Comparison():
            return _comparison(table, condition)
        case Not():
            inner = compile_condition(table, condition.condition)
            return lambda record: not inner(record)
        case Joined():
            parts = [compile_condition(table, part) for part in condition.conditions]
            if condition.operator == "AND":
                return lambda record: all(part(record) for part in parts)
            return lambda record: any(part(record) for part in parts)


def candidates(table: Table, condition: Condition | None) -> Sequence[Record]:
    """Narrow the records by an id or unique field that must equal one of a few values; else all of them."""
    parts = condition.conditions if isinstance(condition, Joined) and condition.operator == "AND" else (condition,)
    for part in parts:
        if isinstance(part, Comparison) and part.operator in {"=", "IN"}:
            found = _indexed(table, part)
            if found is not None:
                return found
    return list(table.rows.values())


def _indexed(table: Table, part: Comparison) -> list[Record] | None:
    field = find_field(table, part.field)
    if any(literal.value is None for literal in part.literals) or not (field.type == "id" or field.unique):
        return None
    wanted = dict.fromkeys(_comparable(field, literal) for literal in part.literals)
    if field.type != "id":
        holders = (table.holder((field.name, fold(field, value))) for value in wanted)
        wanted = dict.fromkeys(holder for holder in holders if holder)
    found = {record_id: table.rows[record_id] for record_id in wanted if record_id in table.rows}
    return sorted(found.values(), key=lambda record: record.id)


def _comparison(table: Table, condition: Comparison) -> Predicate:
    field = find_field(table, condition.field)
    if not field.filterable:
        message = f"field '{field.name}' can not be filtered in a query call"
        raise FilterError("INVALID_FIELD", message, condition.field.at)
    get = folding(field, table.getters[field.name])
    if condition.operator == "LIKE":
        return _like(field, get, condition.literals[0])
    wanted = [_comparable(field, literal) for literal in condition.literals]
    return _compared(get, condition.operator, wanted)


def _compared(get: Getter, sign: str, wanted: Sequence[Any]) -> Predicate:
    if sign in _ORDERED:
        holds, bound = _ORDERED[sign], wanted[0]
        return lambda record: bound is not None and (value := get(record)) is not None and holds(value, bound)
    values = frozenset(wanted)
    if sign in {"=", "IN"}:
        return lambda record: get(record) in values
    return lambda record: get(record) not in values


def folding(field: Field, get: Getter) -> Getter:
    """Make the function that reads a field as it is compared and sorted: most text without its case."""
    if field.type in NUMBERS or field.type in _KINDS or field.type in _ID_TYPES or field.case_sensitive:
        return get
    return lambda record: value and fold(field, value) if (value := get(record)) is not None else None


def _comparable(field: Field, literal: Literal) -> Any:
    """Make a literal comparable with the field's values. Raises FilterError if it is of another kind."""
    if literal.kind == "null":
        return None
    kind = "number" if field.type in NUMBERS else _KINDS.get(field.type, "string")
    if literal.kind != kind:
        raise FilterError("INVALID_FIELD", _wrong_kind(field, kind), literal.at)
    if kind == "dateTime":
        return _moment(literal)
    if field.type in _ID_TYPES:
        return _id(literal)
    return fold(field, str(literal.value)) if kind == "string" else literal.value


def _wrong_kind(field: Field, kind: str) -> str:
    if kind == "string":
        return f"value of filter criterion for field '{field.name}' must be of type string and should be enclosed in quotes"
    vendor = field.type if kind == "number" else kind
    return f"value of filter criterion for field '{field.name}' must be of type {vendor} and should not be enclosed in quotes"


def _moment(literal: Literal) -> str:
    try:
        return moment(str(literal.value))
    except ValueError as error:
        raise FilterError("MALFORMED_QUERY", f"Invalid dateTime: {literal.value}", literal.at) from error


def _id(literal: Literal) -> str:
    record_id = ids.whole(str(literal.value))
    if record_id is None:
        raise FilterError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}", literal.at)
    return record_id


def _like(field: Field, get: Getter, literal: Literal) -> Predicate:
    if field.type in NUMBERS | _ID_TYPES or field.type in _KINDS or literal.kind != "string":
        message = f"invalid operator on {field.type} field"
        raise FilterError("INVALID_QUERY_FILTER_OPERATOR", message, literal.at)
    pattern = "".join(map(_piece, _PATTERN.finditer(str(literal.value))))
    regex = re.compile(pattern, re.DOTALL | re.IGNORECASE)
    return lambda record: (value := get(record)) is not None and regex.fullmatch(value) is not None


def _piece(found: re.Match[str]) -> str:
    escaped, wildcard, plain = found.groups()
    if wildcard:
        return ".*" if wildcard == "%" else "."
    return re.escape(escaped or plain)
