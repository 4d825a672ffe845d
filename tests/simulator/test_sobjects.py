from collections.abc import Callable
from typing import Any

import pytest

from pipeline.simulator import Org


async def test_a_record_is_created(api, org: Org, fixture: Callable[[str], Any]):
    reply = await api.create("contact", lastname="Lee", Email="lee@example.com")
    assert reply.status == 201
    assert reply.json.keys() == fixture("http/amp-labs/create-ok.json").keys()
    assert reply.json == {"id": "003SM0000000001YAA", "success": True, "errors": []}
    assert reply.headers["Location"] == "/services/data/v67.0/sobjects/Contact/003SM0000000001YAA"
    assert org.records("Contact")[0]["LastName"] == "Lee"


async def test_all_that_is_wrong_is_said_with_error_codes(api, org: Org, fixture: Callable[[str], Any]):
    reply = await api.create("Account", MasterRecordId=None, Website="w" * 256)
    assert reply.status == 400
    assert reply.json[0] == fixture("http/amp-labs/invalid-field-upsert.json")[0]
    assert [error["errorCode"] for error in reply.json[1:]] == ["REQUIRED_FIELD_MISSING", "STRING_TOO_LONG"]
    assert org.count("Account") == 0


async def test_an_unknown_field_is_said_as_recorded(api, fixture: Callable[[str], Any]):
    reply = await api.create("Account", Name="Acme", AccountNumer="1")
    assert (reply.status, reply.json) == (400, fixture("http/amp-labs/unknown-field.json"))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"Id": "x", "LastName": "Lee"}, (400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")),
        (
            {"LastName": "Lee", "Contacts": {"records": []}},
            (400, "INVALID_FIELD", "No such column 'Contacts' on sobject of type Contact"),
        ),
    ],
)
async def test_what_no_create_may_have_is_refused(api, fields: dict[str, Any], error: tuple[int, str, str]):
    assert (await api.create("Contact", **fields)).error == error


async def test_a_value_of_the_wrong_type_is_said_with_its_place(api):
    reply = await api.ask("POST", "/sobjects/Contact", data=b'{"LastName":"Lee",\n "Birthdate": "soon"}')
    words = "Cannot deserialize instance of date from VALUE_STRING value soon or request may be missing a required field"
    assert reply.error == (400, "JSON_PARSER_ERROR", f"{words} at [line:2, column:15]")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The HTTP entity body is required, but this request has no entity body."),
        (b"[]", "Cannot deserialize instance of sobject from START_ARRAY value [ at [line:1, column:1]"),
        (b'{"LastName":\n j}', "Unexpected character ('j' (code 106)) at [line:2, column:2]"),
        (b'{"LastName":"Lee"', "Unexpected end-of-input at [line:1, column:18]"),
    ],
)
async def test_a_body_that_is_no_record_is_refused(api, body: bytes, said: str):
    assert (await api.ask("POST", "/sobjects/Contact", data=body)).error == (400, "JSON_PARSER_ERROR", said)


async def test_a_unique_value_is_taken_once_whatever_its_case(api):
    first = (await api.create("Lead", LastName="Lee", Company="Acme", Import_Key__c="Key-1")).json["id"]
    reply = await api.create("Lead", LastName="Poe", Company="Acme", Import_Key__c="kEY-1")
    message = f"duplicate value found: Import_Key__c duplicates value on record with id: {first[:15]}"
    assert reply.error == (400, "DUPLICATE_VALUE", message)
    assert (await api.create("Contact", LastName="Lee", Import_Key__c="Key-1")).status == 201


async def test_what_nobody_may_create_is_refused(api):
    assert (await api.create("User", LastName="Lee")).error[:2] == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")


async def test_a_record_is_read_with_all_its_fields(api):
    record_id = (await api.create("Contact", LastName="Lee")).json["id"]
    described = (await api.ask("GET", "/sobjects/Contact/describe")).json["fields"]
    reply = await api.ask("GET", f"/sobjects/contact/{record_id[:15]}")
    assert reply.json.pop("attributes") == {"type": "Contact", "url": f"/services/data/v67.0/sobjects/Contact/{record_id}"}
    assert [*reply.json] == ["attributes", *(field["name"] for field in described)]
    assert (reply.json["Id"], reply.json["LastName"], reply.json["Phone"]) == (record_id, "Lee", None)


async def test_a_record_is_read_with_the_fields_that_were_asked(api):
    record_id = (await api.create("Contact", LastName="Lee")).json["id"]
    reply = await api.ask("GET", f"/sobjects/Contact/{record_id}", params={"fields": "lastname, Phone"})
    assert {key: value for key, value in reply.json.items() if key != "attributes"} == {"LastName": "Lee", "Phone": None}
    assert (await api.ask("GET", f"/sobjects/Contact/{record_id}?fields=Nope")).error[1] == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("record_id", "message"),
    [
        ("003SM0000000009", "The requested resource does not exist"),
        ("23foo", "Provided external ID field does not exist or is not accessible: 23foo"),
    ],
)
async def test_a_record_that_is_not_there_is_not_found(api, record_id: str, message: str):
    assert (await api.ask("GET", f"/sobjects/Contact/{record_id}")).error == (404, "NOT_FOUND", message)
