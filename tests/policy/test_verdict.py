import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ExitCode
from pipeline.model.outcome import (
    Created,
    Exhausted,
    InDoubt,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import FieldError
from pipeline.policy.rules import SendRules
from pipeline.policy.verdict import LONGEST_PAUSE, Again, Halt, LeaveOut, Renew, Settle, Tries, decide

RULES = SendRules()
ERROR = (FieldError("INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", ("Email",)),)


def verdict(outcome, records=2, tries=Tries(), throw=0.0):  # noqa: B008 - a frozen value
    return decide(outcome, records, tries, RULES, throw)


@pytest.mark.parametrize("outcome", [Created({}), InDoubt("a reset"), Rejected({"a": ERROR, "b": ERROR})])
def test_these_outcomes_settle_the_chunk(outcome):
    assert verdict(outcome) == Settle()


def test_named_culprits_are_left_out_at_once():
    assert verdict(Rejected({"a": ERROR})) == LeaveOut({"a": ERROR}, Tries(rounds=1))


def test_the_rounds_of_leaving_out_are_bounded():
    halt = verdict(Rejected({"a": ERROR}), tries=Tries(rounds=RULES.isolation_rounds))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.STOPPED_BY_LIMIT
    assert "INVALID_EMAIL_ADDRESS" in halt.reason


def test_a_refused_request_halts_the_run_with_the_orgs_words():
    halt = verdict(Refused(400, (FieldError("INVALID_FIELD", "No such column 'X' on sobject of type Contact"),)))
    assert isinstance(halt, Halt)
    assert "No such column 'X'" in halt.reason
    assert halt.exit_code is ExitCode.STOPPED_BY_LIMIT


def test_a_missing_right_is_a_matter_of_access():
    halt = verdict(Refused(403, (FieldError("API_DISABLED_FOR_ORG", "no"),)))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.ACCESS


def test_a_used_up_allowance_halts_to_be_resumed():
    halt = verdict(Exhausted("TotalRequests Limit exceeded."))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.RESUMABLE


def test_an_expired_session_is_renewed_once_in_a_row():
    renew = verdict(SessionExpired("expired"))
    assert renew == Renew(Tries(renewals=1))
    halt = verdict(SessionExpired("expired"), tries=Tries(renewals=1))
    assert isinstance(halt, Halt)
    assert halt.exit_code is ExitCode.ACCESS


def test_a_try_that_got_further_allows_another_renewal():
    again = verdict(Throttled("busy"), tries=Tries(renewals=1))
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
