import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.cells import CellMapper
from pipeline.mapping.target import Target, target_of
from pipeline.mapping.values import check, converter


def mapper(*targets, keep_empty=False):
    return CellMapper([t and Target(t[0], t[0], converter(t[1]), check(t[1])) for t in targets], keep_empty=keep_empty)


TEXT = ("LastName", "string")
DAY = ("Birthdate", "date")
FLAG = ("DoNotCall", "boolean")


def test_cells_become_fields():
    encoded, faults = mapper(TEXT, ("Email", "email")).map([["Kim", "kim@example.org"]])
    assert encoded == [b'{"LastName":"Kim","Email":"kim@example.org"}']
    assert faults == {}


def test_an_empty_cell_is_left_out_or_null():
    assert mapper(TEXT, DAY).map([["Kim", ""]])[0] == [b'{"LastName":"Kim"}']
    assert mapper(TEXT, DAY, keep_empty=True).map([["Kim", ""]])[0] == [b'{"LastName":"Kim","Birthdate":null}']


def test_ignored_columns_are_not_there():
    assert mapper(None, TEXT, None).map([["x", "Kim", "y"]])[0] == [b'{"LastName":"Kim"}']
    assert mapper(None, None).map([["x", "y"]])[0] == [b"{}"]


def test_types_are_real_types():
    encoded, _ = mapper(FLAG, ("Height__c", "double"), DAY).map([["yes", "1.80", "1990-01-31"]])
    assert encoded == [b'{"DoNotCall":true,"Height__c":1.80,"Birthdate":"1990-01-31"}']


def test_all_faults_of_a_row_are_told_and_the_others_go_on():
    encoded, faults = mapper(FLAG, DAY, TEXT).map([["perhaps", "31.12.1990", "Kim"], ["no", "", "Lee"]])
    assert {error.fields for error in faults[0]} == {("DoNotCall",), ("Birthdate",)}
    assert faults[0][0].message == "Birthdate: '31.12.1990' is not a date of the calendar written yyyy-mm-dd"
    assert list(faults) == [0]
    assert encoded[1] == b'{"DoNotCall":false,"LastName":"Lee"}'


def test_a_long_wrong_value_is_shown_short():
    _, faults = mapper(DAY).map([["x" * 500]])
    assert len(faults[0][0].message) < 150


def test_the_rows_stay_as_they_were_read():
    rows = [["yes", "Kim"]]
    mapper(FLAG, TEXT).map(rows)
    assert rows == [["yes", "Kim"]]


def test_all_columns_are_held_against_the_describe(contact):
    names = ("LastName", "Email", "Level__c", "Children__c")
    strict = CellMapper([target_of(name, contact.fields[name], strict=True) for name in names], keep_empty=False)
    rows = [["Kim", "kim@example.org", "High", "2"], ["", "kim", "Middle", "200"], ["Lee", "", "", ""], [" ", "", "low", "x"]]
    encoded, faults = strict.map(rows)
    assert {place: [error.code for error in errors] for place, errors in faults.items()} == {
        1: [
            "REQUIRED_FIELD_MISSING",
            "INVALID_EMAIL_ADDRESS",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "NUMBER_OUTSIDE_VALID_RANGE",
        ],
        3: ["REQUIRED_FIELD_MISSING", "INVALID_VALUE"],
    }
    assert encoded[2] == b'{"LastName":"Lee"}'
    assert strict.map([]) == ([], {})


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_text_comes_out_as_it_went_in(rows: list[tuple[str, str]]):
    rows = [(a.encode("utf-8", "replace").decode(), b.encode("utf-8", "replace").decode()) for a, b in rows]
    encoded, _ = mapper(TEXT, ("Title", "string")).map(rows)
    for (last, title), record in zip(rows, encoded, strict=True):
        fields = orjson.loads(record)
        assert (fields.get("LastName", ""), fields.get("Title", "")) == (last, title)
        assert b"\n" not in record


@given(st.lists(st.text(), min_size=1, max_size=300, unique=True), st.data())
def test_any_number_of_fields_of_any_name_come_out(fields: list[str], data: st.DataObject):
    fields = list(dict.fromkeys(field.encode("utf-8", "replace").decode() for field in fields))
    row = data.draw(st.lists(st.sampled_from(["", "x"]), min_size=len(fields), max_size=len(fields)))
    (record,), _ = mapper(*((field, "string") for field in fields)).map([row])
    assert list(orjson.loads(record).items()) == [(field, cell) for field, cell in zip(fields, row, strict=True) if cell]
