from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.simulator import Org, tree
from pipeline.simulator.errors import ApiError
from pipeline.simulator.ledger import read
from pipeline.simulator.wire import Call

RECORDED = orjson.loads((Path(__file__).parents[1] / "fixtures/http/tree/recorded-tree-answers.json").read_bytes())


def node(object_name: str, reference: str, /, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": object_name, "referenceId": reference}, **fields}


def nested() -> list[dict[str, Any]]:
    """Write the trees of the vendor's example: two accounts, contacts under one, an account with a contact under the other."""
    under_first = {"records": [node("Contact", "ref2", LastName="Smith"), node("Contact", "ref3", LastName="Evans")]}
    deepest = {"records": [node("Contact", "ref6", LastName="Jones")]}
    under_second = {"records": [node("Account", "ref5", Name="Child", Contacts=deepest)]}
    return [
        node("Account", "ref1", Name="A", Contacts=under_first),
        node("Account", "ref4", Name="B", ChildAccounts=under_second),
    ]


async def errors(api: Any, object_name: str, *records: Any) -> dict[str, list[str]]:
    """Post records and give the codes of each named one."""
    reply = await api.tree(object_name, *records)
    assert reply.status == 400
    assert reply.json["hasErrors"] is True
    return {result["referenceId"]: [error["statusCode"] for error in result["errors"]] for result in reply.json["results"]}


# ---------------------------------------------------------------- success


async def test_nested_trees_are_answered_in_level_order_as_recorded(api, org: Org, shape: Callable[[Any], Any]):
    recorded = RECORDED["success_nested"]
    reply = await api.tree("Account", *nested())
    assert reply.status == recorded["status"]
    assert shape(reply.json) == shape(recorded["body"])
    created = {result["referenceId"]: result["id"] for result in reply.json["results"]}
    assert [*created] == [result["referenceId"] for result in recorded["body"]["results"]]
    assert all(created[r["referenceId"]][:3] == r["id"][:3] for r in recorded["body"]["results"])
    contacts = {contact["LastName"]: contact["AccountId"] for contact in org.records("Contact")}
    assert contacts == {"Smith": created["ref1"], "Evans": created["ref1"], "Jones": created["ref5"]}
    assert {account["Name"]: account["ParentId"] for account in org.records("Account")}["Child"] == created["ref4"]


@pytest.mark.parametrize(
    ("name", "object_name", "ours"),
    [
        ("plugin-data/accounts-contacts-tree.json", "Account", 4),
        ("easy-spaces-lwc/Leads.json", "Lead", None),
        ("easy-spaces-lwc/Contacts.json", "Contact", None),
    ],
)
async def test_files_of_the_vendors_samples_are_taken(
    api, org: Org, fixture: Callable[[str], Any], name: str, object_name: str, ours: Any
):
    sample = fixture(f"trees/{name}")
    for record in sample["records"]:
        for custom in [key for key, value in record.items() if key.endswith("__c") or str(value).startswith("@")]:
            del record[custom]
    reply = await api.ask("POST", f"/composite/tree/{object_name}", data=orjson.dumps(sample))
    assert reply.status == 201, reply.body
    assert len(reply.json["results"]) == (ours or len(sample["records"]))


async def test_names_of_objects_fields_and_relationships_are_case_insensitive(api, org: Org):
    contacts = {"records": [node("contact", "c", LASTNAME="Smith")]}
    reply = await api.ask(
        "POST", "/composite/tree/ACCOUNT", data=orjson.dumps({"records": [node("account", "a", name="A", contacts=contacts)]})
    )
    assert reply.status == 201
    assert org.records("Contact")[0]["LastName"] == "Smith"


async def test_numbers_may_be_strings(api, org: Org):
    assert (await api.tree("Account", {"Name": "A", "NumberOfEmployees": "100", "AnnualRevenue": "1.5"})).status == 201
    (account,) = org.records("Account")
    assert (account["NumberOfEmployees"], account["AnnualRevenue"]) == (100, 1.5)


async def test_two_hundred_records_are_one_call(api, org: Org):
    reply = await api.tree("Contact", *({"LastName": f"L{n}"} for n in range(200)))
    assert [result["referenceId"] for result in reply.json["results"]] == [f"r{n}" for n in range(1, 201)]
    assert len({result["id"] for result in reply.json["results"]}) == 200
    assert (org.calls["tree"], org.allowance.total) == (1, 1)


async def test_values_are_kept_as_they_were_sent(api, org: Org):
    odd = " Löwe'\\\n \u2028 \U0001f4a1 "
    await api.tree("Contact", {"LastName": odd, "Description": '"; DROP TABLE'})
    assert org.records("Contact")[0]["LastName"] == odd
    assert org.records("Contact")[0]["Description"] == '"; DROP TABLE'


# ---------------------------------------------------------------- the stages, in their order


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The HTTP entity body is required, but this request has no entity body."),
        (b'{"records":[\n{"a":1},\n{"b":]\n]}', "Unexpected character (']' (code 93)) at [line:3, column:6]"),
        (b'{"records":[\n{"a":1},', "Unexpected end-of-input at [line:2, column:9]"),
        (b"[]", "Cannot deserialize instance of tree from START_ARRAY value [ at [line:1, column:1]"),
        (b'{"allOrNone":true,"records":[]}', 'Unrecognized field "allOrNone" at [line:1, column:14]'),
        (b'{"records":{}}', 'The value of "records" has to be a list'),
        (b'{"records":[1]}', "Cannot deserialize instance of sobject from value 1"),
        (b'{"records":["\xff"]}', None),
    ],
)
async def test_a_body_that_is_no_tree_is_refused_as_a_whole(api, body: bytes, said: str | None):
    reply = await api.ask("POST", "/composite/tree/Contact", data=body)
    assert reply.error[:2] == (400, "JSON_PARSER_ERROR")
    assert said is None or reply.error[2] == said


async def test_a_missing_reference_is_refused_as_recorded(api):
    reply = await api.tree("Contact", {"LastName": "Lee"}, {"attributes": {"type": "Contact"}, "LastName": "Poe"})
    assert (reply.status, reply.json) == (403, RECORDED["missing_ref"]["body"])


async def test_a_duplicate_reference_is_named_as_recorded(api, org: Org):
    reply = await api.tree("Contact", node("Contact", "ref1", LastName="a"), node("Contact", "ref1", LastName="b"))
    assert (reply.status, reply.json) == (400, RECORDED["duplicate_ref"]["body"])
    assert org.count("Contact") == 0


async def test_references_are_told_apart_by_case(api):
    assert (await api.tree("Contact", node("Contact", "a", LastName="a"), node("Contact", "A", LastName="b"))).status == 201


@pytest.mark.parametrize("reference", ["_a", "a-b", "a.b", "é", "a b"])
async def test_a_reference_with_other_characters_is_named(api, reference: str):
    assert await errors(api, "Contact", node("Contact", reference, LastName="a")) == {reference: ["INVALID_INPUT"]}


async def test_wrong_references_and_types_are_named_together(api):
    found = await api.tree(
        "Contact",
        node("Contact", "same", LastName="a"),
        node("Contact", "same", LastName="b"),
        {"attributes": {"referenceId": "untyped"}},
        node("UserRole", "unknown"),
        node("User", "closed"),
        node("Lead", "other", LastName="c", Company="C"),
        node("Contact", "fine"),
    )
    said = {result["referenceId"]: result["errors"][0]["message"] for result in found.json["results"]}
    assert said == {
        "same": "Duplicate ReferenceId provided in the request.",
        "untyped": "Include an entity type for each record in the request.",
        "unknown": "Invalid entity type provided in the request: UserRole",
        "closed": "Invalid entity type provided in the request: User",
        "other": "Invalid entity type provided in the request: Lead",
    }


async def test_a_child_must_be_what_the_relationship_holds(api):
    child = node("Lead", "c", LastName="a", Company="C")
    assert await errors(api, "Account", node("Account", "a", Name="A", Contacts={"records": [child]})) == {"c": ["INVALID_INPUT"]}


async def test_an_unknown_field_names_no_record(api):
    reply = await api.tree("Contact", {"LastName": "a"}, {"LastName": "b", "Nope__c": 1})
    assert reply.error == (400, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Contact")
    assert set(reply.json[0]) == set(RECORDED["unknown_field"]["body"][0])


async def test_an_unknown_relationship_is_an_unknown_field(api):
    reply = await api.tree("Account", {"Name": "A", "Friends": {"records": [node("Contact", "c", LastName="a")]}})
    assert reply.error == (400, "INVALID_FIELD", "No such column 'Friends' on sobject of type Account")


async def test_a_value_of_the_wrong_type_is_said_with_its_line_and_column(api):
    lines = [orjson.dumps(node("Contact", f"r{n}", LastName="a", Birthdate="2000-01-01")) for n in range(3)]
    lines[1] = lines[1].replace(b'"2000-01-01"', b' "01/01/2000"')
    reply = await api.tree("Contact", *lines)
    assert reply.error[:2] == (400, "JSON_PARSER_ERROR")
    words = "Cannot deserialize instance of date from VALUE_STRING value 01/01/2000 or request may be missing a required field"
    column = lines[1].index(b'"01/') + 1
    assert reply.error[2] == f"{words} at [line:3, column:{column}]"


async def test_the_place_of_a_childs_value_is_found(api):
    child = b'{"attributes":{"type":"Contact","referenceId":"c"},"lastname":"a",\n"birthDate":"x"}'
    parent = b'{"attributes":{"type":"Account","referenceId":"a"},"Name":"A","Contacts":{"records":[' + child + b"]}}"
    assert (await api.tree("Account", parent)).error[2].endswith("at [line:3, column:13]")


async def test_an_unknown_field_comes_before_a_value_of_the_wrong_type(api):
    reply = await api.tree("Contact", {"LastName": "a", "Birthdate": "x"}, {"LastName": "b", "Nope": 1})
    assert reply.error[1] == "INVALID_FIELD"


async def test_a_value_of_the_wrong_type_comes_before_what_is_wrong_with_records(api):
    reply = await api.tree("Contact", {"FirstName": "no last name"}, {"LastName": "b", "Birthdate": ""})
    assert reply.error[1] == "JSON_PARSER_ERROR"


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("invalid_email", node("Contact", "ref2", LastName="a", Email="123")),
        ("required_missing", node("Contact", "ref0", FirstName="a")),
    ],
)
async def test_a_record_error_is_said_as_recorded(api, name: str, record: dict[str, Any]):
    reply = await api.tree("Contact", node("Contact", "fine", LastName="a"), record)
    assert (reply.status, reply.json) == (400, RECORDED[name]["body"])


async def test_all_failing_records_are_named_with_all_their_errors(api, org: Org):
    found = await errors(
        api,
        "Contact",
        {"LastName": "fine"},
        {"Email": "x", "FirstName": "f" * 41},
        {"LastName": "a", "AccountId": "@AccountRef1"},
        {"LastName": "a", "Account": {"Name": "A"}},
    )
    assert found == {
        "r2": ["REQUIRED_FIELD_MISSING", "INVALID_EMAIL_ADDRESS", "STRING_TOO_LONG"],
        "r3": ["MALFORMED_ID"],
        "r4": ["INVALID_FIELD"],
    }
    assert org.count("Contact") == 0


async def test_unique_values_are_looked_at_last(api):
    await api.tree("Contact", {"LastName": "a", "Import_Key__c": "k"})
    again, bad = {"LastName": "b", "Import_Key__c": "K"}, {"LastName": "c", "Email": "x"}
    assert await errors(api, "Contact", again, bad) == {"r2": ["INVALID_EMAIL_ADDRESS"]}
    assert await errors(api, "Contact", again, {"LastName": "c"}) == {"r1": ["DUPLICATE_VALUE"]}


async def test_a_committed_chunk_that_is_sent_again_names_every_id(api, org: Org):
    chunk = [{"LastName": f"L{n}", "Import_Key__c": f"k{n}"} for n in range(5)]
    first = (await api.tree("Contact", *chunk)).json["results"]
    second = (await api.tree("Contact", *chunk)).json["results"]
    said = {result["referenceId"]: result["errors"][0]["message"] for result in second}
    text = "duplicate value found: Import_Key__c duplicates value on record with id: "
    assert said == {result["referenceId"]: text + result["id"][:15] for result in first}
    assert org.count("Contact") == 5


async def test_of_two_records_with_one_unique_value_the_later_is_named(api, org: Org):
    pair = [{"LastName": "a", "Import_Key__c": "k"}, {"LastName": "b", "Import_Key__c": "K"}]
    assert await errors(api, "Contact", *pair) == {"r2": ["DUPLICATE_VALUE"]}
    assert org.count("Contact") == 0
    assert (await api.tree("Contact", pair[0])).status == 201


async def test_an_id_is_never_given_twice(api):
    pair = [{"LastName": "a", "Import_Key__c": "k"}, {"LastName": "b", "Import_Key__c": "K"}]
    named = (await api.tree("Contact", *pair)).json["results"][0]["errors"][0]["message"][-15:]
    assert (await api.tree("Contact", pair[0])).json["results"][0]["id"][:15] > named


# ---------------------------------------------------------------- limits


async def test_more_than_two_hundred_records_are_refused_children_included(api, org: Org):
    children = {"records": [node("Contact", f"c{n}", LastName="a") for n in range(200)]}
    reply = await api.tree("Account", node("Account", "a", Name="A", Contacts=children))
    assert reply.error[:2] == (400, "EXCEEDED_ID_LIMIT")
    children["records"].pop()
    assert (await api.tree("Account", node("Account", "a", Name="A", Contacts=children))).status == 201
    assert org.count("Contact") == 199


@pytest.mark.parametrize(("levels", "status"), [(5, 201), (6, 400)])
async def test_a_tree_has_at_most_five_levels(api, levels: int, status: int):
    tree = node("Account", f"r{levels}", Name="A")
    for level in range(levels - 1, 0, -1):
        tree = node("Account", f"r{level}", Name="A", ChildAccounts={"records": [tree]})
    assert (await api.tree("Account", tree)).status == status


async def test_five_types_on_four_levels_are_answered_level_by_level_and_hang_together(api, org: Org):
    case = node("Case", "d", Subject="s", Tasks={"records": [node("Task", "g", Subject="t")]})
    contact = node("Contact", "b", LastName="l", Cases={"records": [case]})
    deal = node("Opportunity", "c", Name="o", StageName="Prospecting", CloseDate="2030-01-01")
    deal |= {"Tasks": {"records": [node("Task", "e", Subject="u"), node("Task", "f", Subject="v")]}}
    tree = node("Account", "a", Name="A", Contacts={"records": [contact]}, Opportunities={"records": [deal]})
    reply = await api.tree("Account", tree)
    assert reply.status == 201, reply.body
    made = {result["referenceId"]: result["id"] for result in reply.json["results"]}
    assert [*made] == ["a", "b", "c", "d", "e", "f", "g"]
    assert {task["Subject"]: task["WhatId"] for task in org.records("Task")} == {"t": made["d"], "u": made["c"], "v": made["c"]}
    assert org.records("Case")[0]["ContactId"] == made["b"]
    assert org.records("Opportunity")[0]["AccountId"] == made["a"]
    contact["CampaignMembers"] = {"records": [node("CampaignMember", "h", CampaignId=made["a"])]}
    assert (await api.tree("Account", tree)).error[2] == "A request can't have more than 5 types of records."


async def test_wrong_references_and_types_are_named_on_every_level(api, org: Org):
    children = {
        "records": [node("Contact", "same", LastName="a"), node("Case", "wrong"), node("Contact", "no-ref", LastName="b")]
    }
    found = await errors(api, "Account", node("Account", "same", Name="A", Contacts=children), node("Account", "fine", Name="B"))
    assert found == {"same": ["INVALID_INPUT", "PROCESSING_HALTED"], "wrong": ["INVALID_INPUT"], "no-ref": ["INVALID_INPUT"]}
    children["records"].append({"attributes": {"type": "Contact"}, "LastName": "c"})
    assert (await api.tree("Account", node("Account", "a", Name="A", Contacts=children))).error[:2] == (403, "INVALID_INPUT")
    assert org.count("Account") == 0


async def test_what_is_wrong_with_a_child_keeps_its_parents_out_too(api, org: Org):
    child = node("Contact", "c", Email="x", AccountId="@a")
    found = await errors(api, "Account", node("Account", "a", Name="A", Contacts={"records": [child]}))
    assert found == {"c": ["REQUIRED_FIELD_MISSING", "INVALID_EMAIL_ADDRESS"]}
    assert org.count("Account") == 0


async def test_a_request_has_at_most_five_types(api):
    reply = await api.tree("Contact", *(node(f"T{n}", f"r{n}") for n in range(6)))
    assert reply.error == (400, "INVALID_INPUT", "A request can't have more than 5 types of records.")


@pytest.mark.parametrize("body", [b"{}", b'{"records":[]}'])
async def test_no_records_are_refused(api, body: bytes):
    reply = await api.ask("POST", "/composite/tree/Contact/", data=body)
    assert reply.error == (400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")


async def test_a_misspelled_object_is_not_found(api):
    assert (await api.tree("Contakt", {"LastName": "a"})).error == (404, "NOT_FOUND", "The requested resource does not exist")


# ---------------------------------------------------------------- promises


def asked(org: Org, object_name: str, body: bytes) -> tuple[int, Any]:
    """Post a body without a server between: status and content of the answer."""
    call = Call("POST", "/tree", "", {"object": object_name}, {}, {}, body)
    try:
        answer = tree.create(org, call)
    except ApiError as error:
        return error.status, error.body
    return answer.status, answer.content


fields = st.fixed_dictionaries(
    {},
    optional={
        "LastName": st.sampled_from(["Lee", "", None, "x" * 81]),
        "Email": st.sampled_from(["a@b.co", "123"]),
        "Birthdate": st.sampled_from(["2000-01-01", "soon"]),
        "Import_Key__c": st.sampled_from(["a", "B", "b"]),
        "Nope": st.just(1),
    },
)


@settings(max_examples=60)
@given(st.lists(fields | st.just({"LastName": "Lee"}), max_size=4))
def test_all_records_are_created_or_none(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]):
    ledger = tmp_path_factory.mktemp("tree") / "ledger.jsonl"
    org = Org(ledger=ledger)
    body = {"records": [node("Contact", f"r{n}", **record) for n, record in enumerate(records)]}
    status, content = asked(org, "Contact", orjson.dumps(body))
    assert org.count("Contact") == (len(records) if status == 201 else 0)
    written = [entry for transaction in read(ledger) for entry in transaction.records]
    assert [entry.id for entry in written] == [record["Id"] for record in org.records("Contact")]
    if status == 201:
        assert [(e.referenceId, e.id) for e in written] == [(r["referenceId"], r["id"]) for r in content["results"]]
    org.close()


words = st.sampled_from(["records", "attributes", "type", "referenceId", "Contacts", "Name", "Account"])
documents = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
)


@settings(max_examples=100)
@given(st.binary(max_size=60) | documents.map(orjson.dumps))
def test_any_body_is_answered_or_refused(body: bytes):
    assert asked(Org(), "Account", body)[0] in {201, 400, 403}
