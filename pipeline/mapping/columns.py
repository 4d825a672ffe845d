"""Which column goes to which field: settled once, before anything is sent, with every fault named."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.mapping.fields import fault_of_field, nearest, own_name
from pipeline.mapping.proof import faults_of_proof
from pipeline.mapping.rules import MappingRules
from pipeline.mapping.values import Check, Convert, check, converter
from pipeline.model.describe import Describe, Field
from pipeline.model.record import FieldError

OURS = "treeload_"
"""Columns that begin like this are those that reports add; they are never loaded."""

SOURCE = OURS + "source"
"""Holds the text of a line that could not be read, until a person has put its row right and emptied it."""
NOT_CORRECTED = FieldError("NOT_CORRECTED", f"could not be read before: put its values right, then empty {SOURCE}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a column goes."""

    column: str
    field: str
    convert: Convert | None = None
    """What turns its text into a value."""
    check: Check | None = None
    """What its texts must pass. A field has one of the two, or neither."""


class Columns:
    """The rules of a job, held against the describe of its object."""

    def __init__(self, rules: MappingRules, describe: Describe) -> None:
        self._describe = describe
        self._renamed = {column.lower(): field for column, field in rules.columns.items()}
        self._ignored = {column.lower() for column in rules.ignore}
        self.constants = _constants(rules, describe)
        self.marker = own_name(rules.marker, describe)
        self.key = own_name(rules.key, describe)
        self._faults = [
            *_faults_of_constants(rules, describe),
            *(fault for column, field in rules.columns.items() if (fault := fault_of_field(column, field, describe))),
            *faults_of_proof(rules, describe),
        ]

    def target(self, column: str) -> Target | None:
        """Find where a column goes; None if it isn't loaded.

        :raises KeyError: if nothing says where it goes; with a sentence that names the nearest fields.
        """
        name = column.lower()
        if name in self._ignored or name.startswith(OURS):
            return None
        field = self._describe.field(self._renamed.get(name, column))
        if field is None or not field.createable:
            raise KeyError(self._unknown(column, field))
        return Target(column, field.name, converter(field.type), check(field.type))

    def resolve(self, columns: Sequence[str]) -> list[Target | None]:
        """Find where each column goes.

        :raises UsageError: with a line for every fault: unknown columns, two columns for one field, required fields missing.
        """
        targets: list[Target | None] = []
        faults = list(self._faults)
        for column in columns:
            try:
                targets.append(self.target(column))
            except KeyError as unknown:
                faults.append(str(unknown.args[0]))
        faults += self._collisions(targets)
        if not faults:
            faults += self._missing(targets)
        if faults:
            raise UsageError("\n".join(faults))
        return targets

    def _unknown(self, column: str, field: Field | None) -> str:
        name = self._describe.name
        if field is not None:
            return f"column {column!r}: {name}.{field.name} can't be set on create: map it elsewhere or add it to mapping.ignore"
        near = nearest(column, self._describe)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        return f"column {column!r} is not a field of {name}{hint}: map it in mapping.columns or add it to mapping.ignore"

    def _collisions(self, targets: Iterable[Target | None]) -> list[str]:
        sources: dict[str, list[str]] = {}
        for target in targets:
            if target is not None:
                sources.setdefault(target.field, []).append(target.column)
        faults = [
            f"columns {' and '.join(map(repr, columns))} both go to {field}: ignore one of them"
            for field, columns in sources.items()
            if len(columns) > 1
        ]
        faults += [
            f"column {sources[field][0]!r} goes to {field}, which mapping.constants sets too: drop one of them"
            for field in self.constants
            if field in sources
        ]
        if self.marker in sources or self.marker in self.constants:
            faults.append(f"mapping.marker: {self.marker} is filled by the program: map nothing else to it")
        if self.key and self.key not in sources:
            faults.append(f"mapping.key: no column gives {self.key}: map one to it")
        return faults

    def _missing(self, targets: Iterable[Target | None]) -> list[str]:
        given = {target.field for target in targets if target is not None} | {*self.constants, self.marker}
        return [
            f"{self._describe.name}.{field.name} is required, and no column or constant gives it: map a column to it"
            for field in self._describe.fields.values()
            if field.required and field.name not in given
        ]


def _constants(rules: MappingRules, describe: Describe) -> dict[str, object]:
    constants: dict[str, object] = {}
    for name, value in rules.constants.items():
        field = describe.field(name)
        if field is not None:
            convert = converter(field.type)
            if isinstance(value, str) and convert is not None and not _complaint(value, field.type):
                constants[field.name] = convert(value)
            else:
                constants[field.name] = value
    return constants


def _faults_of_constants(rules: MappingRules, describe: Describe) -> list[str]:
    faults = []
    for name, value in rules.constants.items():
        if fault := fault_of_field(f"mapping.constants.{name}", name, describe):
            faults.append(fault)
        elif isinstance(value, str) and (complaint := _complaint(value, describe.fields[describe.lower[name.lower()]].type)):
            faults.append(f"mapping.constants.{name}: {value!r} {complaint}")
    return faults


def _complaint(text: str, field_type: str) -> str | None:
    convert, passing = converter(field_type), check(field_type)
    try:
        if convert is not None:
            convert(text)
        elif passing is not None:
            passing((text,))
    except ValueError as error:
        return str(error)
    return None
