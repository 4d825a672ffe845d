"""What the rows of a tree file say of each other: their own reference, and whose id a lookup field is to get.

A row's `attributes` name its object and its `referenceId`; `"AccountId": "@AccountRef1"` stands for the id of the row whose
`referenceId` is `AccountRef1`, wherever it is in the plan. Only what the describe calls a reference field can hold such a
value: in others `@acme` is a text. (The CLI goes by the text alone, and puts an id wherever a reference it knows stands.)
https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_test_data_example.htm
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

ATTRIBUTES = "attributes"

_EXPORTED = re.compile(r"@[A-Za-z0-9_]+Ref[0-9]+")
"""The form of references that `sf data export tree` makes."""


class Identity(NamedTuple):
    """How a row calls itself; empty where it doesn't say."""

    object: str
    reference: str


def identity_of(row: Mapping[str, object]) -> Identity:
    """Read a row's `attributes`. Raises ValueError, with what is wrong, if they are not what they should be."""
    attributes = row.get(ATTRIBUTES, {})
    if not isinstance(attributes, Mapping):
        raise ValueError("attributes must be an object with type and referenceId")  # noqa: TRY004 - the row is wrong, not the call
    found = []
    for key in ("type", "referenceId"):
        value = attributes.get(key, "")
        if not isinstance(value, str):
            raise ValueError(f"attributes.{key} must be text")  # noqa: TRY004 - as above
        found.append(value)
    return Identity(*found)


def references_in(row: Mapping[str, object], is_lookup: Callable[[str], bool]) -> dict[str, str]:
    """Find whose ids a row needs: by its key, the `referenceId` of the other row. Children are rows of their own.

    `is_lookup` says of a key whether its field is a reference by the describe. There everything that begins with @ counts,
    as no id does: what no row calls itself is to be reported, and never sent.
    """
    return {key: value[1:] for key, value in row.items() if isinstance(value, str) and value.startswith("@") and is_lookup(key)}


def looks_exported(value: object) -> bool:
    """Say whether a value has the form of a reference that the CLI exports, for rows whose object can't be described."""
    return isinstance(value, str) and _EXPORTED.fullmatch(value) is not None
