"""JSON rows become the fields of records. A line that needs no change goes into the payload as the bytes it was read from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.mapping.building import builder_of, one_by_one
from pipeline.mapping.columns import NOT_CORRECTED, SOURCE, Columns
from pipeline.mapping.target import Faults, Target, fault_of, invalid, missing, values_fit
from pipeline.mapping.written import as_written
from pipeline.model.record import FieldError

MOST_SHAPES = 1000
MANY = 64
"""Rows alike for which something is compiled; rows that leave out keys as they like would cost too much otherwise."""
_NESTED = frozenset({dict, list})

Keyed = tuple[str, Target]
"""A key, and where it goes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be done with objects that have exactly these keys."""

    wrong: tuple[FieldError, ...]
    """Keys that are unknown, and required ones that are not there."""
    targets: Mapping[str, Target]
    converted: tuple[Keyed, ...]
    """What has text turned into values."""
    judged: tuple[tuple[int, str, Target], ...]
    """What may have wrong values, with the place of its key."""
    as_is: bool
    """No key is renamed or left out."""
    was_unreadable: bool
    """They come from a line that could not be read before."""
    omitted: tuple[Keyed, ...]
    """What is left out where nothing was made."""

    @property
    def by_column(self) -> bool:
        """The values of such objects are looked at a column at a time."""
        return bool(self.judged) or not self.simple

    @property
    def simple(self) -> bool:
        """A line can go as it is, if its values fit."""
        return self.as_is and not self.wrong and not self.converted


class ObjectMapper:
    """Maps JSON objects; each new set of keys is looked up once."""

    def __init__(self, columns: Columns, *, keep_empty: bool = False) -> None:
        """Map by these; with `keep_empty` a field of which nothing was made becomes null."""
        self._columns = columns
        self._keep_empty = keep_empty
        self._taken = {*columns.constants, columns.marker}
        self._shapes: dict[tuple[str, ...], Shape] = {}

    def map(self, rows: Sequence[dict[str, Any]], raw: Sequence[bytes]) -> tuple[list[bytes], Faults]:
        """Encode the fields of each row; beside that, say which rows can't be encoded, and why."""
        faults: Faults = {}
        encoded = list(raw)
        for keys, places in _alike(rows).items():
            shape = self._shape(keys)
            same = [rows[at] for at in places]
            columns = [*zip(*map(dict.values, same), strict=True)] if shape.by_column else []
            unfit = _unfit(columns, shape)
            even = not unfit and not _nested(same, [raw[at] for at in places])
            if even and shape.simple:
                continue
            if even and (together := _encode_together(keys, columns, shape)) is not None:
                for at, record in zip(places, together, strict=True):
                    encoded[at] = record
            else:
                for at in places:
                    encoded[at], errors = _encode(rows[at], raw[at], shape, unfit)
                    if errors:
                        faults[at], encoded[at] = tuple(errors), b""
        return encoded, faults

    def _shape(self, keys: tuple[str, ...]) -> Shape:
        return self._shapes.get(keys) or self._learn(keys)

    def _learn(self, keys: tuple[str, ...]) -> Shape:
        targets: dict[str, Target] = {}
        wrong: list[FieldError] = []
        for key in keys:
            try:
                target = self._columns.target(key)
            except KeyError as error:
                wrong.append(FieldError("UNKNOWN_COLUMN", str(error.args[0]), (key,)))
            else:
                if target is not None:
                    targets[key] = target
        wrong += [
            FieldError("UNKNOWN_COLUMN", f"more than one key of this line goes to {field}", (field,))
            for field in _repeated([target.field for target in targets.values()], self._taken)
        ]
        if self._columns.strict:
            wrong += [missing(field, field) for field in self._columns.absent(targets.values())]
        if len(self._shapes) >= MOST_SHAPES:
            self._shapes.clear()
        shape = self._shapes[keys] = Shape(
            tuple(wrong),
            targets,
            tuple((key, target) for key, target in targets.items() if target.convert),
            tuple((place, key, targets[key]) for place, key in enumerate(keys) if key in targets and targets[key].judged),
            as_is=len(targets) == len(keys) and all(key == target.field for key, target in targets.items()),
            was_unreadable=SOURCE in keys,
            omitted=() if self._keep_empty else tuple((key, targets[key]) for key in self._columns.made if key in targets),
        )
        return shape


def _alike(rows: Sequence[dict[str, Any]]) -> Mapping[tuple[str, ...], Sequence[int]]:
    """Put the positions of rows with the same keys together; mostly all rows have the same."""
    keys = [*map(tuple, rows)]
    if len({*keys}) == 1:
        return {keys[0]: range(len(rows))}
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, each in enumerate(keys):
        alike.setdefault(each, []).append(place)
    return alike


def _unfit(columns: Sequence[Sequence[Any]], shape: Shape) -> list[Keyed]:
    """Name the keys that have wrong values in some rows, looking at a column at a time."""
    return [(key, target) for place, key, target in shape.judged if not values_fit(target, columns[place])]


def _nested(rows: Sequence[dict[str, Any]], raw: Iterable[bytes]) -> bool:
    """Tell quickly that no value of these rows is nested."""
    lines = b"".join(raw)
    return (b"[" in lines or lines.count(b"{") > len(rows)) and any(
        type(cell) in _NESTED for row in rows for cell in row.values()
    )


def _encode_together(keys: Sequence[str], values: Sequence[Sequence[Any]], shape: Shape) -> list[bytes] | None:
    """Encode rows in which nothing is wrong or nested; None if one of them has to be looked at by itself."""
    if shape.wrong or shape.converted or shape.was_unreadable or not shape.targets:
        return None
    columns = [column for key, column in zip(keys, values, strict=True) if key in shape.targets]
    if any(float in {*map(type, column)} for column in columns):
        return None
    names = tuple(target.field for target in shape.targets.values())
    build = builder_of(names) if len(columns[0]) >= MANY else one_by_one(names)
    records = build(zip(*columns, strict=True))
    for _, target in shape.omitted:
        for record in records:
            if record[target.field] is None:
                del record[target.field]
    return [*map(orjson.dumps, records)]


def _encode(row: dict[str, Any], line: bytes, shape: Shape, unfit: Iterable[Keyed]) -> tuple[bytes, list[FieldError]]:
    """Encode the fields of one row, and say all that is wrong with it; `unfit` are the keys to be looked at."""
    if shape.was_unreadable and row[SOURCE]:
        return b"", [NOT_CORRECTED]
    errors = [*shape.wrong]
    if b"[" in line or line.count(b"{") > 1:
        errors += _faults_of_nested(row, shape)
    errors += [error for key, target in unfit if type(row[key]) not in _NESTED and (error := fault_of(target, row[key]))]
    changed = _converted(row, shape, errors)
    if errors or (shape.as_is and not changed):
        return line, errors
    fields = row | changed
    errors += [
        _inexact(fields[key], target)
        for key, target in shape.targets.items()
        if type(fields[key]) is float and as_written(fields[key], key, line) is None
    ]
    record = {target.field: fields[key] for key, target in shape.targets.items()}
    for key, target in shape.omitted:
        if fields[key] is None:
            del record[target.field]
    return orjson.dumps(record), errors


def _converted(row: dict[str, Any], shape: Shape, errors: list[FieldError]) -> dict[str, Any]:
    """Turn text, and what is nested, into values; what can't be turned is added to the errors."""
    changed: dict[str, Any] = {}
    for key, target in shape.converted:
        value = row[key]
        convert = target.convert if type(value) is str else target.nested if type(value) in _NESTED else None
        if convert:
            try:
                changed[key] = convert(value)
            except ValueError as error:
                errors.append(invalid(target, value, error))
    return changed


def _faults_of_nested(row: dict[str, Any], shape: Shape) -> list[FieldError]:
    return [
        FieldError("NESTED_VALUE", f"{key}: holds a nested value: only flat objects are loaded", (target.field,))
        for key, target in shape.targets.items()
        if type(row[key]) in _NESTED and not target.nested
    ]


def _inexact(value: float, target: Target) -> FieldError:
    """Say that a number would not come out as it went in (more digits than a float holds)."""
    complaint = f"{target.column}: would not be sent digit for digit (it reads as {value!r}): write it as text"
    return FieldError("INVALID_VALUE", complaint, (target.field,))


def _repeated(fields: Sequence[str], taken: Collection[str]) -> list[str]:
    return sorted({field for field in fields if fields.count(field) > 1 or field in taken})
