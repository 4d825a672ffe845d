import pytest

from pipeline.errors import UsageError
from pipeline.mapping.columns import Columns
from pipeline.mapping.rules import FieldRules, MappingRules


def faults_of(contact, columns, constants=None, renamed=None, marker="", **fields):
    rules = MappingRules(fields=fields, constants=constants or {}, columns=renamed or {}, marker=marker, check=True)
    try:
        held = Columns(rules, contact)
        held.resolve([*columns, *held.made])
    except UsageError as error:
        return str(error).split("\n")
    return []


LAST = FieldRules(from_="Name")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Emai": LAST}, "mapping.fields.Emai: Contact has no field 'Emai'; did you mean Email?"),
        ({"Name": LAST}, "mapping.fields.Name: Contact.Name can't be set on create"),
        ({"LastName": FieldRules(from_="Nam")}, "mapping.fields.LastName: there is no column 'Nam'; did you mean 'Name'?"),
        ({"LastName": FieldRules(from_=("Name", "Zzz"))}, "mapping.fields.LastName: there is no column 'Zzz'"),
        ({"LastName": LAST, "lastname": LAST}, "mapping.fields.LastName: is there twice: drop one of them"),
        (
            {"Email": FieldRules(from_="Name", date="%d.%m.%Y")},
            "mapping.fields.Email.date: Email is email: only a field of type date or datetime takes dates",
        ),
        (
            {"LastSeen__c": FieldRules(from_="Name", date="%d.%m.%Y %H:%M")},
            "mapping.fields.LastSeen__c.zone: is required, because LastSeen__c has a time of day: name the zone of the dates",
        ),
        (
            {"LastSeen__c": FieldRules(from_="Name", date="%d.%m.%Y %H:%M%z", zone="UTC")},
            "mapping.fields.LastSeen__c.zone: the dates say their offset themselves (%z): drop it",
        ),
        (
            {"Birthdate": FieldRules(from_="Name", date="%d.%m.%Y", zone="UTC")},
            "mapping.fields.Birthdate.zone: a date without a time of day has no zone: drop it",
        ),
        (
            {"Birthdate": FieldRules(from_="Name", date="%d.%m.%Y", default="2000-01-01")},
            "mapping.fields.Birthdate.default: '2000-01-01' is not written like %d.%m.%Y",
        ),
        (
            {"FirstName": FieldRules(from_="Name", lookup="Account.Name")},
            "mapping.fields.FirstName.lookup: FirstName is string: only a field of type reference takes the id of a record",
        ),
        (
            {"AccountId": FieldRules(from_="Name", lookup="Campaign.Name")},
            "mapping.fields.AccountId.lookup: AccountId takes ids of Account: look one up there",
        ),
        (
            {"DoNotCall": FieldRules(from_="Name", values={"ja": "tru", "nein": "false"})},
            "mapping.fields.DoNotCall.values.ja: 'tru' is neither true nor false (true, yes, 1, on / false, no, 0, off)",
        ),
        (
            {"Level__c": FieldRules(from_="Name", default="Top")},
            "mapping.fields.Level__c.default: 'Top' is not in the picklist: High, Low",
        ),
    ],
)
def test_each_fault_of_a_made_field_is_one_line(contact, fields, said):
    given = {"LastName": LAST} | fields
    assert said in faults_of(contact, ["Name"], **given)


def test_two_sources_for_one_field_are_a_fault(contact):
    [fault] = faults_of(contact, ["Name", "LastName"], LastName=LAST)
    assert fault == "column 'LastName' goes to LastName, which mapping.fields makes too: drop one of them"
    [fault] = faults_of(contact, ["Name"], constants={"LastName": "x"}, LastName=LAST)
    assert fault == "mapping.fields.LastName: mapping.constants sets it too: drop one of them"


def test_a_required_field_may_be_made(contact):
    assert faults_of(contact, ["name"], LastName=LAST) == []
    [fault] = faults_of(contact, ["Name"], FirstName=LAST)
    assert "Contact.LastName is required" in fault


def test_a_column_that_can_not_be_set_may_be_what_a_field_is_made_of(contact):
    assert faults_of(contact, ["Name", "Email"], LastName=LAST) == []
