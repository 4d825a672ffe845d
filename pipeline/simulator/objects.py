"""The objects of the org, as their describes make them: what the checks and queries need to know of each field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from pipeline.simulator.compact import expand
from pipeline.simulator.learning import learn

NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
"""Field types that hold a number."""
_TEXT = frozenset({"string", "textarea", "phone", "url", "combobox", "encryptedstring"})


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field, in the words of the describe."""

    name: str
    label: str
    type: str
    length: int
    digits: int
    precision: int
    scale: int
    auto_number: bool
    createable: bool
    updateable: bool
    nillable: bool
    required: bool
    default: Any
    plain: bool
    """Any text will do that isn't too long: the commonest kind, on the shortest way through the checks."""
    choices: frozenset[str] | None
    """The only values allowed: of a restricted picklist."""
    reference_to: tuple[str, ...]
    relationship: str | None
    unique: bool
    is_key: bool
    """Records can be found by it in a path, an upsert or a lookup: an external id, or what the vendor calls idLookup."""
    case_sensitive: bool
    filterable: bool
    sortable: bool


@dataclass(frozen=True, slots=True, eq=False)
class SObject:
    """An object. `children` has child objects and their fields by relationship name, lower-case."""

    name: str
    key_prefix: str
    createable: bool
    updateable: bool
    deletable: bool
    fields: Mapping[str, Field]
    lower: Mapping[str, Field]
    children: Mapping[str, tuple[str, str]]
    relationships: frozenset[str]
    """Names under which a parent's fields are reached (`Account`, `Owner`), lower-case."""
    record_types: frozenset[str]
    id_field: Field | None
    required: tuple[Field, ...]
    unique: tuple[Field, ...]
    defaults: Mapping[str, Any]
    """What a new record has in fields that aren't given; boolean fields are simply false."""
    describe: Mapping[str, Any]

    def field(self, name: str) -> Field | None:
        """Find a field whatever the case of its name."""
        return self.fields.get(name) or self.lower.get(name.lower())


def load(folder: Path | None, data: Sequence[Path] = ()) -> dict[str, SObject]:
    """Read our own objects and, over them, every describe in `folder`, as an org returned it; by lower-case name.

    `data` are tree files and plans that more is learned from. Raises ValueError for a file that isn't what it should be.
    """
    foreign = [sobject(_foreign(file)) for file in sorted(folder.glob("*.json"))] if folder is not None else []
    objects = {**_own(), **{found.name.lower(): found for found in foreign}}
    learned = learn(data, {name: found.describe for name, found in objects.items()}) if data else {}
    return {**objects, **{name: sobject(describe) for name, describe in learned.items()}}


@cache
def _own() -> Mapping[str, SObject]:
    files = [file for file in (resources.files(__package__) / "describes").iterdir() if file.name.endswith(".json")]
    objects = [sobject(expand(orjson.loads(file.read_bytes()))) for file in files]
    return {found.name.lower(): found for found in objects}


def sobject(describe: Mapping[str, Any]) -> SObject:
    """Read an object out of its whole describe."""
    fields = {field["name"]: _field(field) for field in describe["fields"]}
    return SObject(
        name=describe["name"],
        key_prefix=describe["keyPrefix"] or "",
        createable=describe["createable"] and describe["keyPrefix"] is not None,
        updateable=describe["updateable"],
        deletable=describe["deletable"],
        fields=fields,
        lower={name.lower(): field for name, field in fields.items()},
        children={
            child["relationshipName"].lower(): (child["childSObject"], child["field"])
            for child in describe["childRelationships"]
            if child["relationshipName"]
        },
        relationships=frozenset(f.relationship.lower() for f in fields.values() if f.relationship),
        record_types=frozenset(info["recordTypeId"] for info in describe["recordTypeInfos"]),
        id_field=fields.get("Id"),
        required=tuple(field for field in fields.values() if field.required),
        unique=tuple(field for field in fields.values() if field.unique),
        defaults={name: field.default for name, field in fields.items() if field.default},
        describe=describe,
    )


def _foreign(file: Path) -> dict[str, Any]:
    problem = f"{file}: not the describe of an object: put there what GET sobjects/X/describe returns"
    try:
        describe = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ValueError(problem) from error
    if not isinstance(describe, dict) or not {"name", "fields", "childRelationships"} <= describe.keys():
        raise ValueError(problem)
    return describe


def _field(raw: Mapping[str, Any]) -> Field:
    return Field(
        name=raw["name"],
        label=raw["label"],
        type=raw["type"],
        length=raw["length"],
        digits=raw["digits"],
        precision=raw["precision"],
        scale=raw["scale"],
        auto_number=raw["autoNumber"],
        createable=raw["createable"],
        updateable=raw["updateable"],
        nillable=raw["nillable"],
        required=raw["createable"] and not raw["nillable"] and not raw["defaultedOnCreate"],
        default=_default(raw),
        plain=raw["type"] in _TEXT or (raw["type"] == "picklist" and not raw["restrictedPicklist"]),
        choices=_choices(raw),
        reference_to=tuple(raw["referenceTo"]),
        relationship=raw["relationshipName"],
        unique=raw["unique"],
        is_key=raw["externalId"] or raw["idLookup"],
        case_sensitive=raw["caseSensitive"],
        filterable=raw["filterable"],
        sortable=raw["sortable"],
    )


def _default(raw: Mapping[str, Any]) -> Any:
    if raw["defaultValue"] is not None:
        return raw["defaultValue"]
    return next((choice["value"] for choice in raw["picklistValues"] if choice["defaultValue"]), None)


def _choices(raw: Mapping[str, Any]) -> frozenset[str] | None:
    if not raw["restrictedPicklist"]:
        return None
    return frozenset(choice["value"] for choice in raw["picklistValues"] if choice["active"])
