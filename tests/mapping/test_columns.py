import pytest

from pipeline.errors import UsageError
from pipeline.mapping.columns import Columns
from pipeline.mapping.fields import nearest
from pipeline.mapping.rules import MappingRules


def resolved(rules, describe, columns):
    return [target and target.field for target in Columns(rules, describe).resolve(columns)]


def faults(rules, describe, columns):
    with pytest.raises(UsageError) as caught:
        Columns(rules, describe).resolve(columns)
    return str(caught.value).splitlines()


def test_a_column_that_is_a_fields_name_needs_no_entry_in_any_case(contact):
    assert resolved(MappingRules(), contact, ["lastname", "EMAIL"]) == ["LastName", "Email"]


def test_a_renamed_column_goes_to_its_field(contact):
    assert resolved(MappingRules(columns={"Surname": "LastName"}), contact, ["surname"]) == ["LastName"]


def test_an_ignored_column_goes_nowhere(contact):
    assert resolved(MappingRules(ignore=("Shoe size",)), contact, ["LastName", "Shoe Size"]) == ["LastName", None]


def test_columns_that_reports_add_are_never_loaded(contact):
    assert resolved(MappingRules(), contact, ["LastName", "treeload_error_code"]) == ["LastName", None]


def test_every_unknown_column_is_named_with_its_neighbours(contact):
    lines = faults(MappingRules(), contact, ["LastName", "Frist Name", "Emial", "Zzz"])
    assert len(lines) == 3
    assert "'Frist Name'" in lines[0]
    assert "FirstName" in lines[0]
    assert "Email" in lines[1]
    assert "nearest" not in lines[2]
    assert all("mapping.ignore" in line for line in lines)


@pytest.mark.parametrize("column", ["Account", "account.Name", "Account.Key__c"])
def test_a_parent_that_is_named_otherwise_than_by_its_id_is_told_with_its_lookup(contact, column):
    (line,) = faults(MappingRules(), contact, ["LastName", column])
    assert line.startswith(f"column {column!r} says who the parent is behind Contact.AccountId, which takes its id: ")


def test_a_field_that_cannot_be_set_is_refused(contact):
    assert "can't be set on create" in faults(MappingRules(), contact, ["LastName", "Name"])[0]


def test_two_columns_for_one_field_are_refused(contact):
    (line,) = faults(MappingRules(columns={"Surname": "LastName"}), contact, ["Surname", "LastName"])
    assert "'Surname' and 'LastName' both go to LastName" in line


def test_a_constant_and_a_column_for_one_field_are_refused(contact):
    (line,) = faults(MappingRules(constants={"email": "x@example.org"}), contact, ["LastName", "Email"])
    assert "mapping.constants sets too" in line


def test_a_required_field_that_nothing_gives_is_named(contact):
    (line,) = faults(MappingRules(), contact, ["Email"])
    assert "Contact.LastName is required" in line


def test_a_constant_gives_a_required_field(contact):
    assert resolved(MappingRules(constants={"lastname": "Unknown"}), contact, ["Email"]) == ["Email"]


def test_a_mapping_to_no_field_is_refused_even_if_the_column_is_absent(contact):
    (line,) = faults(MappingRules(columns={"Mail": "Emial"}), contact, ["LastName"])
    assert "'Emial'; did you mean Email?" in line


def test_a_constant_of_the_wrong_type_is_refused(contact):
    (line,) = faults(MappingRules(constants={"Birthdate": "yesterday"}), contact, ["LastName"])
    assert "mapping.constants.Birthdate: 'yesterday' is not a date" in line


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("FirstName", "x" * 81),
        ("Email", "nobody"),
        ("Level__c", "Middle"),
        ("Birthdate", ""),
        ("Children__c", 100),
        ("DoNotCall", 1),
    ],
)
def test_a_constant_that_the_org_would_refuse_is_refused(contact, field, value):
    (line,) = faults(MappingRules(constants={field: value}, check=True), contact, ["LastName"])
    assert line.startswith(f"mapping.constants.{field}: ")


def test_a_constant_is_sent_as_it_is_if_nothing_is_checked(contact):
    assert resolved(MappingRules(constants={"Email": "nobody"}, check=False), contact, ["LastName"]) == ["LastName"]


def test_neighbours_are_found_by_label_too(contact):
    assert nearest("first-name", contact)[0] == "FirstName"
