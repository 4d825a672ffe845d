"""The field that proves which row a record comes from: a marker of ours, or a business key of the file's."""

from pipeline.errors import UsageError
from pipeline.mapping.fields import fault_of_field
from pipeline.mapping.rules import MappingRules
from pipeline.model.describe import Describe

MARK_LENGTH = 40
"""Characters that a mark may have: the run's id, a hyphen, the row's reference."""

_KEY_TYPES = frozenset({"string", "email", "phone", "url", "textarea", "picklist"})


def faults_of_proof(rules: MappingRules, describe: Describe) -> list[str]:
    """Say why the marker or the key can't be one: each must be unique in the org, or it proves nothing."""
    if rules.marker and rules.key:
        return ["mapping.key: mapping.marker proves more: drop one of them"]
    if rules.marker:
        return _faults("mapping.marker", rules.marker, describe, least=MARK_LENGTH)
    return _faults("mapping.key", rules.key, describe, least=1) if rules.key else []


def _faults(where: str, name: str, describe: Describe, *, least: int) -> list[str]:
    if fault := fault_of_field(where, name, describe):
        return [fault]
    field = describe.field(name)
    if field is None:
        raise UsageError(f"{where}: {describe.name} has no field {name!r}")
    faults = []
    if not field.unique:
        faults.append(f"{where}: {describe.name}.{field.name} is not unique in the org, so it proves nothing: choose one that is")
    if field.type not in _KEY_TYPES or field.length < least:
        faults.append(
            f"{where}: {describe.name}.{field.name} is {field.type}({field.length}): choose a text field "
            f"of {least} characters or more"
        )
    return faults
