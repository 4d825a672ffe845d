"""Which column goes to which field: settled once, before anything is sent, with every fault named."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from pipeline.errors import UsageError
from pipeline.mapping.fields import fault_of_field, lookup_behind, nearest, own_name
from pipeline.mapping.proof import faults_of_proof
from pipeline.mapping.recipes import Lookups, faults_of_made, recipes
from pipeline.mapping.record_types import KEY as RECORD_TYPE
from pipeline.mapping.record_types import record_type_target
from pipeline.mapping.rules import MappingRules
from pipeline.mapping.steps import OwnFunction
from pipeline.mapping.target import Target, complaint_of, target_of
from pipeline.model.describe import Describe, Field
from pipeline.model.record import FieldError

OTHERS = "*"
"""Among the columns that are ignored: all that nothing names."""
OURS = "treeload_"
"""Columns that begin like this are those that reports add; they are never loaded."""

SOURCE = OURS + "source"
"""Holds the text of a line that could not be read, until a person has put its row right and emptied it."""
NOT_CORRECTED = FieldError("NOT_CORRECTED", f"could not be read before: put its values right, then empty {SOURCE}")


class Columns:
    """The rules of a job, held against the describe of its object."""

    def __init__(
        self,
        rules: MappingRules,
        describe: Describe,
        functions: Mapping[str, OwnFunction] = MappingProxyType({}),
        *,
        linked: str = "",
        lookups: Lookups | None = None,
        complete: bool = True,
        objects: bool = False,
    ) -> None:
        """Hold them; `functions` has those that the rules name, by their names; `linked` is the field that gets a parent's id.

        What is looked up is added to `lookups`, so that others can share it. `complete`: all columns are known beforehand;
        otherwise each row shows what is missing. `objects`: rows are JSON objects, so that a record type may be named in one.
        """
        self._record_type = record_type_target(describe) if objects else None
        self._complete = complete
        self._linked = linked
        self._describe = describe
        self.strict = rules.check
        self._renamed = {column.lower(): field for column, field in rules.columns.items()}
        self._ignored = {column.lower() for column in rules.ignore}
        self.constants = _constants(rules, describe)
        self.given = {*self.constants}
        """Fields that records have, as far as it is known: each column is asked for before it is loaded."""
        self.marker = own_name(rules.marker, describe)
        self.key = own_name(rules.key, describe)
        self.made = recipes(rules.fields, describe, functions, {} if lookups is None else lookups, strict=rules.check)
        self._used = {column.lower(): column for recipe in self.made.values() for column in recipe.columns}
        self._faults = [
            *_faults_of_constants(rules, describe),
            *faults_of_made(rules.fields, describe, strict=rules.check),
            *(fault for column, field in rules.columns.items() if (fault := fault_of_field(column, field, describe))),
            *faults_of_proof(rules, describe),
        ]

    def target(self, column: str) -> Target | None:
        """Find where a column goes, a made one too; None if it isn't loaded.

        :raises KeyError: if nothing says where it goes; with a sentence that names the nearest fields.
        """
        if column in self.made:
            self.given.add(self.made[column].target.field)
            return self.made[column].target
        name = column.lower()
        if name in self._ignored or name.startswith(OURS):
            return None
        if name not in self._renamed and (name in self._used or OTHERS in self._ignored):
            return None
        if name == RECORD_TYPE and self._record_type and name not in self._renamed:
            return self._record_type
        field = self._describe.field(self._renamed.get(name, column))
        if field is None or not field.createable:
            raise KeyError(self._unknown(column, field))
        self.given.add(field.name)
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
        faults += [*self._unknown_sources(columns), *self._collisions(targets)]
        if not faults and self._complete:
            faults += self._missing(targets)
        if faults:
            raise UsageError("\n".join(faults))
        return targets

    def _unknown(self, column: str, field: Field | None) -> str:
        name = self._describe.name
        if field is not None:
            return f"column {column!r}: {name}.{field.name} can't be set on create: map it elsewhere or add it to mapping.ignore"
        if lookup := lookup_behind(column, self._describe):
            said = f"column {column!r} says who the parent is behind {name}.{lookup}, which takes its id"
            return f"{said}: map the id to {lookup}, look it up with mapping.fields.{lookup}, or add the column to mapping.ignore"
        if relationship := self._describe.children.get(column.lower()):
            told = f"{column!r} is what hangs under {name} as {relationship.object} and no row among the first ones has it so"
            return f"{told}: name it as [mapping.children.{relationship.name}]"
        near = nearest(column, self._describe)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        return f"column {column!r} is not a field of {name}{hint}: map it in mapping.columns or add it to mapping.ignore"

    def _unknown_sources(self, columns: Sequence[str]) -> list[str]:
        """Name columns that fields are made of, and which are not there."""
        there = {column.lower(): column for column in columns if column not in self.made}
        faults = []
        for recipe in self.made.values():
            for column in recipe.columns:
                if there and column.lower() not in there:
                    near = get_close_matches(column.lower(), there, n=1)
                    hint = f"; did you mean {there[near[0]]!r}?" if near else ""
                    faults.append(f"mapping.fields.{recipe.target.field}: there is no column {column!r}{hint}")
        return faults

    def _collisions(self, targets: Iterable[Target | None]) -> list[str]:
        sources: dict[str, list[str]] = {}
        made = {recipe.target.field for recipe in self.made.values()}
        for target in targets:
            if target is not None:
                sources.setdefault(target.field, []).append(target.column)
        faults = [
            f"columns {' and '.join(map(repr, columns))} both go to {field}: ignore one of them"
            for field, columns in sources.items()
            if len(columns) > 1 and field not in made
        ]
        faults += [
            f"column {columns[0]!r} goes to {field}, which mapping.fields makes too: drop one of them"
            for field, columns in sources.items()
            if len(columns) > 1 and field in made
        ]
        faults += [
            f"mapping.fields.{field}: mapping.constants sets it too: drop one of them"
            if field in made
            else f"column {sources[field][0]!r} goes to {field}, which mapping.constants sets too: drop one of them"
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
        given = {target.field for target in targets if target is not None} | {*self.constants, self.marker, self._linked}
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
            if isinstance(value, str) and target.convert is not None and not complaint_of(target, value):
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
        elif (field := describe.field(name)) and (complaint := complaint_of(target_of(where, field, strict=rules.check), value)):
            faults.append(complaint)
    return faults
