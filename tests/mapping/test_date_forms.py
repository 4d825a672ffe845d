from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mapping.date_forms import CENTURY, FORMS, forms_of
from pipeline.mapping.dates import date_reader, fault_of_form

LATE = datetime(1985, 12, 24, 18, 30, 59)  # noqa: DTZ001 - as it stands in a file


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_one_that_a_job_can_have_and_is_found_where_it_is_used(form: str):
    assert fault_of_form(form, CENTURY) is None
    assert form in forms_of([LATE.strftime(form)])


def test_where_day_and_month_cannot_be_told_apart_both_are_returned_and_one_where_they_can():
    assert forms_of(["01/02/1990"]) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert forms_of(["01/02/1990", "13/02/1990"]) == ["%d/%m/%Y"]


@pytest.mark.parametrize("texts", [[], ["soon"], ["01.02.1990", "soon"], ["31.02.1990"]])
def test_what_is_no_date_has_no_form(texts: list[str]):
    assert forms_of(texts) == []


@given(days=st.lists(st.dates(date(1931, 1, 1), date(2029, 12, 31)), min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_of_dates_in_a_form_that_form_is_found_and_reads_them_back(days: list[date], form: str):
    texts = [datetime(day.year, day.month, day.day, 12).strftime(form) for day in days]  # noqa: DTZ001 - as it stands in a file
    assert form in forms_of(texts)
    read = date_reader(form, century=CENTURY)
    assert [read(text) for text in texts] == [day.isoformat() for day in days]
