from typing import Any

import pytest

from pipeline.simulator import ids
from pipeline.simulator.checks import problems
from pipeline.simulator.errors import RecordError
from pipeline.simulator.objects import Field, SObject, load

OBJECTS = load(None)
THERE = ids.mint("001", 7)


class Directory:
    """One account exists, and the ids of all our objects are known."""

    def object_of(self, record_id: str) -> str | None:
        return next((sobject.name for sobject in OBJECTS.values() if sobject.key_prefix == record_id[:3]), None)

    def exists(self, record_id: str) -> bool:
        return record_id == THERE


def given(sobject: SObject, values: dict[str, Any]) -> dict[Field, Any]:
    return {sobject.fields[name]: value for name, value in values.items()}


def found(object_name: str, **values: Any) -> list[RecordError]:
    sobject = OBJECTS[object_name.lower()]
    return problems(sobject, given(sobject, values), Directory())


def test_a_good_record_has_no_problem():
    assert found("Contact", LastName="Lee", Email="lee@example.com", AccountId=THERE, Birthdate="1990-01-01") == []


def test_all_that_is_wrong_is_named_at_once():
    assert [code for code, _, _ in found("Lead", Email="x", Name="N", FirstName="f" * 41, Latitude=1234)] == [
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "REQUIRED_FIELD_MISSING",
        "INVALID_EMAIL_ADDRESS",
        "STRING_TOO_LONG",
        "NUMBER_OUTSIDE_VALID_RANGE",
    ]


@pytest.mark.parametrize("missing", [{}, {"LastName": None}, {"LastName": "  "}])
def test_required_fields_are_named_together(missing: dict[str, Any]):
    message = "Required fields are missing: [LastName, Company]"
    assert found("Lead", **missing) == [("REQUIRED_FIELD_MISSING", message, ("LastName", "Company"))]


def test_a_field_that_the_tree_fills_is_not_missing():
    member = OBJECTS["campaignmember"]
    assert problems(member, {}, Directory(), (member.fields["CampaignId"],)) == []


def test_fields_that_may_not_be_set_are_named_together():
    ((code, message, fields),) = found("Contact", LastName="Lee", Name="N", CreatedDate=None)
    assert code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert message.startswith("Unable to create/update fields: Name, CreatedDate. Please check the security settings")
    assert fields == ("Name", "CreatedDate")


def test_length_is_counted_in_characters_not_bytes():
    assert found("Contact", LastName="é" * 80) == []
    assert found("Contact", LastName="é" * 81) == [
        ("STRING_TOO_LONG", f"Last Name: data value too large: {'é' * 81} (max length=80)", ("LastName",))
    ]


@pytest.mark.parametrize("email", ["123", "a@b", "a b@c.de", "a@b.c,d@e.f", "@b.co", "a@", "a@.co"])
def test_what_is_no_address_is_refused(email: str):
    message = f"Email: invalid email address: {email}"
    assert found("Contact", LastName="Lee", Email=email) == [("INVALID_EMAIL_ADDRESS", message, ("Email",))]


@pytest.mark.parametrize("email", ["a@b.co", "a.b+c@d-e.example.com", "ü@b.de", "o'neil@b.ie"])
def test_an_address_is_accepted(email: str):
    assert found("Contact", LastName="Lee", Email=email) == []


def test_a_restricted_picklist_takes_only_its_values():
    assert found("Contact", LastName="Lee", MailingGeocodeAccuracy="Zip") == []
    ((code, message, _),) = found("Contact", LastName="Lee", MailingGeocodeAccuracy="Moon")
    assert code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert message == "Mailing Geocode Accuracy: bad value for restricted picklist field: Moon"


def test_an_unrestricted_picklist_takes_anything_that_fits():
    assert found("Contact", LastName="Lee", LeadSource="Word of mouth") == []
    assert [code for code, _, _ in found("Contact", LastName="Lee", LeadSource="x" * 256)] == ["STRING_TOO_LONG"]


def test_a_number_must_fit_its_digits():
    assert found("Account", Name="A", NumberOfEmployees=99_999_999) == []
    message = "Employees: value outside of valid range on numeric field: 100000000"
    assert found("Account", Name="A", NumberOfEmployees=100_000_000) == [
        ("NUMBER_OUTSIDE_VALID_RANGE", message, ("NumberOfEmployees",))
    ]


@pytest.mark.parametrize("value", ["@AccountRef1", "001D000000K0fX", ids.mint("003", 1), ids.mint("00Q", 1)])
def test_what_cannot_be_the_id_of_such_an_object_is_malformed(value: str):
    message = f"Account ID: id value of incorrect type: {value}"
    assert found("Contact", LastName="Lee", AccountId=value) == [("MALFORMED_ID", message, ("AccountId",))]


def test_an_id_that_nobody_has_is_an_invalid_cross_reference():
    message = "invalid cross reference id"
    absent = ids.mint("001", 8)
    assert found("Contact", LastName="Lee", AccountId=absent) == [("INVALID_CROSS_REFERENCE_KEY", message, ("AccountId",))]
