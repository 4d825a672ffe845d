from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import Org
from pipeline.simulator.external_ids import upsert
from pipeline.simulator.wire import Call

ROAD = "/sobjects/Contact/Import_Key__c"


async def put(api, path: str, **fields: Any):
    return await api.ask("PATCH", path, data=orjson.dumps(fields))


async def test_what_has_no_record_yet_gets_one_and_then_is_altered(api, org: Org):
    made = await put(api, f"{ROAD}/a%2F1", LastName="Lee")
    assert made.json == {"id": "003SM0000000001YAA", "success": True, "errors": [], "created": True}
    assert (made.status, made.headers["Location"]) == (201, "/services/data/v67.0/sobjects/Contact/003SM0000000001YAA")
    again = await put(api, f"{ROAD.replace('Contact', 'contact')}/A%2F1/", FirstName="Ann")
    assert (again.status, again.json) == (200, {**made.json, "created": False})
    (record,) = org.records("Contact")
    assert (record["Import_Key__c"], record["FirstName"], record["LastName"]) == ("a/1", "Ann", "Lee")
    read = await api.ask("GET", f"{ROAD}/a%2F1?fields=LastName")
    assert read.json == {
        "attributes": {"type": "Contact", "url": "/services/data/v67.0/sobjects/Contact/003SM0000000001YAA"},
        "LastName": "Lee",
    }
    assert (await api.ask("DELETE", f"{ROAD}/a%2F1")).status == 204
    assert (await api.ask("GET", f"{ROAD}/a%2F1")).error[:2] == (404, "NOT_FOUND")


async def test_a_key_that_several_have_names_all_of_them(api, fixture: Callable[[str], Any]):
    ids = [(await api.create("Contact", LastName=name, Email="one@example.org")).json["id"] for name in ("Lee", "Kim")]
    for method in ("GET", "PATCH", "DELETE"):
        reply = await api.ask(method, "/sobjects/Contact/Email/ONE@example.org", data=b"{}")
        assert (reply.status, reply.json) == (300, [f"/services/data/v67.0/sobjects/Contact/{found}" for found in ids])
    recorded = fixture("http/restforce/sobject/upsert_multiple_error_response.json")
    assert all(isinstance(address, str) for address in recorded)


async def test_only_keys_lead_to_records(api, fixture: Callable[[str], Any]):
    (recorded,) = fixture("http/restforce/sobject/delete_error_response.json")
    reply = await api.ask("GET", "/sobjects/Contact/rid/1")
    assert (reply.status, reply.json) == (404, [recorded])
    assert (await api.ask("GET", "/sobjects/Contact/LastName/Lee")).error[:2] == (404, "NOT_FOUND")


async def test_an_upsert_is_refused_for_what_the_org_refuses(api, org: Org):
    named = await put(api, f"{ROAD}/a", LastName="Lee", import_key__c="a")
    assert named.error == (400, "INVALID_FIELD", "The Import_Key__c field should not be specified in the sobject data.")
    assert (await put(api, f"{ROAD}/a")).json[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert (await put(api, f"{ROAD}/a?updateOnly=true", LastName="Lee")).status == 404
    assert (await put(api, "/sobjects/Contact/Id/003SM0000000001YAA", LastName="Lee")).status == 404
    assert (await put(api, f"{ROAD}/{'a' * 81}", LastName="Lee")).json[0]["errorCode"] == "STRING_TOO_LONG"
    assert org.count("Contact") == 0


async def test_the_id_is_a_key_too(api, org: Org):
    record_id = (await api.create("Contact", LastName="Lee")).json["id"]
    assert (await put(api, f"/sobjects/Contact/Id/{record_id[:15]}", LastName="Kim")).status == 200
    assert org.records("Contact")[0]["LastName"] == "Kim"


@given(st.lists(st.tuples(st.sampled_from("aAbB"), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))))
def test_the_last_value_of_each_key_wins_and_none_is_there_twice(writes: list[tuple[str, str]]):
    org = Org()
    for key, name in writes:
        parts = {"version": "v67.0", "object": "Contact", "field": "Import_Key__c", "value": key}
        body = orjson.dumps({"LastName": name})
        assert upsert(org, Call("PATCH", "", "", parts, {}, {}, body)).status in {200, 201}
    last = {key.lower(): name for key, name in writes}
    assert {record["Import_Key__c"].lower(): record["LastName"] for record in org.records("Contact")} == last
    assert org.count("Contact") == len(last)


@pytest.mark.parametrize("value", ["nonsense", "003SM0000000001AAA"])
async def test_what_is_no_id_leads_nowhere(api, value: str):
    assert (await api.ask("GET", f"/sobjects/Contact/Id/{value}")).status == 404
