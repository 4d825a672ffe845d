import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.mapping.columns import Columns
from pipeline.mapping.objects import MANY, ObjectMapper
from pipeline.mapping.rules import MappingRules


@pytest.fixture
def map_lines(contact):
    def run(*lines: bytes, **rules):
        mapper = ObjectMapper(Columns(MappingRules(**({"check": True} | rules)), contact))
        return mapper.map([orjson.loads(line) for line in lines], list(lines))

    return run


def test_a_line_that_needs_no_change_is_sent_as_it_stands(map_lines):
    line = b'{"LastName": "Kim",  "Height__c": 1.000000000000000005}'
    assert map_lines(line) == ([line], {})


def test_keys_are_renamed_ignored_and_spelled_as_the_org_does(map_lines):
    encoded, _ = map_lines(b'{"Surname":"Kim","email":"k@example.org","x":1}', columns={"Surname": "LastName"}, ignore=("x",))
    assert encoded == [b'{"LastName":"Kim","Email":"k@example.org"}']


def test_text_of_typed_fields_becomes_a_value(map_lines):
    assert map_lines(b'{"LastName":"Kim","DoNotCall":"yes"}')[0] == [b'{"LastName":"Kim","DoNotCall":true}']


def test_values_that_have_their_type_stay(map_lines):
    line = b'{"LastName":"Kim","DoNotCall":true,"Birthdate":null}'
    assert map_lines(line)[0] == [line]


def test_an_unknown_key_rejects_its_line_only(map_lines):
    encoded, faults = map_lines(b'{"LastName":"Kim","Frist":"x"}', b'{"LastName":"Lee"}')
    assert faults[0][0].code == "UNKNOWN_COLUMN"
    assert "'Frist'" in faults[0][0].message
    assert list(faults) == [0]
    assert encoded[1] == b'{"LastName":"Lee"}'


def test_a_nested_value_is_rejected_with_its_key(map_lines):
    _, faults = map_lines(b'{"LastName":"Kim","Email":{"a":1}}', b'{"LastName":"[brackets] {in} {text}"}')
    assert [error.fields for error in faults[0]] == [("Email",)]
    assert list(faults) == [0]


def test_a_number_that_would_change_is_rejected(map_lines):
    renamed = {"columns": {"h": "Height__c"}}
    _, faults = map_lines(b'{"LastName":"Kim","h":123456789012345678901}', b'{"LastName":"Kim","h":1.50}', **renamed)
    assert list(faults) == [0]
    assert "digit for digit" in faults[0][0].message


@pytest.mark.parametrize("number", [b"0.10000000000000000555", b"1.00000000000000000001", b"-0.30000000000000000001"])
def test_a_number_that_would_change_is_not_taken_for_a_part_of_itself_or_of_another(map_lines, number):
    renamed = {"columns": {"h": "Height__c", "note": "LastName"}}
    line = b'{"note":"h\\": 0.1, 1.0","h": %b}' % number
    assert list(map_lines(line, **renamed)[1]) == [0]


@pytest.mark.parametrize("number", [b"1.50", b"-2.5", b"0.1", b"1e3"])
def test_a_number_that_stays_what_it_is_is_sent(map_lines, number):
    encoded, faults = map_lines(b'{"LastName":"Kim","h":%b}' % number, columns={"h": "Height__c"}, check=False)
    assert faults == {}
    assert orjson.loads(encoded[0])["Height__c"] == float(number)


def test_all_that_is_wrong_with_a_line_is_told_at_once(map_lines):
    line = b'{"LastName":"","Email":"kim","Frist":"x","Birthdate":{},"DoNotCall":"perhaps","Children__c":100}'
    encoded, faults = map_lines(line, b'{"LastName":"Kim","Email":null,"Level__c":"High"}')
    assert {error.fields for error in faults[0]} == {
        ("LastName",),
        ("Email",),
        ("Frist",),
        ("Birthdate",),
        ("DoNotCall",),
        ("Children__c",),
    }
    assert list(faults) == [0]
    assert encoded[1] == b'{"LastName":"Kim","Email":null,"Level__c":"High"}'


def test_a_line_without_a_required_key_is_rejected(map_lines):
    _, faults = map_lines(b'{"Email":"kim@example.org"}', b'{"LastName":"Kim"}', b'{"LastName":null}')
    assert {place: [error.code for error in errors] for place, errors in faults.items()} == {
        0: ["REQUIRED_FIELD_MISSING"],
        2: ["REQUIRED_FIELD_MISSING"],
    }


def test_a_constant_gives_every_line_a_required_field(map_lines):
    assert map_lines(b'{"Email":"kim@example.org"}', constants={"LastName": "Kim"})[1] == {}


def test_an_empty_text_is_no_date(map_lines):
    _, faults = map_lines(b'{"LastName":"Kim","Birthdate":""}', b'{"LastName":"Kim","Birthdate":null}')
    assert list(faults) == [0]


def test_without_checks_the_org_decides(map_lines):
    lines = (b'{"Email":"kim"}', b'{"LastName":"%s"}' % (b"x" * 81), b'{"LastName":"Kim","Level__c":"Middle"}')
    assert len(map_lines(*lines)[1]) == 3
    assert map_lines(*lines, check=False) == (list(lines), {})


def test_two_keys_for_one_field_reject_the_line(map_lines):
    _, faults = map_lines(b'{"LastName":"Kim","lastname":"Lee"}')
    assert "more than one key" in faults[0][0].message


KINDS = (
    b'{"LastName":"Kim","Birthdate":"1990-01-31"}',
    b'{"LastName":"Kim","Birthdate":"31.01.1990"}',
    b'{"LastName":"[brackets] {in} {text}","Birthdate":null}',
    b'{"LastName":["Kim"],"Birthdate":"1990-01-31"}',
    b'{"Birthdate":"1990-01-31","LastName":"Kim"}',
    b'{"LastName":"Kim","Frist":"x"}',
    b'{"LastName":"Kim","DoNotCall":"yes"}',
    b'{"LastName":"Kim","treeload_line":"17"}',
    b'{"LastName":"","Email":"kim@example.org"}',
    b'{"LastName":"Kim","Email":"kim"}',
    b'{"LastName":5,"Email":"kim@example.org"}',
    b"{ }",
)


@given(st.lists(st.sampled_from(KINDS), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # what it makes keeps nothing
def test_lines_come_out_the_same_together_as_each_by_itself(map_lines, lines: list[bytes]):
    encoded, faults = map_lines(*lines)
    alone = [map_lines(line) for line in lines]
    assert encoded == [record for (record,), _ in alone]
    assert faults == {place: fault[0] for place, (_, fault) in enumerate(alone) if fault}
    assert all(encoded[place] == b"" for place in faults)


def test_all_wrong_values_of_a_line_are_told(map_lines):
    _, faults = map_lines(b'{"LastName":"Kim","DoNotCall":"perhaps","Birthdate":"soon"}')
    assert len(faults[0]) == 2


def test_many_different_shapes_do_not_pile_up(contact):
    mapper = ObjectMapper(Columns(MappingRules(), contact))
    for number in range(2500):
        line = orjson.dumps({"LastName": "x", f"treeload_{number}": 1})
        mapper.map([orjson.loads(line)], [line])
    assert len(mapper._shapes) <= 1000  # noqa: SLF001 - memory is the point


def test_a_line_that_could_not_be_read_is_not_loaded_until_somebody_put_it_right(map_lines):
    _, faults = map_lines(b'{"LastName":"K\xef\xbf\xbdm","treeload_source":"K?m"}', b'{"LastName":"Kim","treeload_source":""}')
    assert list(faults) == [0]
    assert faults[0][0].code == "NOT_CORRECTED"


VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=5), st.sampled_from([1, MANY]))
def test_rows_that_are_encoded_together_become_what_each_becomes_alone(contact, rows, times):
    mapper = ObjectMapper(Columns(MappingRules(columns={"a": "FirstName", "b": "LastName"}), contact))
    objects = [{"a": first, "b": last} for first, last in rows * times]
    raw = [orjson.dumps(row) for row in objects]
    encoded, faults = mapper.map(objects, raw)
    alone = [mapper.map([row], [line]) for row, line in zip(objects, raw, strict=True)]
    assert encoded == [record for [record], _ in alone]
    assert faults == {place: errors[0] for place, (_, errors) in enumerate(alone) if errors}
