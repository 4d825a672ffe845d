from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.values import Check, boolean, check, converter, days, moments, number, times_of_day, whole_number

TIMES = (
    st.dates().map(date.isoformat)
    | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    | st.times().map(time.isoformat)
    | st.sampled_from(["19900131", "2024-W22-4", "1990-01-3", "31", "1990-02-30"])
)


def sent(value: object) -> bytes:
    return orjson.dumps(value)


@pytest.mark.parametrize("text", ["true", "TRUE", "yes", "Y", "1", "on", " t "])
def test_these_words_are_true(text):
    assert boolean(text) is True


@pytest.mark.parametrize("text", ["false", "No", "n", "0", "OFF", "f"])
def test_these_words_are_false(text):
    assert boolean(text) is False


@pytest.mark.parametrize("text", ["maybe", "2", "ja", "truefalse", " "])
def test_other_words_are_no_booleans(text):
    with pytest.raises(ValueError, match="neither true nor false"):
        boolean(text)


@pytest.mark.parametrize(
    ("text", "json"),
    [("5", b"5"), ("-5.50", b"-5.50"), ("+5", b"5"), ("007", b"7"), (".5", b"0.5"), ("5.", b"5"), ("1e3", b"1e3"), ("-0", b"-0")],
)
def test_numbers_are_sent_digit_for_digit_as_json_has_them(text, json):
    assert sent(number(text)) == json


def test_more_digits_than_a_float_holds_survive():
    assert sent(number("12345678901234567890.123456789")) == b"12345678901234567890.123456789"


@pytest.mark.parametrize("text", ["", "1,5", "1 000", "NaN", "inf", "0x10", "1_000", "٣", "--1", "1" * 401])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="not a number"):
        number(text)


@pytest.mark.parametrize("text", ["1.5", "1e3", "one"])
def test_a_whole_number_has_no_fraction(text):
    with pytest.raises(ValueError, match="whole number"):
        whole_number(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_every_decimal_keeps_its_value(value: Decimal):
    assert Decimal(sent(number(f"{value:f}")).decode()) == value


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_date_passes_as_it_is(value: date):
    days([value.isoformat()])


@pytest.mark.parametrize(
    "text", ["31/12/1990", "1990-02-30", "19900131", "2024-W01-1", "1990-1-1", "1990-01-01T00:00:00Z", " 1990-01-01", "x"]
)
def test_what_is_no_calendar_date_is_refused(text):
    with pytest.raises(ValueError, match="yyyy-mm-dd"):
        days([text])
    with pytest.raises(ValueError, match="yyyy-mm-dd"):
        days(["1990-01-31", text, "1990-01-31"])


@pytest.mark.parametrize("text", ["2024-05-30T12:00:00Z", "2024-05-30T12:00:00.000+02:00"])
def test_a_moment_passes_as_it_is(text):
    moments([text])


@pytest.mark.parametrize("text", ["2024-05-30", "2024-05-30T12:00:00", "2024-05-30 12:00:00Z", "noon"])
def test_a_moment_needs_a_t_and_a_zone(text):
    with pytest.raises(ValueError, match="with a zone"):
        moments([text])


def test_a_time_of_day_passes_or_is_refused():
    times_of_day(["14:30:00Z"])
    with pytest.raises(ValueError, match="time"):
        times_of_day(["14:30:00Z", "half past two"])


@given(st.sampled_from(["boolean", "int", "double", "date", "datetime", "time"]), st.text())
def test_any_text_is_a_value_or_a_value_error(kind: str, text: str):
    convert, passing = converter(kind), check(kind)
    with suppress(ValueError):
        if convert is not None:
            assert orjson.dumps(convert(text))
        else:
            assert passing is not None
            passing([text])


@given(st.sampled_from(["date", "datetime", "time"]), st.lists(TIMES))
def test_texts_pass_together_if_each_passes_by_itself(kind: str, texts: list[str]):
    passing = check(kind)
    assert passing is not None
    assert _passes(passing, texts) == all(_passes(passing, [text]) for text in texts)


def _passes(passing: Check, texts: list[str]) -> bool:
    try:
        passing(texts)
    except ValueError:
        return False
    return True


def test_text_types_need_no_conversion():
    assert converter("string") is None
    assert converter("picklist") is check("picklist") is None
