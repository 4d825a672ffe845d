"""What the org says of an object."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError
from pipeline.model.wire import NotSent, Purpose, Reply
from pipeline.salesforce import describe
from pipeline.salesforce.describe import UnknownObject

Recorded = Callable[[str], bytes]


def test_a_describe_is_asked_for_compressed():
    request = describe.build("67.0", "Contact")
    assert (request.method, request.path, request.purpose) == (
        "GET",
        "/services/data/v67.0/sobjects/Contact/describe",
        Purpose.DESCRIBE,
    )
    assert request.headers["Accept-Encoding"] == "gzip"


def test_a_name_cannot_leave_its_place_in_the_path():
    assert describe.build("67.0", "../limits?x").path == "/services/data/v67.0/sobjects/..%2Flimits%3Fx/describe"


def test_the_describe_of_contact_is_read(recorded: Recorded):
    contact = describe.decipher(Reply(200, {}, recorded("describe/Contact_describe.json")), "contact")
    assert (contact.name, contact.label, contact.key_prefix, contact.createable) == ("Contact", "Contact", "003", True)
    assert [name for name, field in contact.fields.items() if field.required] == ["LastName"]
    last = contact.fields["LastName"]
    assert (last.type, last.length, last.nillable) == ("string", 80, False)
    assert contact.field("lastname") is last
    assert contact.field("Nope") is None
    assert not contact.fields["Name"].createable
    assert contact.fields["AccountId"].reference_to == ("Account",)
    assert "Web" in contact.fields["LeadSource"].picklist


def test_the_describe_of_lead_requires_name_and_company(recorded: Recorded):
    lead = describe.decipher(Reply(200, {}, recorded("describe/Lead_describe.json")), "Lead")
    assert [name for name, field in lead.fields.items() if field.required] == ["LastName", "Company"]
    assert lead.key_prefix == "00Q"


def test_only_active_picklist_values_are_kept(recorded: Recorded):
    answer = orjson.loads(recorded("describe/Lead_describe.json"))
    status = next(field for field in answer["fields"] if field["name"] == "Status")
    status["picklistValues"][0]["active"] = False
    gone = status["picklistValues"][0]["value"]
    lead = describe.read(answer)
    assert lead is not None
    assert gone not in lead.fields["Status"].picklist
    assert len(lead.fields["Status"].picklist) == len(status["picklistValues"]) - 1


def test_an_unknown_object_is_the_configurations_fault(recorded: Recorded):
    body = recorded("http/restforce/sobject/sobject_describe_error_response.json")
    with pytest.raises(UnknownObject, match="no object 'Contct', or hides it"):
        describe.decipher(Reply(404, {}, body), "Contct")


def test_an_expired_session_is_said_to_be_one(recorded: Recorded):
    body = recorded("http/restforce/expired_session_response.json")
    with pytest.raises(AccessRefused, match="Session expired or invalid"):
        describe.decipher(Reply(401, {}, body), "Contact")


def test_an_org_that_cannot_be_reached_is_said_to_be():
    with pytest.raises(OrgUnavailable, match="can't read the describe of Contact: the org can't be reached"):
        describe.decipher(NotSent("the name x is not known"), "Contact")


@pytest.mark.parametrize("body", [b"", b"<html>maintenance</html>", b"{}", b"[]", b'{"fields":[{}]}', b'{"fields":[1]}'])
def test_a_describe_that_is_not_understood_is_said_to_be(body: bytes):
    with pytest.raises(OrgUnavailable, match="the org's describe of Contact was not understood"):
        describe.decipher(Reply(200, {}, body), "Contact")


def test_a_describe_with_a_part_missing_is_not_understood(recorded: Recorded):
    answer = orjson.loads(recorded("describe/Contact_describe.json"))
    del answer["fields"][3]["nillable"]
    assert describe.read(answer) is None


def test_the_names_of_all_objects_are_read(recorded: Recorded):
    names = describe.decipher_global(Reply(200, {}, recorded("describe/Global_describe.json")))
    assert {"Account", "Contact", "Lead"} <= set(names)
    assert describe.build_global("67.0").path == "/services/data/v67.0/sobjects"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"sobjects":1}'])
def test_a_list_of_objects_that_is_not_understood_is_said_to_be(body: bytes):
    with pytest.raises(OrgUnavailable, match="can't read which objects the org has"):
        describe.decipher_global(Reply(200, {}, body))


@given(st.integers(100, 599), st.binary(max_size=60))
def test_anything_but_a_describe_is_an_error_for_a_person(status: int, body: bytes):
    delivery: Any = Reply(status, {}, body)
    with pytest.raises(TreeloadError):
        describe.decipher(delivery, "Contact")
