from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import ids
from pipeline.simulator.compact import expand_field
from pipeline.simulator.objects import load, sobject
from pipeline.simulator.sightings import Sighting, object_in, relationship
from pipeline.simulator.values import cast

CONTACT = ids.mint("003", 7)
VALUES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=300)
KINDS = st.sampled_from(["2020-02-30", "2020-02-28", "2020-02-28T10:00:00Z", "@AccountRef1", "@x", CONTACT, "0.5", "true", ""])


def facts(*values: Any, name: str = "Field__c") -> dict[str, Any]:
    sighting = Sighting(name)
    for value in values:
        sighting.note(value)
    return sighting.facts({"@AccountRef1": "Account", "@c1": "Contact", CONTACT: "Contact"}.get)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((True, None, False), {"type": "boolean"}),
        ((1, 2.5, None), {"type": "double", "scale": 2}),
        ((-71.11095123, 42), {"type": "double", "scale": 8}),
        ((123456789012345678,), {"type": "double", "scale": 0}),
        (("2020-02-28", ""), {"type": "date"}),
        (("2020-02-28T10:00:00.000+0000", "2020-02-28T10:00:00Z"), {"type": "datetime"}),
        (("2020-02-28", "2020-02-28T10:00:00Z"), {"type": "string", "length": 255}),
        ((True, "true"), {"type": "string", "length": 255}),
        ((None, ""), {"type": "string", "length": 255}),
        (("x" * 255,), {"type": "string", "length": 255}),
        (("x" * 256,), {"type": "textarea", "length": 131_072, "filterable": False}),
        (("@AccountRef1",), {"type": "reference", "referenceTo": ["Account"], "relationshipName": "Field__r"}),
        (("@AccountRef1", "@c1", CONTACT), {"referenceTo": ["Account", "Contact"], "polymorphicForeignKey": True}),
        (("@AccountRef1", "acme"), {"type": "string"}),
        (("@acme", "@other"), {"type": "string"}),
    ],
)
def test_the_type_follows_from_all_values(values: tuple[Any, ...], expected: dict[str, Any]):
    assert facts(*values).items() >= expected.items()


@given(st.lists(VALUES | KINDS, max_size=6))
def test_a_field_takes_all_values_it_was_learned_from(values: list[Any]):
    describe = load(None)["contact"].describe
    field = sobject({**describe, "fields": [*describe["fields"], expand_field(facts(*values))]}).field("Field__c")
    assert field is not None
    for value in values:
        if field.type not in {"reference", "date"} and value not in {"", None}:
            assert orjson.dumps(cast(field, value))


def test_names_of_standard_and_custom_lookups():
    assert [relationship(name) for name in ("AccountId", "Market__c", "WhatId")] == ["Account", "Market__r", "What"]


def test_an_exported_reference_begins_with_its_object():
    assert [object_in(text) for text in ("@AccountRef1", "@Market__cRef12", "@acme", "AccountRef1")] == [
        "Account",
        "Market__c",
        None,
        None,
    ]
