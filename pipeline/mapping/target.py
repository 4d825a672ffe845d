"""Where a column goes, and what is wrong with the values it has for that field."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from pipeline.mapping.checks import Refused, ValueCheck, characters, check_of, longest_of, value_check_of
from pipeline.mapping.values import Check, Convert, check, converter
from pipeline.model.describe import Field
from pipeline.model.record import FieldError

T = TypeVar("T")

Faults = dict[int, tuple[FieldError, ...]]
"""What is wrong with rows, by their position in the block."""

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Target:
    """Where a column goes."""

    column: str
    field: str
    convert: Convert | None = None
    """What turns its text into a value."""
    check: Check | None = None
    """What its texts must pass."""
    values: ValueCheck | None = None
    """What its JSON values must pass that are neither text nor null."""
    longest: int = 0
    """Characters that a text may have; 0 for any number."""
    required: bool = False
    """The org refuses a record without it."""
    nested: Callable[[Any], Any] | None = None
    """What turns a value that is a JSON object or array into one that isn't; others are refused."""

    @property
    def judged(self) -> bool:
        """Something may be wrong with its values."""
        return bool(self.check or self.values or self.longest or self.required)


def target_of(column: str, field: Field, *, strict: bool) -> Target:
    """Send a column to a field; with `strict`, what the describe says of its values holds, otherwise only their form."""
    convert = converter(field.type)
    if not strict:
        return Target(column, field.name, convert, check(field.type))
    return Target(column, field.name, convert, check_of(field), value_check_of(field), longest_of(field), field.required)


def cells_fit(target: Target, cells: Sequence[str]) -> bool:
    """Tell quickly that nothing is wrong with a column of a CSV file, whose empty cells are not sent."""
    return _lengths_fit(target, cells) and (target.check is None or _pass(target.check, [*filter(None, cells)]))


def values_fit(target: Target, values: Sequence[Any]) -> bool:
    """Tell quickly that nothing is wrong with the values that JSON objects have for a key; nested ones are not looked at."""
    if target.check is None and target.values is None:
        try:
            return _lengths_fit(target, values)
        except TypeError:
            pass  # there are others than texts
    if {*map(type, values)} == {str}:
        texts = values
    else:
        texts = [value for value in values if isinstance(value, str)]
        others = [value for value in values if not isinstance(value, str | None)]
        if target.required and len(texts) + len(others) < len(values):
            return False
        if target.values and not _pass(target.values, others):
            return False
    return _lengths_fit(target, texts) and (target.check is None or _pass(target.check, texts))


def _lengths_fit(target: Target, texts: Sequence[str]) -> bool:
    if target.longest and texts and max({*map(len, texts)}) > target.longest:  # a set is three times quicker here
        return False
    return not target.required or all(map(str.strip, texts))


def _pass(passes: Callable[[Sequence[T]], None], values: Sequence[T]) -> bool:
    try:
        passes(values)
    except ValueError:
        return False
    return True


def fault_of(target: Target, value: object) -> FieldError | None:
    """Say what is wrong with one value, if so; whether it can be converted is another question."""
    if value is None or (target.required and isinstance(value, str) and not value.strip()):
        return missing(target.column, target.field) if target.required else None
    try:
        if not isinstance(value, str):
            if target.values:
                target.values((value,))
        elif target.longest and (length := characters(value)) > target.longest:
            raise Refused("STRING_TOO_LONG", f"has {length:,} characters; {target.longest:,} are allowed")
        elif target.check:
            target.check((value,))
    except ValueError as complaint:
        return invalid(target, value, complaint)
    return None


def invalid(target: Target, value: object, complaint: ValueError) -> FieldError:
    """Say which column holds what, and what it should be."""
    text = repr(value) if isinstance(value, str) else orjson.dumps(value).decode()
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    code = complaint.code if isinstance(complaint, Refused) else "INVALID_VALUE"
    return FieldError(code, f"{target.column}: {shown} {complaint}", (target.field,))


def missing(column: str, field: str) -> FieldError:
    """Say that the org refuses a record without this field."""
    said = column if column == field else f"{column} ({field})"
    return FieldError("REQUIRED_FIELD_MISSING", f"{said}: has no value, and the org requires one", (field,))


def complaint_of(target: Target, value: object) -> str | None:
    """Say what is wrong with a value that stands in the configuration, if so; an empty text is a value there."""
    if fault := fault_of(target, value):
        return fault.message
    if isinstance(value, str):
        try:
            if target.convert:
                target.convert(value)
            elif target.check:
                target.check((value,))  # an empty one, too: it would be sent
        except ValueError as error:
            return invalid(target, value, error).message
    return None
