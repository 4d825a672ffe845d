import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.references import Identity, identity_of, looks_exported, references_in

LOOKUPS = {"AccountId", "Broker__c"}


@given(st.dictionaries(st.sampled_from(["AccountId", "Broker__c", "Name", "Twitter__c"]), st.text(max_size=4) | st.just("@a")))
def test_only_reference_fields_hold_references(row):
    found = references_in(row, LOOKUPS.__contains__)
    assert found.keys() <= LOOKUPS
    assert all(row[key] == f"@{name}" for key, name in found.items())
    assert all(row[key][:1] != "@" for key in row.keys() & LOOKUPS - found.keys())


def test_texts_that_begin_with_an_at_sign_are_no_references():
    row = {"Twitter__c": "@acme", "Email": "@x.org", "AccountId": "@AccountRef1", "Contacts": {"records": [{"AccountId": "@b"}]}}
    assert references_in(row, LOOKUPS.__contains__) == {"AccountId": "AccountRef1"}


@pytest.mark.parametrize(
    ("value", "exported"),
    [
        ("@AccountRef1", True),
        ("@Experience__cRef29", True),
        ("@acme", False),
        ("@SampleAcctRef", False),
        ("x@yRef1", False),
        (5, False),
    ],
)
def test_the_form_of_exported_references_is_known(value, exported):
    assert looks_exported(value) is exported


def test_a_row_calls_itself_by_its_attributes():
    assert identity_of({"attributes": {"type": "Account", "referenceId": "a", "url": "/x"}}) == Identity("Account", "a")
    assert identity_of({"Name": "a"}) == Identity("", "")


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ("Account", "attributes must be an object with type and referenceId"),
        ({"type": 5}, "attributes.type must be text"),
        ({"type": "Account", "referenceId": None}, "attributes.referenceId must be text"),
    ],
)
def test_attributes_that_are_none_are_told(attributes, fault):
    with pytest.raises(ValueError, match=f"^{fault}$"):
        identity_of({"attributes": attributes})
