from pipeline.model.lifecycle import RowState
from pipeline.model.record import Ending, FieldError, RowEnd
from pipeline.policy.breaker import Breaker
from pipeline.policy.rules import LimitRules

EMAIL = (FieldError("INVALID_EMAIL_ADDRESS", "Email: x", ("Email",)),)
TRIGGER = (FieldError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "NullPointerException"),)


def rows(number: int, errors=EMAIL, state=RowState.REJECTED_BY_ORG) -> list[RowEnd]:
    return [RowEnd(line, 0, Ending(state, errors), b"") for line in range(number)]


def test_the_same_error_for_most_rows_stops_the_run_with_its_name():
    breaker = Breaker(LimitRules(same_error_rows=100))
    assert breaker.ended(rows(99)) is None
    reason = breaker.ended(rows(1))
    assert reason is not None
    assert "INVALID_EMAIL_ADDRESS: Email: x" in reason
    assert "100 of 100 rows" in reason


def test_the_same_error_for_some_rows_stops_nothing():
    breaker = Breaker(LimitRules(same_error_rows=100, same_error_share=0.8))
    breaker.created(100)
    assert breaker.ended(rows(300)) is None
    assert breaker.ended(rows(100)) is not None, "now it is four of five"


def test_different_errors_are_not_added_up():
    breaker = Breaker(LimitRules(same_error_rows=100, same_error_share=0.5))
    for number in range(20):
        assert breaker.ended(rows(10, (FieldError(f"CODE_{number}", "x"),))) is None


def test_rows_that_were_never_sent_or_are_in_doubt_say_nothing_of_the_org():
    breaker = Breaker(LimitRules(same_error_rows=1))
    for state in (RowState.UNREADABLE, RowState.DUPLICATE_IN_FILE, RowState.REJECTED_HERE, RowState.IN_DOUBT):
        assert breaker.ended(rows(500, state=state)) is None


def test_the_limit_of_rejected_rows_counts_all_kinds_and_earlier_sessions():
    breaker = Breaker(LimitRules(max_rejected=10), rejected=5)
    assert breaker.ended(rows(3, state=RowState.UNREADABLE)) is None
    assert breaker.ended(rows(2, state=RowState.REJECTED_HERE)) is None
    assert breaker.ended(rows(1)) == "11 rows were rejected, and limits.max_rejected allows 10"


def test_duplicates_in_a_file_count_for_no_limit_as_they_are_not_rejected():
    breaker = Breaker(LimitRules(max_rejected=10))
    assert breaker.ended(rows(500, state=RowState.DUPLICATE_IN_FILE)) is None


def test_requests_that_all_fail_without_a_name_stop_the_run():
    breaker = Breaker(LimitRules(same_error_requests=5))
    assert [breaker.nameless(TRIGGER) for _ in range(4)] == [None] * 4
    reason = breaker.nameless(TRIGGER)
    assert reason is not None
    assert "NullPointerException" in reason


def test_a_record_that_is_created_between_them_shows_that_the_job_is_right():
    breaker = Breaker(LimitRules(same_error_requests=5))
    for _ in range(10):
        for _ in range(4):
            assert breaker.nameless(TRIGGER) is None
        breaker.created(1)


def test_many_bad_rows_in_a_place_stop_nothing_when_most_were_created():
    breaker = Breaker(LimitRules(same_error_requests=5))
    breaker.created(10_000)
    for _ in range(50):
        assert breaker.nameless(TRIGGER) is None
        assert breaker.ended(rows(1, TRIGGER)) is None
