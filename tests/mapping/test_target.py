"""What is rejected here would be rejected by the org: held against the embedded one, a second reading of the vendor's pages."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.mapping.target import cells_fit, fault_of, target_of, values_fit
from pipeline.model.describe import Describe
from pipeline.salesforce.describe import read
from pipeline.simulator import ids
from pipeline.simulator.checks import problems
from pipeline.simulator.objects import SObject, load
from pipeline.simulator.values import WrongType, cast

OBJECTS = load(None)
THERE = ids.mint("001", 7)


class Directory:
    """Every record exists, whose object is known."""

    def object_of(self, record_id: str) -> str | None:
        return next((sobject.name for sobject in OBJECTS.values() if sobject.key_prefix == record_id[:3]), None)

    def exists(self, record_id: str) -> bool:
        return True


def described(sobject: SObject) -> Describe:
    describe = read(dict(sobject.describe))
    assert describe is not None
    return describe


FIELDS = [
    (OBJECTS[name], field)
    for name in ("account", "contact", "lead")
    for field in described(OBJECTS[name]).fields.values()
    if field.createable and field.reference_to != ("RecordType",)
]
VALUES = st.one_of(
    st.sampled_from(
        ["", " ", "a@b.co", "a@b", "Warm", "warm", "Tepid", "Address", "1990-01-31", "31.12.1990", "2024-05-30T12:00:00Z"]
    ),
    st.sampled_from(
        ["12", "123456789", "1e3", "-99999999999999999999", "yes", THERE, THERE[:15], THERE.lower(), "003" + THERE[3:15]]
    ),
    st.integers(1, 33_000).map(lambda length: "x" * length),
    st.sampled_from([None, True, 5, 5.5, 10**18, -1e30]),
    st.text(max_size=8),
)


def org_takes(sobject: SObject, name: str, value: Any) -> bool:
    """Ask the embedded org about one field of a record whose others are right."""
    field = sobject.fields[name]
    others = {required: "x" for required in sobject.required if required is not field}
    try:
        return not problems(sobject, others | {field: cast(field, value)}, Directory())
    except WrongType:
        return False


@given(st.sampled_from(FIELDS), VALUES)
@example(next(one for one in FIELDS if one[1].name == "Email"), "a@b")
@settings(max_examples=400)
def test_what_is_refused_here_the_org_would_refuse(of, value: Any):
    sobject, field = of
    fault = fault_of(target_of(field.name, field, strict=True), value)
    assert fault is None or not org_takes(sobject, field.name, value), fault


@given(st.sampled_from(FIELDS), st.lists(VALUES, max_size=5))
@settings(max_examples=400)
def test_a_column_fits_if_each_of_its_values_does(of, values: list[Any]):
    target = target_of(of[1].name, of[1], strict=True)
    if values_fit(target, values):
        assert not any(fault_of(target, value) for value in values)
    texts = ["" if value is None else str(value) for value in values]
    if cells_fit(target, texts):
        assert not any(fault_of(target, text) for text in texts if text or target.required)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("LastName", "x" * 81, "STRING_TOO_LONG"),
        ("LastName", "  ", "REQUIRED_FIELD_MISSING"),
        ("LastName", None, "REQUIRED_FIELD_MISSING"),
        ("Email", "nobody", "INVALID_EMAIL_ADDRESS"),
        ("Email", "x" * 80 + "@example.org", "STRING_TOO_LONG"),
        ("AccountId", "Acme", "MALFORMED_ID"),
        ("Level__c", "Middle", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Children__c", "100", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("Children__c", 100, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("Birthdate", "1066-10-14", "FIELD_INTEGRITY_EXCEPTION"),
        ("Birthdate", "14.10.1966", "INVALID_VALUE"),
        ("DoNotCall", 1, "INVALID_VALUE"),
    ],
)
def test_a_fault_has_the_orgs_own_code_where_there_is_one(contact, name, value, code):
    target = target_of(name, contact.fields[name], strict=True)
    fault = fault_of(target, value)
    assert fault is not None
    assert (fault.code, fault.fields) == (code, (name,))
    assert fault.message.startswith(f"{name}: ")
    assert not values_fit(target, [value])


def test_a_message_says_the_column_the_value_shortened_and_what_is_allowed(contact):
    fault = fault_of(target_of("Surname", contact.fields["LastName"], strict=True), "x" * 96)
    assert fault is not None
    assert fault.message == f"Surname: '{'x' * 59}... has 96 characters; 80 are allowed"


@pytest.mark.parametrize("value", ["x" * 81, "", None, 5, True])
def test_without_checks_only_the_form_of_values_counts(contact, value):
    assert fault_of(target_of("LastName", contact.fields["LastName"], strict=False), value) is None
    birthdate = target_of("Birthdate", contact.fields["Birthdate"], strict=False)
    assert fault_of(birthdate, "1066-10-14") is None
    assert fault_of(birthdate, "yesterday") is not None
