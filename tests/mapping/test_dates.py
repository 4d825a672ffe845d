import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.dates import date_reader, fault_of_form, has_offset, moment_reader, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
DATES = st.dates(min_value=date(1000, 1, 1))
SIGNS = "%Y, %y, %d, %m, %H, %I, %M, %S, %f, %b, %B, %a, %A, %p, %z"
FORMS = ["%d.%m.%Y", "%Y%m%d", "%d%m%Y", "%m/%d/%Y", "%d %b %Y", "%A, %B %d, %Y", "%a %d-%m-%Y", "100%% %Y-%m-%d"]


@given(DATES, st.sampled_from(FORMS))
def test_each_date_comes_back_from_each_form(day: date, form: str):
    assert date_reader(form)(day.strftime(form)) == day.isoformat()


@given(st.text(alphabet="0123456789./- abJunMo", max_size=14), st.sampled_from(FORMS))
def test_what_is_taken_is_what_strptime_takes(text: str, form: str):
    try:
        taken = date_reader(form)(text)
    except ValueError:
        return
    assert taken == datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007


@given(st.text(), st.sampled_from([*FORMS, "%d.%m.%y %H:%M", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S.%f%z"]))
def test_any_other_text_is_a_fault_and_nothing_else(text: str, form: str):
    for reader in (date_reader(form, century=1950), moment_reader(form, century=1950, zone=BERLIN)):
        with suppress(ValueError):
            assert reader(text)


@given(st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_in_a_zone_is_that_moment_or_can_not_be_told(at: datetime):
    local = at.astimezone(BERLIN).replace(microsecond=0)
    text = local.strftime("%d.%m.%Y %H:%M:%S")
    read = moment_reader("%d.%m.%Y %H:%M:%S", zone=BERLIN)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        assert datetime.fromisoformat(read(text)) == local
    else:
        with pytest.raises(ValueError, match="happens twice"):
            read(text)


@given(
    st.datetimes(min_value=datetime(1000, 1, 3), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001
    st.timedeltas(timedelta(hours=-23), timedelta(hours=23)),
)
def test_an_offset_is_taken_as_it_is_written(at: datetime, offset: timedelta):
    minutes = round(offset.total_seconds() / 60)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{at.isoformat(timespec='microseconds')}{sign}{hours:02}:{rest:02}"
    taken = moment_reader("%Y-%m-%dT%H:%M:%S.%f%z", zone=None)(text)
    assert datetime.fromisoformat(taken) == datetime.fromisoformat(text)
    assert taken.endswith("Z")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30.03.2025 02:30", "does not exist in Europe/Berlin, where clocks are put forward over it"),
        ("26.10.2025 02:30", "happens twice in Europe/Berlin, where clocks are put back: which one is meant can't be told"),
        ("31.02.2025 12:00", "is no date of the calendar (day is out of range for month)"),
        ("01.01.2025  12:60", "is no date of the calendar (minute must be in 0..59)"),
        ("1.1.25 12:00", "is not written like %d.%m.%Y %H:%M"),
        ("01.01.0001 00:00", "is outside of the calendar"),
    ],
)
def test_a_moment_that_can_not_be_told_says_why(text: str, said: str):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        moment_reader("%d.%m.%Y %H:%M", zone=BERLIN)(text)


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("%m/%d/%Y %I:%M %p", "5/30/2024 12:05 am", "2024-05-29T22:05:00Z"),
        ("%m/%d/%Y %I:%M %p", "05/30/2024 1:05 PM", "2024-05-30T11:05:00Z"),
        ("%d.%m.%Y", "30.5.2024", "2024-05-29T22:00:00Z"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-12-30 01:02:03.5", "2024-12-30T00:02:03.500000Z"),
        ("%Y-%m-%dT%H:%M%z", "2024-05-30T12:00Z", "2024-05-30T12:00:00Z"),
    ],
)
def test_hours_are_read_in_their_zone_and_written_in_utc(form: str, text: str, moment: str):
    assert moment_reader(form, zone=None if has_offset(form) else BERLIN)(text) == moment


def test_a_day_of_the_week_that_contradicts_the_date_is_a_fault():
    with pytest.raises(ValueError, match="the day of the week is another one"):
        date_reader("%a %d.%m.%Y")("Mon 30.05.2024")
    assert date_reader("%a %d.%m.%Y")("thu 30.05.2024") == "2024-05-30"


def test_hours_beyond_noon_with_am_or_pm_are_a_fault():
    with pytest.raises(ValueError, match="go from 1 to 12"):
        date_reader("%d.%m.%Y %I %p")("30.05.2024 13 pm")


@given(st.integers(0, 99), st.integers(1, 9_900))
def test_a_year_without_its_century_is_one_of_the_hundred_that_were_named(year: int, century: int):
    taken = date_reader("%d.%m.%y", century=century)(f"01.02.{year:02}")
    assert century <= int(taken[:4]) < century + 100
    assert int(taken[:4]) % 100 == year


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%d.%m.%Y %H:%M:%S.%f %z", None),
        ("%d.%m.%Y %%H", None),
        ("%d.%m", "must hold a year once: %Y or %y"),
        ("%m/%Y", "must hold a day once: %d"),
        ("%d %b %m %Y", "must hold a month once: %m or %b or %B"),
        ("%d.%m.%Y %d", "holds %d twice"),
        (
            "%d.%m.%Y %U",
            f"holds %U, which is not understood; there are {SIGNS}",
        ),
        ("%d.%m.%Y %", f"holds %, which is not understood; there are {SIGNS}"),
        ("%d.%m.%Y %I:%M", "must hold hours once, for minutes to count: %H, or %I with %p"),
        ("%d.%m.%Y %H:%S", "must hold minutes (%M) for seconds to count, and seconds (%S) for their fraction"),
        ("%d.%m.%y", "holds %y, a year without its century: set century to the first of the hundred years that it can mean"),
    ],
)
def test_a_form_that_leaves_a_question_is_refused(form: str, said: str | None):
    assert fault_of_form(form, 0) == said


def test_a_zone_that_does_not_exist_names_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean Europe/Berlin\?"):
        zone_of("Berlin")
    with pytest.raises(ValueError, match=r"must be a time zone such as Europe/Berlin$"):
        zone_of("../etc/passwd")
    assert zone_of("America/New_York").key == "America/New_York"
