from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator.objects import Field, load
from pipeline.simulator.values import WrongType, cannot_deserialize, cast, moment, stamp


def field(name: str, object_name: str = "campaign") -> Field:
    found = load(None)[object_name].field(name)
    assert found is not None
    return found


TEXT, NUMBER, DATE, BOOLEAN = field("Name"), field("NumberSent"), field("StartDate"), field("IsActive")
INT, DATETIME, REFERENCE = field("NumberOfEmployees", "account"), field("EmailBouncedDate", "contact"), field("ParentId")


@pytest.mark.parametrize(
    ("into", "value", "expected"),
    [
        (TEXT, "a", "a"),
        (TEXT, " a ", " a "),
        (TEXT, "", None),
        (TEXT, None, None),
        (TEXT, 12, "12"),
        (TEXT, 1.5, "1.5"),
        (TEXT, True, "true"),
        (INT, "100", 100),
        (INT, -3, -3),
        (NUMBER, "1.5", 1.5),
        (NUMBER, "1e3", 1000.0),
        (NUMBER, 7, 7),
        (NUMBER, None, None),
        (BOOLEAN, False, False),
        (DATE, "2024-02-29", "2024-02-29"),
        (DATETIME, "2024-05-30T12:00:00Z", "2024-05-30T12:00:00.000+0000"),
        (DATETIME, "2024-05-30T12:00:00.5+05:00", "2024-05-30T07:00:00.500+0000"),
        (DATETIME, "2024-05-30T12:00:00.000+0000", "2024-05-30T12:00:00.000+0000"),
        (REFERENCE, "701D000000K0fXO", "701D000000K0fXOIAZ"),
        (REFERENCE, "@ref", "@ref"),
    ],
)
def test_a_value_becomes_what_the_field_holds(into: Field, value: Any, expected: Any):
    assert cast(into, value) == expected
    assert type(cast(into, value)) is type(expected)


@pytest.mark.parametrize(
    ("into", "value", "said"),
    [
        (DATE, "2017-05-30T-06:00:00X", "date from VALUE_STRING value 2017-05-30T-06:00:00X"),
        (DATE, "2023-02-29", "date from VALUE_STRING value 2023-02-29"),
        (DATE, "", "date from VALUE_STRING value "),
        (DATE, 20240530, "date from VALUE_NUMBER_INT value 20240530"),
        (DATETIME, "2024-05-30 12:00:00Z", "datetime from VALUE_STRING value 2024-05-30 12:00:00Z"),
        (DATETIME, "2024-05-30T12:00:00", "datetime from VALUE_STRING value 2024-05-30T12:00:00"),
        (DATETIME, "2024-13-30T12:00:00Z", "datetime from VALUE_STRING value 2024-13-30T12:00:00Z"),
        (BOOLEAN, "true", "boolean from VALUE_STRING value true"),
        (BOOLEAN, None, "boolean from VALUE_NULL value null"),
        (BOOLEAN, 1, "boolean from VALUE_NUMBER_INT value 1"),
        (INT, 1.5, "int from VALUE_NUMBER_FLOAT value 1.5"),
        (INT, "1.5", "int from VALUE_STRING value 1.5"),
        (INT, True, "int from VALUE_TRUE value true"),
        (NUMBER, "", "double from VALUE_STRING value "),
        (NUMBER, "1,5", "double from VALUE_STRING value 1,5"),
        (NUMBER, "1e999", "double from VALUE_STRING value 1e999"),
        (TEXT, {}, "string from START_OBJECT value {"),
        (TEXT, [1], "string from START_ARRAY value ["),
    ],
)
def test_a_value_of_the_wrong_type_is_said_in_the_vendors_words(into: Field, value: Any, said: str):
    with pytest.raises(WrongType):
        cast(into, value)
    assert cannot_deserialize(into, value) == f"Cannot deserialize instance of {said} or request may be missing a required field"


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_the_same_in_every_zone(at: datetime, minutes: int):
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    zone = timezone(timedelta(minutes=minutes))
    try:
        local = at.astimezone(zone)
    except OverflowError:
        return
    assert moment(local.isoformat(timespec="milliseconds")) == stamp(at)
