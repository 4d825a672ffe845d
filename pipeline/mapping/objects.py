"""JSON rows become the fields of records. A line that needs no change goes into the payload as the bytes it was read from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.mapping.cells import Faults, invalid
from pipeline.mapping.columns import NOT_CORRECTED, SOURCE, Columns, Target
from pipeline.mapping.values import Check
from pipeline.model.record import FieldError

MOST_SHAPES = 1000
_NESTED = frozenset({dict, list})


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be done with objects that have exactly these keys."""

    unknown: tuple[FieldError, ...]
    targets: Mapping[str, Target]
    typed: tuple[tuple[str, Target], ...]
    as_is: bool
    """No key is renamed or left out."""
    was_unreadable: bool
    """They come from a line that could not be read before."""
    simple: bool
    """A line can go as it is, if its values fit."""
    checks: tuple[tuple[str, Check], ...]
    """What its texts must pass."""


class ObjectMapper:
    """Maps JSON objects; each new set of keys is looked up once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._taken = {*columns.constants, columns.marker}
        self._shapes: dict[tuple[str, ...], Shape] = {}

    def map(self, rows: Sequence[dict[str, Any]], raw: Sequence[bytes]) -> tuple[list[bytes], Faults]:
        """Encode the fields of each row; beside that, say which rows can't be encoded, and why."""
        faults: Faults = {}
        encoded = list(raw)
        alike: dict[tuple[str, ...], list[int]] = {}
        for place, keys in enumerate(map(tuple, rows)):
            alike.setdefault(keys, []).append(place)
        for keys, places in alike.items():
            shape = self._shape(keys)
            if not (shape.simple and _all_fit([rows[at] for at in places], [raw[at] for at in places], shape.checks)):
                for at in places:
                    try:
                        encoded[at] = _encode(rows[at], raw[at], shape)
                    except _Unfit as unfit:
                        faults[at], encoded[at] = unfit.errors, b""
        return encoded, faults

    def _shape(self, keys: tuple[str, ...]) -> Shape:
        return self._shapes.get(keys) or self._learn(keys)

    def _learn(self, keys: tuple[str, ...]) -> Shape:
        targets: dict[str, Target] = {}
        unknown: list[FieldError] = []
        for key in keys:
            try:
                target = self._columns.target(key)
            except KeyError as error:
                unknown.append(FieldError("UNKNOWN_COLUMN", str(error.args[0]), (key,)))
            else:
                if target is not None:
                    targets[key] = target
        unknown += [
            FieldError("UNKNOWN_COLUMN", f"more than one key of this line goes to {field}", (field,))
            for field in _repeated([target.field for target in targets.values()], self._taken)
        ]
        typed = tuple((key, target) for key, target in targets.items() if target.convert or target.check)
        as_is = len(targets) == len(keys) and all(key == target.field for key, target in targets.items())
        if len(self._shapes) >= MOST_SHAPES:
            self._shapes.clear()
        simple = as_is and not unknown and not any(target.convert for target in targets.values())
        checks = tuple((key, target.check) for key, target in targets.items() if target.check)
        shape = self._shapes[keys] = Shape(tuple(unknown), targets, typed, as_is, SOURCE in keys, simple, checks)
        return shape


class _Unfit(Exception):
    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors


def _all_fit(rows: Sequence[dict[str, Any]], raw: Iterable[bytes], checks: Iterable[tuple[str, Check]]) -> bool:
    """Tell quickly that simple lines can all go as they are; if not, `_encode` finds out which."""
    lines = b"".join(raw)
    if (b"[" in lines or lines.count(b"{") > len(rows)) and any(type(cell) in _NESTED for row in rows for cell in row.values()):
        return False
    try:
        for key, check in checks:
            check([text for row in rows if type(text := row[key]) is str])
    except ValueError:
        return False
    return True


def _encode(row: dict[str, Any], line: bytes, shape: Shape) -> bytes:
    if shape.unknown:
        raise _Unfit(shape.unknown)
    if shape.was_unreadable and row[SOURCE]:
        raise _Unfit((NOT_CORRECTED,))
    if b"[" in line or line.count(b"{") > 1:
        _refuse_nested(row, shape)
    values = _converted(row, shape) if shape.typed else None
    if values is None and shape.as_is:
        return line
    fields = values or row
    for key, target in shape.targets.items():
        if type(fields[key]) is float:
            _refuse_inexact(fields[key], target, line)
    return orjson.dumps({target.field: fields[key] for key, target in shape.targets.items()})


def _converted(row: dict[str, Any], shape: Shape) -> dict[str, Any] | None:
    """Return the row with text turned into values; None if nothing had to be turned."""
    changed: dict[str, Any] = {}
    errors: list[FieldError] = []
    for key, target in shape.typed:
        text = row[key]
        if type(text) is str:
            try:
                if target.convert:
                    changed[key] = target.convert(text)
                elif target.check:
                    target.check((text,))
            except ValueError as error:
                errors.append(invalid(target, text, error))
    if errors:
        raise _Unfit(tuple(errors))
    return row | changed if changed else None


def _refuse_nested(row: dict[str, Any], shape: Shape) -> None:
    errors = tuple(
        FieldError("NESTED_VALUE", f"{key}: holds a nested value: only flat objects are loaded", (target.field,))
        for key, target in shape.targets.items()
        if isinstance(row[key], dict | list)
    )
    if errors:
        raise _Unfit(errors)


def _refuse_inexact(value: float, target: Target, line: bytes) -> None:
    """Refuse a number that would not come out as it went in (more digits than a float holds, 1e6)."""
    if orjson.dumps(value) not in line:
        complaint = f"{target.column}: would not be sent digit for digit (it reads as {value!r}): write it as text"
        raise _Unfit((FieldError("INVALID_VALUE", complaint, (target.field,)),))


def _repeated(fields: Sequence[str], taken: Collection[str]) -> list[str]:
    return sorted({field for field in fields if fields.count(field) > 1 or field in taken})
