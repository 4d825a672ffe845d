import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ExitCode
from pipeline.model.lifecycle import RowState
from pipeline.model.outcome import (
    Created,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    Overtaxed,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import Ending, FieldError
from pipeline.policy.rules import SendRules
from pipeline.policy.verdict import (
    CROWDED,
    HINDRANCES,
    LONGEST_PAUSE,
    LONGEST_RETRY_AFTER,
    RENEWALS,
    Again,
    Divide,
    Halt,
    LeaveOut,
    OutOfCalls,
    Renew,
    Settle,
    Smaller,
    Tries,
    decide,
)

RULES = SendRules()
ERROR = (FieldError("INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", ("Email",)),)
TAKEN = (FieldError("DUPLICATE_VALUE", "duplicate value found: Key__c duplicates value on record with id: 0035g00000AAAAA"),)
LOCK = (FieldError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),)
REJECTED = Ending(RowState.REJECTED_BY_ORG, ERROR)


def verdict(outcome, references=("a", "b"), tries=Tries(), throw=0.0, *, doubted=False):  # noqa: B008 - a frozen value
    return decide(outcome, references, tries, RULES, throw, doubted=doubted)


@pytest.mark.parametrize("outcome", [Created({}), InDoubt("a reset")])
def test_these_outcomes_settle_the_chunk(outcome):
    assert verdict(outcome) == Settle()


def test_named_culprits_are_left_out_at_once():
    assert verdict(Rejected({"a": ERROR})) == LeaveOut({"a": REJECTED}, Tries())


def test_of_a_chunk_that_was_never_in_doubt_an_existing_value_is_the_rows_own_fault():
    taken = Rejected({"a": TAKEN}, existing={"a": "0035g00000AAAAAAA4"})
    assert verdict(taken) == LeaveOut({"a": Ending(RowState.REJECTED_BY_ORG, TAKEN)}, Tries())


def test_of_a_chunk_that_was_in_doubt_an_existing_value_may_be_our_own_record():
    taken = Rejected({"a": TAKEN, "b": ERROR}, existing={"a": ""})
    assert verdict(taken, doubted=True) == LeaveOut({"a": Ending(RowState.IN_DOUBT, TAKEN), "b": REJECTED}, Tries())


def test_a_failure_that_names_nobody_is_searched_with_smaller_requests():
    assert verdict(Nameless(ERROR)) == Divide()


def test_a_record_that_fails_alone_is_the_culprit():
    assert verdict(Nameless(ERROR), ("a",)) == LeaveOut({"a": REJECTED}, Tries())


def test_what_the_org_hinders_goes_again_and_then_in_smaller_requests():
    first = verdict(Hindered(LOCK))
    assert first == Again(0.25, Tries(hindrances=1))
    assert verdict(Hindered(LOCK), tries=Tries(hindrances=1)) == Again(0.5, Tries(hindrances=2))
    assert verdict(Hindered(LOCK), tries=Tries(hindrances=HINDRANCES - 1)) == Divide()


def test_a_record_that_is_hindered_alone_ends_with_what_hinders_it():
    last = Tries(hindrances=HINDRANCES - 1)
    assert verdict(Hindered(LOCK), ("a",), last) == LeaveOut({"a": Ending(RowState.REJECTED_BY_ORG, LOCK)}, Tries())


def test_a_refused_request_halts_the_run_with_the_orgs_words():
    halt = verdict(Refused(400, (FieldError("INVALID_FIELD", "No such column 'X' on sobject of type Contact"),)))
    assert isinstance(halt, Halt)
    assert "No such column 'X'" in halt.reason
    assert halt.exit_code is ExitCode.STOPPED_BY_LIMIT


def test_a_missing_right_is_a_matter_of_access():
    halt = verdict(Refused(403, (FieldError("API_DISABLED_FOR_ORG", "no"),)))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.ACCESS


def test_a_used_up_allowance_is_for_its_keeper_to_say():
    assert verdict(Exhausted("TotalRequests Limit exceeded.")) == OutOfCalls(
        "the org's allowance of API calls for the day is used up: TotalRequests Limit exceeded."
    )


@pytest.mark.parametrize("kind", [Throttled, Unavailable])
def test_a_wait_that_the_org_asks_for_is_waited_unless_it_is_too_long(kind):
    assert verdict(kind("busy", LONGEST_RETRY_AFTER)) == Again(LONGEST_RETRY_AFTER, Tries(pauses=1))
    halt = verdict(kind("busy", LONGEST_RETRY_AFTER + 1))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.RESUMABLE
    assert "left alone for 901 seconds" in halt.reason


def test_where_too_much_is_under_way_pauses_are_longer():
    usual, crowded = verdict(Throttled("busy")), verdict(Throttled("busy", too_many=True))
    assert isinstance(usual, Again)
    assert isinstance(crowded, Again)
    assert crowded.pause == CROWDED * usual.pause


def test_what_is_too_much_for_the_org_goes_in_smaller_requests_and_alone_it_is_the_rows_own_fault():
    assert verdict(Overtaxed(ERROR)) == Smaller()
    assert verdict(Overtaxed(ERROR), ("a",)) == LeaveOut({"a": REJECTED}, Tries())


def test_an_expired_session_is_renewed_a_few_times_in_a_row():
    for renewals in range(RENEWALS):
        assert verdict(SessionExpired("expired"), tries=Tries(renewals=renewals)) == Renew(Tries(renewals=renewals + 1))
    halt = verdict(SessionExpired("expired"), tries=Tries(renewals=RENEWALS))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.ACCESS


@pytest.mark.parametrize("outcome", [Throttled("busy"), Hindered(LOCK)])
def test_a_try_that_got_further_allows_another_renewal(outcome):
    again = verdict(outcome, tries=Tries(renewals=1))
    assert isinstance(again, Again)
    assert again.tries.renewals == 0


@pytest.mark.parametrize("outcome", [Throttled("busy"), Unavailable("refused")])
def test_tries_that_did_nothing_are_bounded(outcome):
    halt = verdict(outcome, tries=Tries(pauses=RULES.attempts - 1))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.RESUMABLE


def test_the_orgs_own_waiting_time_is_kept():
    again = verdict(Throttled("busy", retry_after=42.0))
    assert isinstance(again, Again)
    assert again.pause == 42.0


@given(st.integers(0, RULES.attempts - 2), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_within_bounds(pauses: int, throw: float):
    again = verdict(Unavailable("refused"), tries=Tries(pauses=pauses), throw=throw)
    assert isinstance(again, Again)
    assert 0.25 * 2**pauses <= again.pause <= min(LONGEST_PAUSE, 0.5 * 2**pauses)
    assert again.tries.pauses == pauses + 1
