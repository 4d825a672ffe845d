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


async def test_a_record_is_altered_and_keeps_what_was_not_sent(api, org: Org, clock):
    record_id = (await api.create("Contact", LastName="Lee", FirstName="Ann", Email="ann@example.org")).json["id"]
    clock.go_on(seconds=5)
    reply = await api.ask("PATCH", f"/sobjects/Contact/{record_id[:15]}/", data=b'{"firstname":null,"Email":"lee@example.org"}')
    assert (reply.status, reply.body) == (204, b"")
    (record,) = org.records("Contact")
    assert (record["LastName"], record["FirstName"], record["Email"]) == ("Lee", None, "lee@example.org")
    assert (record["CreatedDate"], record["LastModifiedDate"]) == ("2026-03-04T05:06:07.000+0000", "2026-03-04T05:06:12.000+0000")


async def test_what_is_wrong_with_an_alteration_is_said_as_for_a_new_record(api, org: Org):
    first = (await api.create("Contact", LastName="Lee", Import_Key__c="a")).json["id"]
    second = (await api.create("Contact", LastName="Kim", Import_Key__c="b")).json["id"]
    body = b'{"LastName":" ","Email":"nobody","Name":"x"}'
    reply = await api.ask("PATCH", f"/sobjects/Contact/{second}", data=body)
    said = [error["errorCode"] for error in reply.json]
    assert said == ["INVALID_FIELD_FOR_INSERT_UPDATE", "REQUIRED_FIELD_MISSING", "INVALID_EMAIL_ADDRESS"]
    taken = await api.ask("PATCH", f"/sobjects/Contact/{second}", data=b'{"Import_Key__c":"A"}')
    message = f"duplicate value found: Import_Key__c duplicates value on record with id: {first[:15]}"
    assert (taken.status, taken.json[0]["errorCode"], taken.json[0]["message"]) == (400, "DUPLICATE_VALUE", message)
    assert [record["Import_Key__c"] for record in org.records("Contact")] == ["a", "b"]
    same = await api.ask("PATCH", f"/sobjects/Contact/{second}", data=b'{"Import_Key__c":"B"}')
    assert same.status == 204  # its own value is no duplicate


async def test_a_value_that_was_given_up_is_free_again(api):
    first = (await api.create("Contact", LastName="Lee", Import_Key__c="a")).json["id"]
    await api.ask("PATCH", f"/sobjects/Contact/{first}", data=b'{"Import_Key__c":null}')
    second = (await api.create("Contact", LastName="Kim", Import_Key__c="a")).json["id"]
    await api.ask("DELETE", f"/sobjects/Contact/{second}")
    assert (await api.create("Contact", LastName="Roe", Import_Key__c="a")).status == 201


async def test_a_deleted_record_is_gone_for_all_but_query_all(api, org: Org):
    record_id = (await api.create("Contact", LastName="Lee")).json["id"]
    assert (await api.ask("DELETE", f"/sobjects/Contact/{record_id}")).status == 204
    assert org.count("Contact") == 0
    assert await api.rows("SELECT Id FROM Contact") == []
    for method, body in (("GET", None), ("PATCH", b"{}"), ("DELETE", None)):
        reply = await api.ask(method, f"/sobjects/Contact/{record_id}", data=body)
        assert (reply.status, reply.json[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


async def test_what_nobody_may_change_is_refused(api, org: Org):
    path = f"/sobjects/User/{org.records('User')[0]['Id']}"
    said = "entity type User does not support"
    for method, operation in (("PATCH", "update"), ("DELETE", "delete")):
        reply = await api.ask(method, path, data=b"{}")
        assert reply.error == (400, "INVALID_TYPE_FOR_OPERATION", f"{said} {operation}")
    assert (await api.ask("PATCH", "/sobjects/Contact/x", data=b"{}")).error[:2] == (404, "NOT_FOUND")


async def test_a_parent_may_be_named_by_its_external_id(api, org: Org):
    account = (await api.create("Account", Name="Acme", Import_Key__c="a-1")).json["id"]
    assert (await api.create("Contact", LastName="Lee", Account={"Import_Key__c": "A-1"})).status == 201
    assert org.records("Contact")[0]["AccountId"] == account
    missing = await api.create("Contact", LastName="Kim", Account={"Import_Key__c": "a-2"})
    assert missing.error == (
        400,
        "INVALID_FIELD",
        "Foreign key external ID: a-2 not found for field Import_Key__c in entity Account",
    )
    for unread in ({"Name": "Acme"}, {}, {"Import_Key__c": "a-1", "Name": "Acme"}, {"Import_Key__c": None}):
        reply = await api.create("Contact", LastName="Kim", Account=unread)
        assert reply.error == (400, "INVALID_FIELD", "Cannot reference a foreign key field Account.")
    lead = (await api.create("Lead", LastName="Roe", Company="C", Import_Key__c="l")).json["id"]
    task = {"Subject": "Call", "Who": {"attributes": {"type": "Lead"}, "Import_Key__c": "l"}}
    assert (await api.create("Task", **task)).status == 201
    assert org.records("Task")[0]["WhoId"] == lead


async def test_the_basics_of_an_object_are_those_of_the_list_of_all(api):
    listed = (await api.ask("GET", "/sobjects")).json["sobjects"]
    basics = (await api.ask("GET", "/sobjects/contact/")).json
    assert basics["objectDescribe"] in listed
    assert (basics["objectDescribe"]["name"], basics["recentItems"]) == ("Contact", [])
