"""What the embedded org sets off, and what keeps it from that."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import Org
from pipeline.simulator.effects import OTHER_QUEUE, QUEUE, RULES, owners
from pipeline.simulator.errors import ApiError
from pipeline.simulator.org import USER_ID

ACTIVE, INACTIVE, CASES = RULES
LEAD = {"LastName": "Lee", "Company": "Acme"}
ANN = {"LastName": "Lee", "Email": "ann@example.org"}


async def tree(api: Any, object_name: str, *records: dict[str, Any], **headers: str) -> Any:
    named = [{"attributes": {"type": object_name, "referenceId": f"r{n}"}, **record} for n, record in enumerate(records)]
    kept = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.ask("POST", f"/composite/tree/{object_name}", json={"records": named}, headers=kept)


@pytest.mark.parametrize(
    ("header", "owner"),
    [
        ({}, QUEUE),
        ({"Sforce_Auto_Assign": "true"}, QUEUE),
        ({"Sforce_Auto_Assign": "FALSE"}, USER_ID),
        ({"Sforce_Auto_Assign": "false"}, USER_ID),
        ({"Sforce_Auto_Assign": INACTIVE.id}, OTHER_QUEUE),
        ({"Sforce_Auto_Assign": INACTIVE.id[:15]}, OTHER_QUEUE),
        ({"Sforce_Auto_Assign": CASES.id}, USER_ID),
    ],
)
async def test_a_rule_owns_new_leads_unless_told_otherwise(api, org: Org, header: dict[str, str], owner: str):
    assert (await tree(api, "Lead", LEAD, **header)).status == 201
    assert [lead["OwnerId"] for lead in org.records("Lead")] == [owner]


async def test_a_rule_counts_more_than_the_owner_that_was_sent(api, org: Org):
    await tree(api, "Lead", {**LEAD, "OwnerId": USER_ID})
    assert org.records("Lead")[0]["OwnerId"] == QUEUE


async def test_contacts_have_no_rule(api, org: Org):
    await tree(api, "Contact", ANN)
    assert org.records("Contact")[0]["OwnerId"] == USER_ID


async def test_what_is_no_rule_is_refused_and_creates_nothing(api, org: Org):
    reply = await tree(api, "Lead", LEAD, Sforce_Auto_Assign="01QSM00000000ZZ")
    assert reply.error == (400, "INVALID_INPUT", "Sforce-Auto-Assign: 01QSM00000000ZZ is no assignment rule")
    assert org.count("Lead") == 0


@given(st.text())
def test_any_header_names_owners_or_is_refused(text: str):
    with suppress(ApiError):
        assert set(owners({"Sforce-Auto-Assign": text}).values()) <= {QUEUE, OTHER_QUEUE}


@pytest.mark.parametrize("rule", [None, "alert", "block"])
@pytest.mark.parametrize("header", [{}, {"Sforce_Duplicate_Rule_Header": "includeRecordDetails=false; allowSave=true"}])
async def test_who_is_there_already_is_refused_by_the_rule_unless_it_only_warns_and_one_insists(make_api, rule, header):
    org = Org(duplicate_rule=rule)
    async with make_api(org) as api:
        assert (await tree(api, "Contact", ANN, **header)).status == 201
        again = await tree(api, "Contact", {"LastName": "LEE", "Email": "Ann@Example.org"}, **header)
    let_in = rule is None or (rule == "alert" and bool(header))
    assert (again.status, org.count("Contact")) == ((201, 2) if let_in else (400, 1))
    assert let_in or b"DUPLICATES_DETECTED" in again.body


async def test_a_tree_names_all_that_the_rule_finds_and_no_other(make_api):
    org = Org(duplicate_rule="block")
    async with make_api(org) as api:
        await tree(api, "Contact", ANN)
        reply = await tree(api, "Contact", {**ANN, "LastName": "Kim"}, ANN, {"LastName": "Lee"}, ANN)
    error = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    assert reply.json["results"] == [{"referenceId": name, "errors": [error]} for name in ("r1", "r3")]
    assert org.count("Contact") == 1
