"""Which records an org locks, and the keys of encoded records."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.describe import Describe, Field
from pipeline.salesforce.locks import LockKeys, lock_fields

ACCOUNT, OTHER, CONTACT = "001000000000001AAA", "001000000000002AAA", "003000000000001AAA"


def lookup(name: str, to: tuple[str, ...] = ("Account",), **more) -> Field:
    facts = {"createable": True, "nillable": True, "defaulted_on_create": False} | more
    return Field(name, name, "reference", 18, reference_to=to, **facts)


@pytest.mark.parametrize(
    ("field", "locks"),
    [
        (lookup("AccountId"), True),
        (lookup("AccountId", createable=False), False),
        (lookup("WhoId", ("Contact", "Lead")), True),
        (lookup("OwnerId", ("Group", "User")), False),
        (lookup("RecordTypeId", ("RecordType",)), False),
        (lookup("Pricebook2Id", ("Pricebook2",)), False),
        (lookup("Region__c"), False),
        (lookup("Region__c", restricted_delete=True), True),
        (lookup("Region__c", cascade_delete=True), True),
        (lookup("Region__c", nillable=False), True),
        (Field("Name", "Name", "string", 80, createable=True, nillable=True, defaulted_on_create=False), False),
    ],
)
def test_a_lookup_locks_its_target_unless_it_is_the_customers_and_merely_cleared(field, locks):
    describe = Describe("Thing__c", "Thing", "a00", True, {field.name: field}, {field.name.lower(): field.name})
    assert lock_fields(describe) == [field.name] * locks


def test_keys_are_the_first_15_characters_and_nothing_else_is_a_key():
    records = [
        orjson.dumps({"LastName": "Lee", "AccountId": ACCOUNT}),
        orjson.dumps({"LastName": "Lee", "AccountId": ACCOUNT[:15]}),
        b'{ "AccountId" : "%b" }' % ACCOUNT.encode(),
        orjson.dumps({"LastName": "Lee", "AccountId": None, "ReportsToId": CONTACT}),
        b"",
    ]
    key = ACCOUNT[:15].encode()
    assert LockKeys().of(records, {"AccountId"}) == [(key,), (key,), (key,), (), ()]


def test_records_without_keys_give_nothing():
    assert LockKeys().of([orjson.dumps({"LastName": "Lee"})] * 3, {"AccountId", "ReportsToId"}) == ()


@given(st.text(), st.text())
def test_no_text_in_a_value_is_taken_for_a_key(before, after):
    text = f'{before}"AccountId":"{OTHER}"{after}'
    record = orjson.dumps({"Description": text, "Title": f'"AccountId":"{OTHER}"', "AccountId": ACCOUNT})
    assert LockKeys().of([record], ["AccountId"]) == [(ACCOUNT[:15].encode(),)]


def test_the_field_that_repeats_most_comes_first_and_stays_first():
    keys = LockKeys()
    rows = [{"ContactId": f"0030000000000{n:02}AAA", "CampaignId": ACCOUNT} for n in range(20)]
    first = keys.of([*map(orjson.dumps, rows)], ["ContactId", "CampaignId"])
    assert {found[0] for found in first} == {ACCOUNT[:15].encode()}
    later = keys.of([orjson.dumps({"ContactId": CONTACT, "CampaignId": OTHER})] * 2, ["ContactId", "CampaignId"])
    assert later == [(OTHER[:15].encode(), CONTACT[:15].encode())] * 2


def test_the_keys_of_a_family_are_those_of_all_its_records():
    child = {"AccountId": OTHER, "ReportsToId": CONTACT}
    family = {"AccountId": ACCOUNT, "Contacts": {"records": [child, child]}}
    (keys,) = LockKeys().of([orjson.dumps(family)], ["AccountId", "ReportsToId"])
    assert {*keys} == {one[:15].encode() for one in (ACCOUNT, OTHER, CONTACT)}
