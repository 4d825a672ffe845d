from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.mapping.columns import Columns
from pipeline.mapping.mapper import mapper
from pipeline.mapping.proof import MARK_LENGTH
from pipeline.mapping.rules import MappingRules
from pipeline.model.row import CellBlock, InputFile, ObjectBlock


@pytest.fixture
def person(contact, field):
    """Describe contacts with fields that can be a marker or a key, and with some that can't."""
    more = [
        field("Mark__c", unique=True, length=MARK_LENGTH),
        field("Short__c", unique=True, length=MARK_LENGTH - 1),
        field("Key__c", unique=True, length=10),
        field("Number__c", "double", unique=True, length=0),
        field("Auto__c", unique=True, createable=False),
        field("Plain__c"),
    ]
    fields = {**contact.fields, **{each.name: each for each in more}}
    return replace(contact, fields=fields, lower={name.lower(): name for name in fields})


def faults(rules: MappingRules, describe, *columns: str) -> list[str]:
    try:
        Columns(rules, describe).resolve(["LastName", *columns])
    except UsageError as error:
        return str(error).splitlines()
    return []


def test_a_unique_text_field_can_be_the_marker_or_the_key_in_any_case(person):
    assert faults(MappingRules(marker="mark__C"), person) == []
    assert Columns(MappingRules(marker="mark__C"), person).marker == "Mark__c"
    assert faults(MappingRules(key="key__C"), person, "KEY__C") == []
    assert Columns(MappingRules(key="key__C"), person).key == "Key__c"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Plain__c", "Contact.Plain__c is not unique in the org, so it proves nothing"),
        ("Number__c", "Contact.Number__c is double(0): choose a text field"),
        ("Auto__c", "Contact.Auto__c can't be set on create"),
        ("Kye__c", "Contact has no field 'Kye__c'; did you mean Key__c?"),
    ],
    ids=["not unique", "no text", "not to be set", "unknown"],
)
def test_a_field_that_proves_nothing_is_refused(person, name, words):
    (of_marker,) = faults(MappingRules(marker=name), person)
    assert of_marker.startswith(f"mapping.marker: {words}")
    of_key, *_ = faults(MappingRules(key=name), person)
    assert of_key.startswith(f"mapping.key: {words}")


def test_a_marker_needs_room_and_a_key_needs_none(person):
    (line,) = faults(MappingRules(marker="Short__c"), person)
    assert f"string({MARK_LENGTH - 1})" in line
    assert f"{MARK_LENGTH} characters or more" in line
    assert faults(MappingRules(key="Short__c"), person, "Short__c") == []


def test_marker_and_key_together_are_refused(person):
    (line,) = faults(MappingRules(marker="Mark__c", key="Key__c"), person, "Key__c")
    assert line.startswith("mapping.key: ")
    assert "drop one of them" in line


@pytest.mark.parametrize(
    ("rules", "columns"),
    [
        ({}, ["mark__c"]),
        ({"columns": {"note": "Mark__c"}}, ["note"]),
        ({"constants": {"mark__c": "x"}}, []),
    ],
    ids=["a column of that name", "a mapped column", "a constant"],
)
def test_a_marker_is_filled_by_nothing_else(person, rules, columns):
    (line,) = faults(MappingRules(marker="Mark__c", **rules), person, *columns)
    assert line == "mapping.marker: Mark__c is filled by the program: map nothing else to it"


def test_a_key_that_no_column_gives_is_refused(person):
    assert faults(MappingRules(key="Key__c"), person) == ["mapping.key: no column gives Key__c: map one to it"]
    assert faults(MappingRules(key="Key__c", ignore=("Key__c",)), person, "Key__c") != []
    constant = faults(MappingRules(key="Key__c", constants={"Key__c": "K1"}), person)
    assert constant == ["mapping.key: no column gives Key__c: map one to it"], "all rows would have the same"
    assert faults(MappingRules(key="Key__c", columns={"number": "Key__c"}), person, "number") == []


def test_a_required_marker_needs_no_column(person, field):
    required = replace(person, fields={**person.fields, "Mark__c": field("Mark__c", unique=True, nillable=False)})
    assert faults(MappingRules(marker="Mark__c"), required) == []


CSV = InputFile(1, "people.csv", "csv", 100, "", columns=("number", "LastName"))
LINES = replace(CSV, path="people.jsonl", format="jsonl")
KEYED = MappingRules(key="Key__c", columns={"number": "Key__c"})


def rejected(describe, *keys: object, rules: MappingRules = KEYED, file: InputFile = CSV) -> dict[int, str]:
    """Map a row for each key; tell which are rejected and why."""
    raw = [orjson.dumps({"number": key, "LastName": "Kim"}) for key in keys]
    places, lines = [0] * len(keys), list(range(2, len(keys) + 2))
    block = (
        CellBlock(lines, places, raw, rows=[[str(key), "Kim"] for key in keys])
        if file.format == "csv"
        else ObjectBlock(lines, places, raw, rows=[orjson.loads(line) for line in raw])
    )
    _, found = mapper(file, Columns(rules, describe), keep_empty=rules.empty_cells == "null")(block)
    assert all(error.fields == ("Key__c",) for errors in found.values() for error in errors)
    return {place: errors[0].code for place, errors in found.items()}


@pytest.mark.parametrize("empty", ["omit", "null"])
def test_a_csv_row_without_its_key_is_rejected_here(person, empty):
    rules = replace(KEYED, empty_cells=empty)
    assert rejected(person, "K1", "", "  ", "K2", rules=rules) == {1: "KEY_MISSING", 2: "KEY_MISSING"}


def test_a_json_line_without_its_key_is_rejected_here(person):
    assert rejected(person, "K1", "", " \t", None, "K2", file=LINES) == dict.fromkeys((1, 2, 3), "KEY_MISSING")
    columns = Columns(KEYED, person)
    line = b'{"LastName":"Kim"}'
    _, found = mapper(LINES, columns, keep_empty=False)(ObjectBlock([2], [0], [line], rows=[orjson.loads(line)]))
    assert [error.code for error in found[0]] == ["KEY_MISSING"]


def test_what_else_is_wrong_with_a_row_is_told_first(person):
    line = b'{"LastName":"Kim","Birthdate":"soon"}'
    _, found = mapper(LINES, Columns(KEYED, person), keep_empty=False)(ObjectBlock([2], [0], [line], rows=[orjson.loads(line)]))
    assert [error.code for error in found[0]] == ["INVALID_VALUE"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it is never changed
@given(keys=st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=20), lines=st.booleans())
def test_exactly_the_rows_without_a_key_are_rejected(person, keys, lines):
    found = rejected(person, *keys, file=LINES if lines else CSV)
    assert found == {place: "KEY_MISSING" for place, key in enumerate(keys) if not key.strip()}
