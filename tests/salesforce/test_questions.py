"""The questions of evidence, and how their answers are read."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OrgUnavailable
from pipeline.model.record import FieldError
from pipeline.model.record_id import to_18
from pipeline.salesforce import questions
from pipeline.salesforce.questions import comparable, existing
from pipeline.simulator.soql import Comparison, Joined, Query, parse

SINCE = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
UNTIL = datetime(2026, 3, 1, 15, 30, tzinfo=timezone(timedelta(hours=2)))
USER = to_18("0051x000001Abcd")
HOLDER = "5006g00000DklQA"

values = st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=20)


def selected(query: Query) -> list[str]:
    return [name.text for name in query.fields]


def literals(condition: Comparison) -> list[Any]:
    return [literal.value for literal in condition.literals]


def terms(query: Query) -> list[tuple[str, str, list[Any]]]:
    conditions = query.where.conditions if isinstance(query.where, Joined) else (query.where,)
    return [(part.field.text, part.operator, literals(part)) for part in conditions if isinstance(part, Comparison)]


# ------------------------------------------------------------------ questions


@given(values)
def test_markers_are_asked_for_as_they_are(markers: list[str]):
    query = parse(questions.by_marker("Contact", "Import__c", markers))
    assert (selected(query), query.source.text) == (["Id", "Import__c"], "Contact")
    assert terms(query) == [("Import__c", "IN", markers)]


@given(values)
def test_keys_are_asked_for_with_who_created_them_and_when(keys: list[str]):
    query = parse(questions.by_key("Lead", "Key__c", keys))
    assert (selected(query), query.source.text) == (["Id", "Key__c", "CreatedById", "CreatedDate"], "Lead")
    assert terms(query) == [("Key__c", "IN", keys)]


def test_values_are_asked_for_by_creator_and_time():
    query = parse(questions.by_values("Contact", ["LastName", "Email"], USER, SINCE, UNTIL))
    assert selected(query) == ["Id", "CreatedDate", "LastName", "Email"]
    assert terms(query) == [
        ("CreatedById", "=", [USER]),
        ("CreatedDate", ">=", ["2026-03-01T12:00:00Z"]),
        ("CreatedDate", "<=", ["2026-03-01T13:30:00Z"]),
    ]
    assert [key.field.text for key in query.order] == ["Id"]


def test_no_field_is_asked_for_twice():
    query = parse(questions.by_values("Contact", ["LastName", "createddate", "ID", "lastname"], USER, SINCE, UNTIL))
    assert [name.lower() for name in selected(query)] == ["id", "createddate", "lastname"]


def test_the_control_asks_for_known_records_by_the_same_terms():
    query = parse(questions.still_seen("Contact", [to_18(HOLDER)], USER, SINCE))
    assert terms(query) == [
        ("Id", "IN", [to_18(HOLDER)]),
        ("CreatedById", "=", [USER]),
        ("CreatedDate", ">=", ["2026-03-01T12:00:00Z"]),
    ]


@given(st.lists(st.text(max_size=5) | st.builds(str.__mul__, st.sampled_from("a'\n\x00"), st.integers(1, 40_000)), max_size=12))
def test_portions_fit_and_lose_nothing(many: list[str]):
    portions = list(questions.portions(many))
    assert [value for portion in portions for value in portion] == many
    for portion in portions:
        question = questions.by_key("X" * 80, "Y" * 80, portion)
        assert portion
        assert len(question) <= questions.LONGEST_QUERY or len(portion) == 1


def test_values_that_fit_are_one_portion():
    markers = [f"{number:036x}-r1_{number}" for number in range(200)]
    assert list(questions.portions(markers)) == [markers]


# ------------------------------------------------------------------ moments

moments = st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.timezones() | st.just(UTC))  # noqa: DTZ001 - hypothesis adds it


@given(moments)
def test_a_moment_is_written_to_the_second_below(at: datetime):
    written = datetime.fromisoformat(questions.moment(at))
    assert timedelta(0) <= at.astimezone(UTC) - written < timedelta(seconds=1)
    assert len(questions.moment(at)) == len("2026-03-01T12:00:00Z")


def test_a_moment_without_a_zone_is_a_mistake():
    with pytest.raises(ValueError, match="has no zone"):
        questions.moment(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point


def test_when_a_record_was_created_is_read():
    at = questions.created_at({"CreatedDate": "2013-05-20T20:49:32.000+0000"})
    assert at == datetime(2013, 5, 20, 20, 49, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    "given_date", [None, 5, "", "yesterday", "2013-05-20", "2013-05-20T20:49:32", "0001-01-01T00:00:00+05:00"]
)
def test_a_record_that_does_not_say_when_it_was_created_is_not_understood(given_date: Any):
    with pytest.raises(OrgUnavailable, match="when a record was created"):
        questions.created_at({"CreatedDate": given_date})
    with pytest.raises(OrgUnavailable):
        questions.created_at({})


# ------------------------------------------------------------------ who holds a value

OF_KEY = f"duplicate value found: Key__c duplicates value on record with id: {HOLDER}"
MASKED = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"


@pytest.mark.parametrize(
    ("message", "fields", "held_by"),
    [
        (OF_KEY, (), to_18(HOLDER)),
        (OF_KEY, ("Key__c",), to_18(HOLDER)),
        (OF_KEY.upper().replace("DUPLICATE VALUE FOUND", "duplicate value found"), ("Key__c",), ""),
        (OF_KEY.replace("Key__c", "KEY__C"), (), to_18(HOLDER)),
        (OF_KEY.replace(HOLDER, to_18(HOLDER)), (), to_18(HOLDER)),
        (OF_KEY + ":--", (), to_18(HOLDER)),
        (OF_KEY.replace("Key__c", "ns__Key__c"), ("key__c",), to_18(HOLDER)),
        (OF_KEY.replace("Key__c", "Other__c"), (), None),
        (OF_KEY.replace("Key__c", "Other__c"), ("Other__c", "Key__c"), None),
        (OF_KEY.replace(HOLDER, "500"), (), ""),
        (OF_KEY.replace(HOLDER, to_18(HOLDER).swapcase()), (), ""),
        (OF_KEY.replace(HOLDER, ""), (), ""),
        (OF_KEY.replace(HOLDER, "<unknown>"), (), ""),
        (MASKED, (), ""),
        (MASKED, ("Key__c",), ""),
        (MASKED, ("Other__c",), None),
        (MASKED, ("Other__c", "KEY__C"), ""),
        ("Already a campaign member.", (), None),
        ("Doppelter Wert: Key__c dupliziert den Wert eines Datensatzes", (), ""),
        ("Doppelter Wert", ("Key__c",), ""),
        ("", (), None),
    ],
)
def test_who_holds_the_value_is_read_from_the_error(message: str, fields: tuple[str, ...], held_by: str | None):
    assert existing(FieldError("DUPLICATE_VALUE", message, fields), "Key__c") == held_by


def test_another_error_says_nothing_of_who_holds_the_value():
    assert existing(FieldError("DUPLICATES_DETECTED", OF_KEY, ("Key__c",)), "Key__c") is None


@given(st.text(), st.lists(st.text(max_size=3)), st.sampled_from(["Key__c", "Doppelter"]))
def test_any_error_is_read_without_a_fuss(message: str, fields: list[str], field: str):
    existing(FieldError("DUPLICATE_VALUE", f"duplicate value found: {message}", tuple(fields)), field)


# ------------------------------------------------------------------ what is equal

TYPES = (
    "string", "textarea", "picklist", "email", "boolean", "int", "long", "double", "currency", "percent",
    "date", "datetime", "time", "multipicklist", "reference", "id", "anyType",
)  # fmt: skip


@pytest.mark.parametrize(
    ("field_type", "sent", "returned"),
    [
        ("string", "  Zoë ", "Zoë"),
        ("textarea", "a\r\nb\r", "a\nb"),
        ("string", "", None),
        ("string", " \t", None),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("email", "Ann@Example.com", "ann@example.com"),
        ("email", "", None),
        ("boolean", "TRUE", True),
        ("boolean", "0", False),
        ("int", "007", 7),
        ("double", 1.10, "1.1"),
        ("double", "1e3", 1000),
        ("double", "+.5", 0.5),
        ("currency", 10, 10.0),
        ("currency", "12345678901234567.89", 1.2345678901234568e16),
        ("percent", "-0", 0),
        ("date", "2024-05-30", "2024-05-30 "),
        ("datetime", "2024-05-30T12:00:00Z", "2024-05-30T12:00:00.000+0000"),
        ("datetime", "2024-05-30T12:00:00+05:00", "2024-05-30T07:00:00.000+0000"),
        ("datetime", "2024-05-30T12:00:00.789-0130", "2024-05-30T13:30:00.000+0000"),
        ("time", "14:30:00", "14:30:00.000Z"),
        ("multipicklist", "b;a; c", "a;b;c"),
        ("multipicklist", "", None),
        ("reference", HOLDER, to_18(HOLDER)),
        ("id", f" {HOLDER}", to_18(HOLDER)),
    ],
)
def test_what_was_sent_equals_what_the_org_returns(field_type: str, sent: Any, returned: Any):
    assert comparable(sent, field_type) == comparable(returned, field_type)


@pytest.mark.parametrize(
    ("field_type", "one", "other"),
    [
        ("string", "a", "A"),
        ("string", "1.0", "1"),
        ("string", "None", None),
        ("boolean", True, False),
        ("boolean", False, None),
        ("double", 0, None),
        ("double", "0.1", "0.2"),
        ("date", "2024-05-30", "2024-05-31"),
        ("datetime", "2024-05-30T12:00:00Z", "2024-05-30T12:00:01Z"),
        ("datetime", "2024-05-30T12:00:00Z", "2024-05-30T12:00:00+01:00"),
        ("time", "14:30:00Z", "14:30:00.001Z"),
        ("multipicklist", "a;b", "a"),
        ("reference", HOLDER, HOLDER.swapcase()),
    ],
)
def test_what_differs_stays_different(field_type: str, one: Any, other: Any):
    assert comparable(one, field_type) != comparable(other, field_type)


@pytest.mark.parametrize(
    ("field_type", "value", "found"),
    [
        ("double", "1.50", Decimal("1.5")),
        ("date", "2024-05-30", date(2024, 5, 30)),
        ("datetime", "2024-05-30T12:00:00+05:00", datetime(2024, 5, 30, 7, tzinfo=UTC)),
        ("time", "04:00:00.000Z", time(4)),
        ("multipicklist", "a;b", frozenset({"a", "b"})),
        ("reference", HOLDER, to_18(HOLDER)),
        ("double", "many", "many"),
        ("double", "1e999", "1e999"),
        ("double", True, "true"),
        ("boolean", "maybe", "maybe"),
        ("date", "30.5.2024", "30.5.2024"),
        ("datetime", "2024-05-30T12:00:00", "2024-05-30T12:00:00"),
        ("datetime", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00+05:00"),
        ("time", "14:30:00+01:00", "14:30:00+01:00"),
        ("reference", "Acme", "Acme"),
    ],
)
def test_a_value_is_read_by_its_type_or_else_as_its_text(field_type: str, value: Any, found: Any):
    assert comparable(value, field_type) == found
    assert type(comparable(value, field_type)) is type(found)


instants = moments.map(datetime.isoformat)
numbers = st.integers(-(10**400), 10**400) | st.floats() | st.decimals(allow_nan=False).map(str)
json_values = (
    st.none() | st.booleans() | numbers | st.text() | instants | st.dates().map(date.isoformat) | st.times().map(time.isoformat)
    | st.just(HOLDER) | st.lists(st.text(max_size=3), max_size=3).map(";".join) | st.lists(st.integers(), max_size=2)
)  # fmt: skip


@given(json_values, st.sampled_from(TYPES))
def test_what_is_comparable_stays_as_it_is(value: Any, field_type: str):
    once = comparable(value, field_type)
    hash(once)
    assert comparable(once, field_type) == once


@given(json_values, st.sampled_from(TYPES))
def test_only_nothing_is_compared_as_nothing(value: Any, field_type: str):
    assert (comparable(value, field_type) is None) == (value is None or (isinstance(value, str) and not value.strip()))
