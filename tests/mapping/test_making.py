from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.columns import Columns
from pipeline.mapping.mapper import mapper
from pipeline.mapping.rules import FieldRules, MappingRules
from pipeline.model.row import CellBlock, InputFile, ObjectBlock

MADE = {
    "FirstName": FieldRules(from_="Full Name", part="first"),
    "LastName": FieldRules(from_="Full Name", part="last"),
    "Birthdate": FieldRules(from_="Born", null_words=("N/A",), date="%d.%m.%Y"),
    "DoNotCall": FieldRules(from_="Calls", values={"ja": "false", "nein": "true"}, default="true"),
    "Level__c": FieldRules(from_=("Level", "Grade"), join="", clean=("strip",)),
}
COLUMNS = ("Full Name", "Born", "Calls", "Level", "Grade")


@pytest.fixture
def map_of(contact):
    def make(made=MADE, columns=COLUMNS, *, keep_empty=False, functions=None, **rules):
        file = InputFile(1, "x", "csv", 0, "", columns=columns)
        return mapper(file, Columns(MappingRules(fields=made, **rules), contact, functions or {}), keep_empty=keep_empty)

    return make


def cells(*rows):
    return CellBlock([*range(len(rows))], [0] * len(rows), [b""] * len(rows), rows=[list(row) for row in rows])


def objects(*rows):
    raw = [row if isinstance(row, bytes) else orjson.dumps(row) for row in rows]
    return ObjectBlock([*range(len(rows))], [0] * len(rows), raw, rows=[orjson.loads(line) for line in raw])


def said(faults):
    return {place: [(error.code, error.message, error.fields) for error in errors] for place, errors in faults.items()}


def test_fields_are_made_of_the_columns_of_a_csv_file(map_of):
    records, faults = map_of()(cells(["Kim Anna Lee", "1.2.1990", "ja", "Hi", "gh"], ["Cher", "N/A", "", " Low", ""]))
    assert [orjson.loads(record) for record in records] == [
        {"FirstName": "Kim Anna", "LastName": "Lee", "Birthdate": "1990-02-01", "DoNotCall": False, "Level__c": "High"},
        {"LastName": "Cher", "DoNotCall": True, "Level__c": "Low"},
    ]
    assert faults == {}


def test_what_can_not_be_made_is_the_fault_of_its_row_all_at_once(map_of):
    _, faults = map_of(check=True)(cells(["Kim Lee", "1.2.1990", "ja", "", ""], ["Lee, Kim, Dr.", "30.2.1990", "?", "Top", ""]))
    assert said(faults) == {
        1: [
            (
                "INVALID_VALUE",
                "Full Name: 'Lee, Kim, Dr.' has more than one comma, so that first and last name can't be told apart",
                ("FirstName",),
            ),
            (
                "INVALID_VALUE",
                "Full Name: 'Lee, Kim, Dr.' has more than one comma, so that first and last name can't be told apart",
                ("LastName",),
            ),
            ("INVALID_VALUE", "Born: '30.2.1990' is no date of the calendar (day is out of range for month)", ("Birthdate",)),
            ("INVALID_VALUE", "Calls: '?' is not among the values that are mapped", ("DoNotCall",)),
            ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Level + Grade: 'Top' is not in the picklist: High, Low", ("Level__c",)),
        ]
    }


def test_what_is_made_is_held_against_the_field_like_any_value(map_of):
    made = {"LastName": FieldRules(from_="a"), "Children__c": FieldRules(from_="b", clean=("strip",))}
    _, faults = map_of(made, ("a", "b"), check=True)(cells(["x" * 81, "1"], ["x", "many"], ["", "100"]))
    assert [[(error.code, error.fields) for error in faults[place]] for place in range(3)] == [
        [("STRING_TOO_LONG", ("LastName",))],
        [("INVALID_VALUE", ("Children__c",))],
        [("REQUIRED_FIELD_MISSING", ("LastName",)), ("NUMBER_OUTSIDE_VALID_RANGE", ("Children__c",))],
    ]


@pytest.mark.parametrize("keep_empty", [False, True])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Kim Lee", "Lee, Kim", "a, b, c", "", "Cher"]) | st.text(max_size=5),
            st.sampled_from(["1.2.1990", "N/A", "30.02.1990", ""]),
            st.sampled_from(["ja", "nein", "?", ""]),
            st.sampled_from([" High", "L", ""]),
            st.sampled_from(["ow", " ", ""]),
        ),
        max_size=6,
    )
)
def test_either_kind_of_row_is_made_into_the_same_record(contact, keep_empty, rows):
    file = InputFile(1, "x", "csv", 0, "", columns=COLUMNS)
    convert = mapper(file, Columns(MappingRules(fields=MADE, check=True), contact), keep_empty=keep_empty)
    of_cells, faults = convert(cells(*rows))
    of_objects, same = convert(objects(*(dict(zip(COLUMNS, row, strict=True)) for row in rows)))
    assert faults == same
    good = [place for place in range(len(rows)) if place not in faults]
    assert [orjson.loads(of_cells[place]) for place in good] == [orjson.loads(of_objects[place]) for place in good]


def test_nothing_becomes_null_where_empty_cells_do(map_of):
    for block in (cells(["Cher", "", "ja", "", ""]), objects({"Full Name": "Cher", "Calls": "ja"})):
        [record], _ = map_of(keep_empty=True)(block)
        assert orjson.loads(record) == {
            "FirstName": None,
            "LastName": "Cher",
            "Birthdate": None,
            "DoNotCall": False,
            "Level__c": None,
        }


def test_numbers_and_truth_values_of_json_are_taken_as_they_are_written(map_of):
    made = {"LastName": FieldRules(from_=("a", "b"), join="|", clean=("lower",))}
    block = objects(b'{"a": 1.10, "b": true}', b'{"a": 12345678901234567890, "b": null}', b'{"B": false, "A": 5}', b"{}")
    records, faults = map_of(made, ("a", "b"))(block)
    assert [orjson.loads(record).get("LastName") for record in records] == ["1.10|true", "12345678901234567890", "5|false", None]
    assert faults == {}


def test_nested_values_and_digits_that_are_lost_make_nothing(map_of):
    made = {"LastName": FieldRules(from_="a", clean=("lower",))}
    block = objects(b'{"a": {"b": 1}}', b'{"a": ["b"]}', b'{"a": 0.12345678901234567890123}')
    _, faults = map_of(made, ("a",))(block)
    assert [[error.code for error in faults[place]] for place in range(3)] == [
        ["NESTED_VALUE"],
        ["NESTED_VALUE"],
        ["INVALID_VALUE"],
    ]


def test_a_made_field_can_be_the_business_key(contact):
    keyed = replace(contact, fields=contact.fields | {"LastName": replace(contact.fields["LastName"], unique=True)})
    file = InputFile(1, "x", "csv", 0, "", columns=("Id No",))
    fields = {"LastName": FieldRules(from_="Id No", clean=("strip", "upper"))}
    columns = Columns(MappingRules(fields=fields, key="LastName"), keyed)
    records, faults = mapper(file, columns, keep_empty=False)(cells([" ab1 "], [" "]))
    assert orjson.loads(records[0]) == {"LastName": "AB1"}
    assert {place: [error.code for error in errors] for place, errors in faults.items()} == {1: ["KEY_MISSING"]}


def test_a_row_that_could_not_be_read_says_only_that(map_of):
    columns = (*COLUMNS, "treeload_source")
    _, faults = map_of(columns=columns)(cells(["a,b,c", "?", "?", "", "", "a,b"], ["Kim", "", "", "", "", ""]))
    assert [[error.code for error in errors] for errors in faults.values()] == [["NOT_CORRECTED"]]
    row = dict.fromkeys(COLUMNS, "?") | {"treeload_source": "x"}
    _, faults = map_of(columns=columns)(objects(row))
    assert [[error.code for error in errors] for errors in faults.values()] == [["NOT_CORRECTED"]]


def test_a_column_that_a_field_is_made_of_goes_elsewhere_only_if_that_is_said(map_of, contact):
    made = {"LastName": FieldRules(from_="FirstName", clean=("upper",))}
    [record], _ = map_of(made, ("FirstName",))(cells(["Kim"]))
    assert orjson.loads(record) == {"LastName": "KIM"}
    file = InputFile(1, "x", "csv", 0, "", columns=("FirstName",))
    rules = MappingRules(fields=made, columns={"firstname": "FirstName"})
    [record], _ = mapper(file, Columns(rules, contact), keep_empty=False)(cells(["Kim"]))
    assert orjson.loads(record) == {"LastName": "KIM", "FirstName": "Kim"}


def test_a_rows_own_key_for_a_made_field_is_a_fault_of_the_row(map_of):
    row = dict.fromkeys(COLUMNS, "") | {"Full Name": "Kim", "LastName": "Lee"}
    _, faults = map_of()(objects(row))
    assert said(faults)[0][0] == ("UNKNOWN_COLUMN", "more than one key of this line goes to LastName", ("LastName",))


def test_a_block_without_rows_makes_nothing(map_of):
    assert map_of()(cells()) == ([], {})
    assert map_of()(objects()) == ([], {})


@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_any_header_and_any_cells_end_as_record_or_fault(contact, texts):
    made = {"LastName": FieldRules(from_="c0", part="last"), "LastSeen__c": FieldRules(from_="c0", date="%d.%m.%Y", zone="UTC")}
    columns = tuple(f"c{number}" for number in range(len(texts)))
    file = InputFile(1, "x", "csv", 0, "", columns=columns)
    convert = mapper(file, Columns(MappingRules(fields=made, ignore=columns[1:]), contact), keep_empty=False)
    records, faults = convert(cells(texts))
    assert faults or orjson.loads(records[0]).keys() <= {"LastName", "LastSeen__c"}
