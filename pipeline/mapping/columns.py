"""Which column goes to which field: settled once, before anything is sent, with every fault named."""

from collections.abc import Iterable, Sequence

from pipeline.errors import UsageError
from pipeline.mapping.fields import fault_of_field, nearest, own_name
from pipeline.mapping.proof import faults_of_proof
from pipeline.mapping.rules import MappingRules
from pipeline.mapping.target import Target, fault_of, invalid, target_of
from pipeline.model.describe import Describe, Field
from pipeline.model.record import FieldError

OURS = "treeload_"
"""Columns that begin like this are those that reports add; they are never loaded."""

SOURCE = OURS + "source"
"""Holds the text of a line that could not be read, until a person has put its row right and emptied it."""
NOT_CORRECTED = FieldError("NOT_CORRECTED", f"could not be read before: put its values right, then empty {SOURCE}")


class Columns:
    """The rules of a job, held against the describe of its object."""

    def __init__(self, rules: MappingRules, describe: Describe) -> None:
        self._describe = describe
        self.strict = rules.check
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
        return target_of(column, field, strict=self.strict)

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

    def absent(self, targets: Iterable[Target | None]) -> list[str]:
        """Name the fields that the org requires, and neither these targets nor the job itself give."""
        given = {target.field for target in targets if target is not None} | {*self.constants, self.marker}
        return [field.name for field in self._describe.fields.values() if field.required and field.name not in given]

    def _missing(self, targets: Iterable[Target | None]) -> list[str]:
        name = self._describe.name
        return [
            f"{name}.{field} is required, and no column or constant gives it: map a column to it"
            for field in self.absent(targets)
        ]


def _constants(rules: MappingRules, describe: Describe) -> dict[str, object]:
    constants: dict[str, object] = {}
    for name, value in rules.constants.items():
        field = describe.field(name)
        if field is not None:
            target = target_of(name, field, strict=rules.check)
            if isinstance(value, str) and target.convert is not None and not _complaint(target, value):
                constants[field.name] = target.convert(value)
            else:
                constants[field.name] = value
    return constants


def _faults_of_constants(rules: MappingRules, describe: Describe) -> list[str]:
    faults = []
    for name, value in rules.constants.items():
        where = f"mapping.constants.{name}"
        if fault := fault_of_field(where, name, describe):
            faults.append(fault)
        elif (field := describe.field(name)) and (complaint := _complaint(target_of(where, field, strict=rules.check), value)):
            faults.append(complaint)
    return faults


def _complaint(target: Target, value: object) -> str | None:
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
