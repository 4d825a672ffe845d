import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OrgUnavailable
from pipeline.model.describe import Field
from pipeline.model.record_id import to_18
from pipeline.salesforce.lookups import Place, matched, question
from pipeline.simulator.soql import Comparison, Joined, parse

IDS = [to_18(f"001x00000000{number:03}") for number in range(100)]


def place(kind: str = "string", *, length: int = 80, case_sensitive: bool = False, record_types_of: str = "") -> Place:
    field = Field(
        "Key__c", "Key", kind, length, createable=True, nillable=True, defaulted_on_create=False, case_sensitive=case_sensitive
    )
    return Place("Account", field, record_types_of)


def records(*values: object) -> list[dict[str, object]]:
    return [{"Id": key, "Key__c": value} for key, value in zip(IDS, values, strict=False)]


def literals(soql: str) -> list[object]:
    where = parse(soql).where
    comparison = where.conditions[0] if isinstance(where, Joined) else where
    assert isinstance(comparison, Comparison)
    return [literal.value for literal in comparison.literals]


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_question_asks_for_each_text_as_it_is(values: list[str]):
    assert literals(question(place(), values)) == values


@pytest.mark.parametrize(("text", "literal"), [("5", 5), (" 5.0 ", 5), ("007", 7), ("-1.25", -1.25), ("1e3", 1000)])
def test_numbers_are_asked_for_as_numbers(text: str, literal: float):
    assert literals(question(place("double"), [text])) == [literal]


def test_of_record_types_only_active_ones_of_the_object_are_asked_for():
    soql = question(place(record_types_of="Contact"), ["Partner"])
    assert soql.endswith("WHERE Key__c IN ('Partner') AND SobjectType = 'Contact' AND IsActive = TRUE")
    assert question(place(), ["a"], most=2).endswith(" LIMIT 2")


@pytest.mark.parametrize(
    ("value", "kind", "can"),
    [
        ("x" * 80, "string", True),
        ("x" * 81, "string", False),
        (" ", "string", False),
        ("5", "double", True),
        ("five", "double", False),
        ("", "int", False),
        ("NaN", "double", False),
    ],
)
def test_what_the_field_can_not_hold_is_not_asked_for(value: str, kind: str, can: bool):  # noqa: FBT001 - a case
    assert place(kind).can_have(value) is can


def test_an_answer_in_other_capitals_is_that_of_all_values_that_mean_it():
    found, strangers = matched(place(), ["acme", "ACME", "other", "Acme "], records("Acme"))
    assert found == {"acme": [IDS[0]], "ACME": [IDS[0]], "other": [], "Acme ": [IDS[0]]}
    assert not strangers


def test_where_capitals_count_they_tell_values_apart():
    found, strangers = matched(place(case_sensitive=True), ["acme", "ACME"], records("ACME", "acme"))
    assert found == {"acme": [IDS[1]], "ACME": [IDS[0]]}
    assert not strangers


def test_a_number_is_found_however_it_is_written():
    assert matched(place("double"), ["5", "05.0"], records(5.0))[0] == {"5": [IDS[0]], "05.0": [IDS[0]]}


def test_several_records_with_a_value_are_told_by_two_ids():
    assert matched(place(), ["a"], records("a", "A", "a"))[0] == {"a": IDS[:2]}


def test_an_answer_that_looks_like_none_of_the_values_is_nobodys_or_that_of_the_only_one():
    assert matched(place(), ["Muller", "b"], records("Müller", "b")) == ({"Muller": [], "b": [IDS[1]]}, True)
    assert matched(place(), ["Muller"], records("Müller")) == ({"Muller": [IDS[0]]}, False)


@given(
    st.lists(st.text(min_size=1, max_size=5), min_size=1, unique=True), st.lists(st.text(max_size=5) | st.none(), max_size=100)
)
def test_no_answer_is_lost(values: list[str], answers: list[str | None]):
    found, strangers = matched(place(), values, records(*answers))
    kept = {key for ids in found.values() for key in ids}
    crowded = any(len(ids) == 2 for ids in found.values())
    assert strangers or crowded or kept == set(IDS[: len(answers)])


@pytest.mark.parametrize("record", [{}, {"Id": None}, {"Id": "001"}])
def test_a_record_without_its_id_is_no_answer(record: dict[str, object]):
    with pytest.raises(OrgUnavailable, match="without its id"):
        matched(place(), ["a"], [record])
