"""Record types by name: the id that the describe has, or one error that says what is wrong with the name."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.mapping.columns import Columns
from pipeline.mapping.objects import ObjectMapper
from pipeline.mapping.rules import MappingRules
from pipeline.model.describe import RecordType
from pipeline.salesforce.describe import read
from pipeline.simulator import Org

TYPES = (
    RecordType("012000000000001AAA", "Household", "HH_Account", active=True),
    RecordType("012000000000002AAA", "Firm", "Firm", active=True),
    RecordType("012000000000003AAA", "Firm", "Firm_Old_Times", active=True),
    RecordType("012000000000004AAA", "Gone", "Gone", active=False),
)
IDS = {one.id for one in TYPES if one.active}


@pytest.fixture(scope="module")
def account():
    described = read(Org().table("Account").sobject.describe)
    assert described is not None
    field = described.fields["ParentId"]
    fields = {**described.fields, "RecordTypeId": replace(field, name="RecordTypeId", label="Record Type ID")}
    lower = {**described.lower, "recordtypeid": "RecordTypeId"}
    return replace(described, fields=fields, lower=lower, record_types=TYPES)


def mapped(account, *values, strict=True, **rules):
    """Map a row for each value that stands under RecordType."""
    columns = Columns(MappingRules(check=strict, **rules), account, objects=True)
    rows = [{"Name": "A", "RecordType": value} for value in values]
    encoded, faults = ObjectMapper(columns).map(rows, [*map(orjson.dumps, rows)])
    return [orjson.loads(each) if each else each for each in encoded], faults


@pytest.mark.parametrize(
    "value",
    [
        {"Name": "Household"},
        {"DeveloperName": "hh_account"},
        {"attributes": {"type": "RecordType", "url": "/services/data"}, "Name": "HOUSEHOLD", "DeveloperName": "HH_Account"},
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_name_becomes_the_id(account, value, strict):
    assert mapped(account, value, strict=strict) == ([{"Name": "A", "RecordTypeId": TYPES[0].id}], {})


def test_of_two_with_the_same_name_the_developer_name_tells(account):
    encoded, faults = mapped(account, {"Name": "Firm"}, {"Name": "Firm", "DeveloperName": "Firm"})
    assert encoded[1]["RecordTypeId"] == TYPES[1].id
    assert [error.code for error in faults[0]] == ["RECORD_TYPE_AMBIGUOUS"]
    assert "Firm and Firm_Old_Times" in faults[0][0].message


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ({"Name": "Nobody"}, "RECORD_TYPE_NOT_FOUND", "is not there: Account has Household, Firm, Firm"),
        ({"Name": "Gone"}, "RECORD_TYPE_NOT_FOUND", "is not active"),
        ({"Name": "Household", "DeveloperName": "Firm"}, "RECORD_TYPE_NOT_FOUND", "is not there"),
        ({"Name": None}, "INVALID_VALUE", "must be"),
        ({}, "INVALID_VALUE", "must be"),
        ({"Id": TYPES[0].id}, "INVALID_VALUE", "must be"),
        ([{"Name": "Household"}], "INVALID_VALUE", "must be"),
        ("Household", "INVALID_VALUE", 'must be {"Name": ...}'),
        (5, "INVALID_VALUE", "must be"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_anything_else_is_one_error_of_its_row(account, value, code, words, strict):
    encoded, faults = mapped(account, {"Name": "Household"}, value, strict=strict)
    assert encoded[0]["RecordTypeId"] == TYPES[0].id
    assert [error.code for error in faults[1]] == [code]
    assert faults[1][0].message.startswith("RecordType: ")
    assert words in faults[1][0].message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["Household", "Firm", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["Name", "name", "DeveloperName", "attributes", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(st.lists(JSON, min_size=1, max_size=4), st.booleans())
def test_whatever_stands_there_an_id_of_the_org_is_sent_or_nothing(account, values, strict):
    encoded, faults = mapped(account, *values, strict=strict)
    for at, value in enumerate(values):
        if at not in faults:
            sent = encoded[at]["RecordTypeId"]
            assert sent in IDS if value is not None else sent is None


def test_a_cell_of_csv_is_no_record_type(account):
    with pytest.raises(UsageError, match=r"'RecordType' says who the parent is .* mapping.fields.RecordTypeId"):
        Columns(MappingRules(), account).resolve(["Name", "RecordType"])


def test_the_name_and_the_id_are_not_both_loaded(account):
    with pytest.raises(UsageError, match="columns 'RecordTypeId' and 'RecordType' both go to RecordTypeId: ignore one"):
        Columns(MappingRules(), account, objects=True).resolve(["Name", "RecordTypeId", "RecordType"])
    columns = Columns(MappingRules(ignore=("RecordTypeId",)), account, objects=True)
    assert [target and target.field for target in columns.resolve(["Name", "RecordTypeId", "RecordType"])] == [
        "Name",
        None,
        "RecordTypeId",
    ]


def test_an_object_without_record_types_says_so(account):
    _, faults = mapped(replace(account, record_types=()), {"Name": "Household"})
    assert faults[0][0].message.endswith("is not there: Account has no record types")
