from collections.abc import Callable

import pytest

from pipeline.model.describe import Describe, Field


def _field(name: str, kind: str = "string", **more: object) -> Field:
    settings = {"label": name, "length": 80, "createable": True, "nillable": True, "defaulted_on_create": False}
    return Field(name=name, type=kind, **(settings | more))  # type: ignore[arg-type]


@pytest.fixture
def field() -> Callable[..., Field]:
    return _field


@pytest.fixture(scope="session")
def contact() -> Describe:
    fields = [
        _field("LastName", nillable=False),
        _field("FirstName", label="First Name"),
        _field("Email", "email"),
        _field("Birthdate", "date"),
        _field("DoNotCall", "boolean", nillable=False, defaulted_on_create=True),
        _field("Height__c", "double"),
        _field("Children__c", "int", digits=2),
        _field("LastSeen__c", "datetime"),
        _field("AccountId", "reference", length=18, reference_to=("Account",)),
        _field("Level__c", "picklist", restricted_picklist=True, picklist=("High", "Low")),
        _field("Name", createable=False, nillable=False),
    ]
    by_name = {each.name: each for each in fields}
    return Describe("Contact", "Contact", "003", createable=True, fields=by_name, lower={n.lower(): n for n in by_name})
