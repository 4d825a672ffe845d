from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import Org, collections, parse_plan
from pipeline.simulator.wire import Call

SOON = "Cannot deserialize instance of date from VALUE_STRING value soon or request may be missing a required field"
KEYED = "/composite/sobjects/Contact/Import_Key__c"


def of(object_name: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": object_name}, **fields}


async def send(api, method: str, path: str, *records: Any, **more: Any) -> Any:
    return await api.ask(method, path, data=orjson.dumps({"records": records, **more}))


async def create(api, *records: Any, **more: Any) -> Any:
    return await send(api, "POST", "/composite/sobjects/", *records, **more)


def said(results: list[dict[str, Any]]) -> list[str | None]:
    return [result["errors"][0]["statusCode"] if result["errors"] else None for result in results]


async def test_each_record_has_a_result_in_its_place(api, org: Org, fixture: Callable[[str], Any]):
    reply = await create(api, of("Contact", LastName="Lee"), of("Contact"), of("lead", LastName="Kim", Company="C"))
    assert reply.status == 200
    assert reply.json[0] == {"id": "003SM0000000001YAA", "success": True, "errors": []}
    assert reply.json[1] == fixture("http/amp-labs/batch/create/contacts/partial-but-allOrNone.json")[0]
    assert reply.json[2]["id"].startswith("00Q")
    assert (org.count("Contact"), org.count("Lead")) == (1, 1)


async def test_all_or_none_creates_nothing_beside_what_fails(api, org: Org, fixture: Callable[[str], Any]):
    reply = await create(api, of("Contact"), of("Contact", LastName="Lee"), allOrNone=True)
    assert reply.json == fixture("http/amp-labs/batch/create/contacts/partial-but-allOrNone.json")
    twice = await create(api, *[of("Contact", LastName="Lee", Import_Key__c="a")] * 2, allOrNone=True)
    assert said(twice.json) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "DUPLICATE_VALUE"]
    assert org.count("Contact") == 0


async def test_of_two_with_the_same_unique_value_the_first_is_created(api, org: Org):
    reply = await create(api, of("Contact", LastName="Lee", Import_Key__c="a"), of("Contact", LastName="Kim", Import_Key__c="A"))
    assert said(reply.json) == [None, "DUPLICATE_VALUE"]
    assert [record["LastName"] for record in org.records("Contact")] == ["Lee"]


async def test_an_unknown_field_is_wrong_with_its_record_only(api):
    reply = await create(api, of("Contact", LastName="Lee", Nope=1), of("Contact", LastName="Kim"))
    assert said(reply.json) == ["INVALID_FIELD", None]
    assert reply.json[0]["errors"][0]["message"] == "No such column 'Nope' on sobject of type Contact"


@pytest.mark.parametrize(
    ("records", "error"),
    [
        ([], (400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")),
        (
            [of("Contact", LastName="x")] * 201,
            (400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call"),
        ),
        (
            [of(name, LastName="x", Company="C") for name in ("Contact", "Lead") * 6],
            (
                400,
                "LIMIT_EXCEEDED",
                "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.",
            ),
        ),
        (["x"], (400, "JSON_PARSER_ERROR", 'The value of "records" has to be a list of objects')),
        (
            [of("Contact", LastName="x"), of("Contact", LastName="x", Birthdate="soon")],
            (
                400,
                "JSON_PARSER_ERROR",
                f"{SOON} at [line:1, column:122]",
            ),
        ),
    ],
)
async def test_a_request_that_can_not_be_taken_is_refused_as_a_whole(api, org: Org, records: list[Any], error: tuple):
    assert (await create(api, *records)).error == error
    assert org.count("Contact") == 0


async def test_what_is_no_record_of_an_object_has_its_result(api):
    user = of("User", LastName="x")
    reply = await create(api, {"LastName": "x"}, of("Nope"), user, {"attributes": {"type": 5}}, of("Contact", LastName="Lee"))
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert said(reply.json) == ["INVALID_INPUT", "INVALID_INPUT", code, "INVALID_INPUT", None]


async def test_records_are_altered_by_their_ids(api, org: Org, fixture: Callable[[str], Any]):
    made = [result["id"] for result in (await create(api, *(of("Contact", LastName=n) for n in "abc"))).json]
    await api.ask("DELETE", f"/sobjects/Contact/{made[2]}")
    records = [
        of("Contact", id=made[0], LastName="A"),
        of("Contact", Id=made[1][:15], FirstName="B"),
        of("Contact", Id=made[2], LastName="C"),
        of("Contact", Id="003SM0000000009YAA"),
        of("Contact", Id="x"),
        of("Contact", LastName="D"),
        of("User", Id=org.records("User")[0]["Id"]),
    ]
    reply = await send(api, "PATCH", "/composite/sobjects", *records)
    assert reply.json[:2] == [{"id": record_id, "success": True, "errors": []} for record_id in made[:2]]
    codes = ["ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "MISSING_ARGUMENT", "INVALID_TYPE_FOR_OPERATION"]
    assert said(reply.json)[2:] == codes
    assert reply.json[5] == fixture("http/amp-labs/batch/update/contacts/err-each-no-ids.json")[0]
    assert [(record["FirstName"], record["LastName"]) for record in org.records("Contact")] == [(None, "A"), ("B", "b")]
    twice = await send(api, "PATCH", "/composite/sobjects", *[of("Contact", Id=made[0], LastName="Z")] * 2)
    assert said(twice.json) == ["DUPLICATE_VALUE"] * 2


async def test_an_upsert_says_what_is_new(api, org: Org):
    records = [of("Contact", LastName=name, Import_Key__c=name) for name in "ab"]
    first = await send(api, "PATCH", KEYED, *records[:1])
    both = await send(api, "PATCH", KEYED, *records)
    assert [result["created"] for result in first.json + both.json] == [True, False, True]
    assert first.json[0]["id"] == both.json[0]["id"]
    wrong = [of("Contact", LastName="c"), of("Lead", Import_Key__c="c"), of("Contact", Import_Key__c="d")]
    twice = [of("Contact", LastName="e", Import_Key__c=key) for key in "eE"]
    reply = await send(api, "PATCH", KEYED, *wrong, *twice)
    codes = ["MISSING_ARGUMENT", "INVALID_INPUT", "REQUIRED_FIELD_MISSING", "DUPLICATE_VALUE", "DUPLICATE_VALUE"]
    assert said(reply.json) == codes
    assert not any(result["created"] for result in reply.json)
    assert org.count("Contact") == 2
    assert (await send(api, "PATCH", KEYED.replace("Import_Key__c", "Id"), *records)).error[:2] == (400, "INVALID_FIELD")


async def test_a_key_that_several_have_is_wrong(api):
    await create(api, *(of("Contact", LastName=name, Email="one@example.org") for name in "ab"))
    reply = await send(api, "PATCH", "/composite/sobjects/Contact/Email", of("Contact", Email="one@example.org"))
    assert said(reply.json) == ["DUPLICATE_EXTERNAL_ID"]


async def test_records_are_read_in_the_order_that_was_asked(api):
    made = [result["id"] for result in (await create(api, *(of("Contact", LastName=n) for n in "ab"))).json]
    asked = {"ids": [made[1], "003SM0000000009YAA", made[0]], "fields": ["LastName"]}
    posted = await api.ask("POST", "/composite/sobjects/Contact", data=orjson.dumps(asked))
    assert [record and record["LastName"] for record in posted.json] == ["b", None, "a"]
    parameters = {name: ",".join(values) for name, values in asked.items()}
    assert (await api.ask("GET", "/composite/sobjects/Contact", params=parameters)).json == posted.json
    assert (await api.ask("GET", "/composite/sobjects/Contact")).error[:2] == (400, "JSON_PARSER_ERROR")
    many = orjson.dumps({"ids": made * 1001, "fields": ["Id"]})
    assert (await api.ask("POST", "/composite/sobjects/Contact", data=many)).error[:2] == (400, "EXCEEDED_ID_LIMIT")


async def test_records_are_deleted_together_or_each_for_itself(api, org: Org, fixture: Callable[[str], Any]):
    made = [result["id"] for result in (await create(api, *(of("Contact", LastName=n) for n in "ab"))).json]
    asked = {"ids": f"{made[0]},malformed,{org.records('User')[0]['Id']}", "allOrNone": "true"}
    together = await api.ask("DELETE", "/composite/sobjects", params=asked)
    codes = ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "MALFORMED_ID", "INVALID_TYPE_FOR_OPERATION"]
    assert said(together.json) == codes
    assert together.json[1].keys() == fixture("http/amp-labs/success-with-errors.json").keys()
    assert org.count("Contact") == 2
    each = await api.ask("DELETE", "/composite/sobjects", params={"ids": f"{made[0]},malformed"})
    assert said(each.json) == [None, "MALFORMED_ID"]
    assert [record["Id"] for record in org.records("Contact")] == [made[1]]
    assert said((await api.ask("DELETE", "/composite/sobjects", params={"ids": made[0]})).json) == ["ENTITY_IS_DELETED"]
    assert (await api.ask("DELETE", "/composite/sobjects")).error[:2] == (400, "REQUIRED_FIELD_MISSING")


RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
TRIGGER = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ('do = "rule"\nwhere = { field = "LastName", matches = "[bc]" }', [None, RULE, RULE]),
        ('do = "row_lock"\nwhere = { field = "LastName", matches = "[bc]" }', [None, "UNABLE_TO_LOCK_ROW", None]),
        ('do = "trigger"\nwhere = { field = "LastName", equals = "b" }', [TRIGGER] * 3),
    ],
)
async def test_what_a_plan_refuses_is_refused_beside_what_is_created(make_api, fault: str, codes: list[str | None]):
    org = Org(faults=parse_plan(f'[[fault]]\non = "create_many"\n{fault}'))
    async with make_api(org) as api:
        reply = await create(api, *(of("Contact", LastName=name) for name in "abc"), of("Contact"))
        assert said(reply.json) == [*codes, "REQUIRED_FIELD_MISSING"]
        assert org.count("Contact") == codes.count(None)
        assert said((await create(api, of("Contact", LastName="z"))).json) == [None]


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans()), min_size=1, max_size=20), st.booleans())
def test_what_is_said_to_be_created_is_there_once_and_nothing_else_is(rows: list[tuple[str, bool]], all_or_none):
    org = Org()
    records = [of("Contact", Import_Key__c=key, **({"LastName": "x"} if named else {})) for key, named in rows]
    call = Call("POST", "", "", {"version": "v67.0"}, {}, {}, orjson.dumps({"allOrNone": all_or_none, "records": records}))
    results = collections.create(org, call).content
    created = [result["id"] for result in results if result["success"]]
    assert created == [record["Id"] for record in org.records("Contact")]
    assert len(results) == len(rows)
    assert not all_or_none or len(created) in {0, len(rows)}
    firsts = {key for key, named in rows if named and key}
    assert all_or_none or len(created) == len(firsts) + sum(named and not key for key, named in rows)


async def test_what_new_records_set_off_is_the_same_on_each_road(api, org: Org, make_api):
    lead = {"LastName": "Lee", "Company": "C"}
    await api.tree("Lead", lead)
    await create(api, of("Lead", **lead))
    await api.create("Lead", **lead)
    owners = [record["OwnerId"] for record in org.records("Lead")]
    assert len(set(owners)) == 1
    await send(
        api, "PATCH", "/composite/sobjects", of("Lead", Id=org.records("Lead")[0]["Id"], OwnerId=org.records("User")[0]["Id"])
    )
    assert org.records("Lead")[0]["OwnerId"] == org.records("User")[0]["Id"]  # an alteration sets off no assignment
    strict = Org(duplicate_rule="block")
    async with make_api(strict) as other:
        twins = [of("Contact", LastName="Lee", Email="lee@example.org")] * 2
        await create(other, twins[0])
        assert said((await create(other, *twins, of("Contact", LastName="Kim"))).json) == ["DUPLICATES_DETECTED"] * 2 + [None]
