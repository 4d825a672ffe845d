from dataclasses import replace

import orjson
import pytest

from pipeline.mapping.checks import Refused
from pipeline.mapping.columns import Columns
from pipeline.mapping.lookups import UNKNOWN_ID, Lookup, values_beforehand
from pipeline.mapping.mapper import mapper
from pipeline.mapping.recipes import Lookups
from pipeline.mapping.rules import FieldRules, MappingRules
from pipeline.model.record_id import is_record_id, to_18
from pipeline.model.row import CellBlock, InputFile, ObjectBlock

ACME, OTHER = (to_18(f"001x0000000{number:04}") for number in (1, 2))


@pytest.fixture
def lookup() -> Lookup:
    lookup = Lookup("Account", "Key__c")
    lookup.learn({"a": [ACME], "b": [], "c": [ACME, OTHER]})
    return lookup


def test_values_become_ids_and_nothing_stays_nothing(lookup):
    assert [*lookup.step(omit=False)(["a", "", "a"])] == [ACME, "", ACME]
    assert [*lookup.step(omit=True)(["a", "b", "", " a ", " "])] == [ACME, "", "", ACME, ""]


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("b", "LOOKUP_NOT_FOUND", "is not found: no Account that this user sees has this Key__c"),
        ("c", "LOOKUP_AMBIGUOUS", f"is not clear: more than one Account has this Key__c: {ACME} and {OTHER}"),
    ],
)
def test_a_value_without_one_record_is_a_fault(lookup, value, code, said):
    with pytest.raises(Refused) as refused:
        lookup.step(omit=False)([value])
    assert (refused.value.code, str(refused.value)) == (code, said)


def test_what_is_not_clear_is_a_fault_even_where_missing_ones_are_left_out(lookup):
    with pytest.raises(Refused, match="is not clear"):
        lookup.step(omit=True)(["c"])


def test_without_an_org_each_value_is_taken_to_have_a_record():
    lookup = Lookup("Account", "Key__c")
    with pytest.raises(RuntimeError, match="no ids have been learned"):
        lookup.step(omit=False)(["a"])
    lookup.assumed = True
    assert [*lookup.step(omit=False)(["a", ""])] == [UNKNOWN_ID, ""]
    assert is_record_id(UNKNOWN_ID)


def test_what_was_learned_has_a_digest_that_tells_other_ids_apart(lookup):
    same, other = Lookup("Account", "Key__c"), Lookup("Account", "Key__c")
    same.learn({"c": [ACME, OTHER], "a": [ACME]})
    other.learn({"c": [ACME, OTHER], "a": [OTHER]})
    assert lookup.digest() == same.digest() != other.digest()


@pytest.mark.parametrize(
    ("rules", "values"),
    [
        (FieldRules(default="x", lookup="A.B"), {"x"}),
        (FieldRules(from_="a", values={"1": "x", "2": "y", "3": ""}, lookup="A.B"), {"x", "y"}),
        (FieldRules(from_="a", values={"1": "x"}, default="z", lookup="A.B"), {"x", "z"}),
        (FieldRules(from_="a", values={"1": "x"}, other="keep", lookup="A.B"), None),
        (FieldRules(from_="a", default="x", lookup="A.B"), None),
        (FieldRules(from_="a", values={"1": "x"}, function="m:f", lookup="A.B"), None),
    ],
)
def test_values_that_the_configuration_says_are_known_beforehand(rules, values):
    assert values_beforehand(rules) == values


FIELDS = {
    "LastName": FieldRules(from_="Name"),
    "AccountId": FieldRules(from_="Firm", clean=("strip",), lookup="Account.Key__c"),
}
FILE = InputFile(1, "x", "csv", 0, "", columns=("Name", "Firm"))
ROWS = [["Kim", " a"], ["Lee", "b"], ["Cher", ""], ["Jo", "c"]]


def looking_up(contact, fields, **rules):
    lookups: Lookups = {}
    columns = Columns(MappingRules(fields=fields, **rules), contact, lookups=lookups)
    [lookup] = lookups.values()
    return lookup, mapper(FILE, columns, keep_empty=False)


def both(rows=ROWS):
    dicts = [dict(zip(FILE.columns, row, strict=True)) for row in rows]
    places = [*range(len(rows))]
    return (
        CellBlock(places, places, [b""] * len(rows), rows=rows),
        ObjectBlock(places, places, [*map(orjson.dumps, dicts)], rows=dicts),
    )


@pytest.mark.parametrize("block", both())
def test_rows_get_ids_whichever_format_they_came_in(contact, block):
    lookup, convert = looking_up(contact, FIELDS, check=True)
    assert lookup.name == "Account.Key__c"
    lookup.learn({"a": [ACME], "b": [], "c": [ACME, OTHER]})
    records, faults = convert(block)
    assert orjson.loads(records[0]) == {"LastName": "Kim", "AccountId": ACME}
    assert orjson.loads(records[2]) == {"LastName": "Cher"}
    assert {place: [(error.code, error.fields) for error in errors] for place, errors in faults.items()} == {
        1: [("LOOKUP_NOT_FOUND", ("AccountId",))],
        3: [("LOOKUP_AMBIGUOUS", ("AccountId",))],
    }
    assert faults[1][0].message.startswith("Firm: 'b' is not found")


@pytest.mark.parametrize("block", both())
def test_what_is_looked_up_is_collected_before_anything_is_known(contact, block):
    lookup, convert = looking_up(contact, FIELDS)
    lookup.collecting = True
    records, faults = convert(block)
    assert lookup.values == {"a", "b", "", "c"}
    assert orjson.loads(records[0])["AccountId"] == UNKNOWN_ID
    assert faults == {}


def test_rows_that_can_not_be_made_look_nothing_up(contact):
    fields = {"LastName": FIELDS["LastName"], "AccountId": FieldRules(from_="Firm", part="last", lookup="Account.Key__c")}
    lookup, convert = looking_up(contact, fields)
    lookup.collecting = True
    convert(both([["Kim", "a, b, c"], ["Lee", "x y"]])[0])
    assert lookup.values == {"y"}


@pytest.mark.parametrize("block", both())
def test_the_same_record_can_be_looked_up_for_every_row(contact, block):
    fields = {"LastName": FIELDS["LastName"], "AccountId": FieldRules(default="a", lookup="Account.Key__c")}
    lookup, convert = looking_up(contact, fields, ignore=("Firm",))
    assert lookup.values == {"a"}
    lookup.learn({"a": [ACME]})
    records, faults = convert(block)
    assert [orjson.loads(record)["AccountId"] for record in records] == [ACME] * 4
    assert faults == {}


def test_what_is_looked_up_in_the_same_place_is_shared_but_record_types_are_of_one_object(contact):
    lookups: Lookups = {}
    for described in (contact, contact, replace(contact, name="Lead")):
        fields = FIELDS | {"FirstName": FieldRules(from_="Name")}
        Columns(MappingRules(fields=fields), described, lookups=lookups)
        typed = {"AccountId": FieldRules(default="a", lookup="recordtype.Name")}
        account = described.fields["AccountId"]
        own = replace(described, fields=described.fields | {"AccountId": replace(account, reference_to=("RecordType",))})
        Columns(MappingRules(fields=typed), own, lookups=lookups)
    assert [(lookup.name, lookup.record_types_of, lookup.needs_rows) for lookup in lookups.values()] == [
        ("Account.Key__c", "", True),
        ("recordtype.Name", "Contact", False),
        ("recordtype.Name", "Lead", False),
    ]
