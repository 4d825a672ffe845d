"""From the outcome of a try to what happens next with the chunk. A table of decisions; nothing here acts.

Created                        settle
Rejected, some named           leave those out, the rest again at once      (rounds are bounded)
Rejected, all named            settle
Refused                        halt the run: the job is at fault, not a row
Throttled, Unavailable         again after a pause that grows               (tries are bounded)
Exhausted                      halt, to be resumed
SessionExpired                 a fresh token, then again                    (once in a row)
InDoubt                        set aside: never sent again without evidence
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from pipeline.errors import ExitCode
from pipeline.model.outcome import (
    Created,
    Exhausted,
    InDoubt,
    Outcome,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import FieldError
from pipeline.policy.rules import SendRules

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0

ACCESS_CODES = frozenset(
    {
        "API_CURRENTLY_DISABLED",
        "API_DISABLED_FOR_ORG",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_SESSION_ID",
    }
)


@dataclass(frozen=True, slots=True)
class Tries:
    """What a chunk has been through."""

    pauses: int = 0
    rounds: int = 0
    renewals: int = 0


@dataclass(frozen=True, slots=True)
class Settle:
    """This outcome is final for the chunk."""


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Send the chunk again at once, without the records that the org named, each with all its errors."""

    culprits: Mapping[str, tuple[FieldError, ...]]
    tries: Tries


@dataclass(frozen=True, slots=True)
class Again:
    """Send the same chunk again after a pause, in seconds."""

    pause: float
    tries: Tries


@dataclass(frozen=True, slots=True)
class Renew:
    """Get a fresh token, then send the same chunk again."""

    tries: Tries


@dataclass(frozen=True, slots=True)
class Halt:
    """Nothing was created by this chunk, and the run ends here."""

    reason: str
    exit_code: ExitCode


Verdict = Settle | LeaveOut | Again | Renew | Halt


def decide(outcome: Outcome, records: int, tries: Tries, rules: SendRules, throw: float) -> Verdict:
    """Decide what happens to a chunk of `records` records after this outcome. `throw` is the dice's, between 0 and 1."""
    match outcome:
        case Created() | InDoubt():
            return Settle()
        case Rejected():
            return _without(outcome, records, tries, rules)
        case Refused():
            return Halt(refusal(outcome), _fault(outcome))
        case Throttled() | Unavailable():
            return _later(outcome, tries, rules, throw)
        case Exhausted():
            return Halt(f"the org's allowance of API calls for the day is used up: {outcome.reason}", ExitCode.RESUMABLE)
        case SessionExpired():
            if tries.renewals:
                return Halt(f"the org refuses even a fresh token: {outcome.reason}", ExitCode.ACCESS)
            return Renew(replace(tries, renewals=tries.renewals + 1))
        case _:
            assert_never(outcome)


def _without(outcome: Rejected, records: int, tries: Tries, rules: SendRules) -> Verdict:
    if len(outcome.errors) == records:
        return Settle()
    if tries.rounds >= rules.isolation_rounds:
        return Halt(
            f"after {tries.rounds} rounds the org still names new rows of the same request as bad, one of them with "
            f"{worst(outcome)}: send.isolation_rounds allows no more",
            ExitCode.STOPPED_BY_LIMIT,
        )
    return LeaveOut(outcome.errors, replace(tries, rounds=tries.rounds + 1, renewals=0))


def _later(outcome: Throttled | Unavailable, tries: Tries, rules: SendRules, throw: float) -> Verdict:
    if tries.pauses + 1 >= rules.attempts:
        return Halt(f"the org took no request in {tries.pauses + 1} tries, at last: {outcome.reason}", ExitCode.RESUMABLE)
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries.pauses)
    pause = max(outcome.retry_after or 0.0, longest * (0.5 + throw / 2))
    return Again(pause, replace(tries, pauses=tries.pauses + 1, renewals=0))


def refusal(outcome: Refused) -> str:
    """Say in a sentence what the org refused."""
    errors = "; ".join(f"{error.code}: {error.message}" for error in outcome.errors) or f"HTTP {outcome.status}"
    return f"the org refuses the request as such, so no row can be loaded this way: {errors}"


def worst(outcome: Rejected) -> str:
    """Name one of the errors, as an example."""
    first: FieldError = next(iter(outcome.errors.values()))[0]
    return f"{first.code}: {first.message}"


def _fault(outcome: Refused) -> ExitCode:
    """Tell whether the user lacks a right, or the job asks for what the org doesn't do."""
    codes = {error.code for error in outcome.errors}
    return ExitCode.ACCESS if codes & ACCESS_CODES else ExitCode.STOPPED_BY_LIMIT
