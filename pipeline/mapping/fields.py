"""Looking up fields in a describe, with the nearest where there is none of that name."""

from collections.abc import Iterable
from difflib import get_close_matches

from pipeline.model.describe import Describe, Field


def own_name(name: str, describe: Describe) -> str:
    """Write a field's name as the org does; as it stands if the org doesn't have it."""
    return describe.lower.get(name.lower(), name)


def nearest(word: str, describe: Describe) -> list[str]:
    """Name up to three fields that can be set on create whose name or label is near a word."""
    return nearest_of(word, (field for field in describe.fields.values() if field.createable))


def nearest_of(word: str, fields: Iterable[Field]) -> list[str]:
    """Name up to three of these fields whose name or label is near a word."""
    spellings: dict[str, str] = {}
    for field in fields:
        spellings.setdefault(_plain(field.label), field.name)
        spellings[_plain(field.name)] = field.name
    found = (spellings[match] for match in get_close_matches(_plain(word), spellings, n=3, cutoff=0.6))
    return list(dict.fromkeys(found))


def lookup_behind(word: str, describe: Describe) -> str | None:
    """Name the lookup field whose parent is meant: `AccountId` for `Account` or `Account.Name`, `Broker__c` for `Broker__r`."""
    parent = word.partition(".")[0]
    name = f"{parent[:-1]}c" if parent.lower().endswith("__r") else f"{parent}Id"
    field = describe.field(name)
    return field.name if field is not None and field.reference_to else None


def _plain(word: str) -> str:
    return "".join(letter for letter in word.lower().removesuffix("__c") if letter.isalnum())


def fault_of_field(where: str, name: str, describe: Describe) -> str | None:
    """Say why a field can't be set on create, if so; `where` names what asks for it."""
    field = describe.field(name)
    if field is None:
        near = nearest(name, describe)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return f"{where}: {describe.name} has no field {name!r}{hint}"
    if not field.createable:
        return f"{where}: {describe.name}.{field.name} can't be set on create"
    return None
