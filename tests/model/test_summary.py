from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.summary import Totals, imbalances

COUNTS = st.integers(0, 10**9)


@st.composite
def balanced(draw) -> Totals:
    created, by_org, doubt, not_attempted, here, twice, unreadable, blank = (draw(COUNTS) for _ in range(8))
    eligible = created + by_org + doubt + not_attempted
    rows = eligible + here + twice
    return Totals(
        lines_read=rows + unreadable + blank,
        blank=blank,
        unreadable=unreadable,
        rows=rows,
        duplicate_in_file=twice,
        rejected_here=here,
        eligible=eligible,
        created=created,
        rejected_by_org=by_org,
        in_doubt=doubt,
        not_attempted=not_attempted,
        distinct_ids=created,
    )


@given(balanced(), balanced())
def test_balanced_files_make_a_balanced_run(one: Totals, other: Totals):
    assert imbalances(one) == imbalances(one + other) == []


@given(balanced(), st.sampled_from([field.name for field in fields(Totals) if field.name != "recovered"]), st.integers(1, 5))
def test_any_single_term_that_is_off_is_noticed(totals: Totals, term: str, by: int):
    wrong = replace(totals, **{term: getattr(totals, term) + by})
    assert imbalances(wrong)


@given(balanced(), st.integers(1, 5))
def test_more_recovered_than_created_is_noticed(totals: Totals, by: int):
    assert imbalances(replace(totals, recovered=totals.created)) == []
    assert imbalances(replace(totals, recovered=totals.created + by))
