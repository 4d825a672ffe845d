"""Guesses of a first draft: each name that people use finds its field, and no two columns the same."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.naming import fit, plain
from pipeline.mapping.synonyms import FIELDS
from pipeline.salesforce import describe as describing
from pipeline.simulator.objects import load

OBJECTS = {own.name: described for own in load(None).values() if (described := describing.read(own.describe))}
CONTACT = OBJECTS["Contact"]


def fields(*columns: str, name: str = "Contact") -> list[str]:
    return [match.field for match in fit(columns, OBJECTS[name]).matches]


@pytest.mark.parametrize(
    "column", ["FirstName", "First Name", "first_name", "FIRSTNAME", "first-name", "fname", "Vorname", "Given Name", "Prénom"]
)
def test_a_field_is_found_by_its_name_its_label_and_usual_words_however_they_are_written(column: str):
    assert fields(column) == ["FirstName"]


@pytest.mark.parametrize(
    ("column", "of_contact", "of_lead", "of_account"),
    [
        ("zip", "MailingPostalCode", "PostalCode", "BillingPostalCode"),
        ("Straße", "MailingStreet", "Street", "BillingStreet"),
        ("City", "MailingCity", "City", "BillingCity"),
        ("Company Name", "", "Company", "Name"),
        ("Business Phone", "Phone", "Phone", "Phone"),
        ("source", "LeadSource", "LeadSource", "AccountSource"),
    ],
)
def test_a_usual_word_means_each_objects_own_field(column: str, of_contact: str, of_lead: str, of_account: str):
    found = [fields(column, name=name)[0] for name in ("Contact", "Lead", "Account")]
    assert found == [of_contact, of_lead, of_account]


def test_of_two_columns_for_a_field_the_surest_has_it_and_the_other_is_told_which():
    mail, email, again = fit(("mail", "Email", "E-Mail"), CONTACT).matches
    assert (mail.field, email.field, again.field) == ("", "Email", "")
    assert "looks like Email, which column 'Email' gives" in mail.why


def test_a_field_that_cannot_be_set_is_no_match_and_that_is_said():
    (match,) = fit(("Created Date",), CONTACT).matches
    assert (match.field, match.why) == ("", "CreatedDate can't be set on create")


def test_a_column_without_a_field_is_told_the_nearest():
    (match,) = fit(("Lead Sauce",), CONTACT).matches
    assert match.field == ""
    assert "nearest: LeadSource" in match.why


def test_required_fields_that_no_column_gives_count_against_an_object():
    columns = ("First Name", "Last Name", "Email")
    contact, lead = fit(columns, CONTACT), fit(columns, OBJECTS["Lead"])
    assert (contact.missing, lead.missing) == ([], ["Company"])
    assert contact.score > lead.score


def test_every_word_of_the_table_is_plain_and_means_fields_that_there_are():
    every_field = {name for described in OBJECTS.values() for name in described.fields}
    for word, meant in FIELDS.items():
        assert plain(word) == word
        assert set(meant) <= every_field, word


@given(columns=st.lists(st.text() | st.sampled_from([*FIELDS, *CONTACT.fields, "treeload_state"]), unique=True, max_size=30))
def test_any_names_are_matched_each_once_and_no_field_twice(columns: list[str]):
    found = fit(columns, CONTACT)
    assert [match.column for match in found.matches] == [column for column in columns if not column.startswith("treeload_")]
    given_to = [match.field for match in found.matches if match.field]
    assert len(given_to) == len(set(given_to)) == found.mapped
    assert all(CONTACT.fields[field].createable for field in given_to)
    assert all(match.why for match in found.matches)


def test_the_describes_of_a_real_org_will_do():
    path = Path(__file__).parents[1] / "fixtures/describe/Contact_describe.json"
    described = describing.read(orjson.loads(path.read_bytes()))
    assert described is not None
    assert [match.field for match in fit(("Vorname", "Nachname", "Handy"), described).matches] == [
        "FirstName",
        "LastName",
        "MobilePhone",
    ]
