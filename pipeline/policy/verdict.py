"""From the outcome of a try to what happens next with the chunk. A table of decisions; nothing here acts.

Created                        settle
Rejected                       leave the named out, the rest again at once  (each round takes out one at least)
Partly                         settle what exists, the named end; what was hindered again after a pause
Nameless                       smaller requests until the culprits are found; a record that fails alone is one
Hindered                       again after a pause, then with no other request in flight; if that doesn't help, smaller requests;
                               a record that is hindered by itself ends
Overtaxed                      smaller requests; a record that is too much alone ends
Refused                        halt the run: the job is at fault, not a row
Throttled, Unavailable         again after a pause that grows               (tries are bounded; a wait that is too long halts)
Exhausted                      no more calls for now: whoever keeps the allowance says whether to wait or to halt
SessionExpired                 a fresh token, then again                    (once in a row)
InDoubt                        set aside: never sent again without evidence
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from pipeline.errors import ExitCode
from pipeline.model.lifecycle import RowState
from pipeline.model.outcome import (
    Created,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    Outcome,
    Overtaxed,
    Partly,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import Ending, FieldError
from pipeline.policy.rules import SendRules

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
CROWDED = 4
"""How many times longer the pauses are where the org has too much under way: what runs there takes 5 or 20 seconds and more."""
LONGEST_RETRY_AFTER = 900.0
"""Seconds of a Retry-After that are waited; beyond them the run ends and says so, for somebody to decide."""
HINDRANCES = 3
"""Tries of a request that the org hinders, the last one alone, before it goes in smaller ones."""

RENEWALS = 3
"""Fresh tokens for one request. A token may run out while the request that it is for waits in line; one that is refused so often
was never any good."""

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
    renewals: int = 0
    hindrances: int = 0

    @property
    def alone(self) -> bool:
        """The next try is the last one with all records, with nothing of ours in its way: nobody knows what triggers lock."""
        return self.hindrances == HINDRANCES - 1


@dataclass(frozen=True, slots=True)
class Settle:
    """This outcome is final for the chunk."""


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """These records end by themselves; if others are left, the chunk goes again at once without them."""

    endings: Mapping[str, Ending]
    tries: Tries


@dataclass(frozen=True, slots=True)
class Part:
    """What exists is final, and these records end by themselves; the others go again after a pause, in seconds."""

    endings: Mapping[str, Ending]
    pause: float
    tries: Tries


@dataclass(frozen=True, slots=True)
class Divide:
    """Send the same records in smaller requests, to find those that make it fail."""


@dataclass(frozen=True, slots=True)
class Smaller:
    """Send the same records in smaller requests, as all that follow."""


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
class OutOfCalls:
    """The org takes no more calls for now."""

    reason: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Nothing was created by this chunk, and the run ends here."""

    reason: str
    exit_code: ExitCode


Verdict = Settle | LeaveOut | Part | Divide | Smaller | Again | Renew | OutOfCalls | Halt


def decide(  # noqa: PLR0911 - one for each outcome
    outcome: Outcome, references: Sequence[str], tries: Tries, rules: SendRules, throw: float, *, doubted: bool = False
) -> Verdict:
    """Decide what happens to the chunk that was sent with these references.

    `throw` is the dice's, between 0 and 1; `doubted` says that rows of the chunk were in doubt before.
    """
    match outcome:
        case Created() | InDoubt():
            return Settle()
        case Rejected() | Partly():
            return _named(outcome, tries, throw, doubted=doubted)
        case Nameless(errors):
            return _divided(errors, references, Divide())
        case Hindered(errors):
            if tries.hindrances + 1 >= HINDRANCES:
                return _divided(errors, references, Divide())
            return Again(_pause(tries.hindrances, throw), replace(tries, hindrances=tries.hindrances + 1, renewals=0))
        case Overtaxed(errors):
            return _divided(errors, references, Smaller())
        case Refused():
            return Halt(refusal(outcome), _fault(outcome))
        case Throttled() | Unavailable():
            return _later(outcome, tries, rules, throw)
        case Exhausted():
            return OutOfCalls(f"the org's allowance of API calls for the day is used up: {outcome.reason}")
        case SessionExpired():
            if tries.renewals >= RENEWALS:
                return Halt(f"the org refuses even a fresh token: {outcome.reason}", ExitCode.ACCESS)
            return Renew(replace(tries, renewals=tries.renewals + 1))
        case _:
            assert_never(outcome)


def _named(outcome: Rejected | Partly, tries: Tries, throw: float, *, doubted: bool) -> LeaveOut | Part | Again:
    endings = _endings(outcome, doubted=doubted)
    if isinstance(outcome, Rejected):
        return LeaveOut(endings, Tries())
    if tries.hindrances + 1 >= HINDRANCES:
        endings |= {name: Ending(RowState.REJECTED_BY_ORG, errors) for name, errors in outcome.hindered.items()}
    pause, tries = _pause(tries.hindrances, throw), replace(tries, hindrances=tries.hindrances + 1, renewals=0)
    return Part(endings, pause, tries) if outcome.ids or endings else Again(pause, tries)


def _endings(outcome: Rejected | Partly, *, doubted: bool) -> dict[str, Ending]:
    """Say how the named records end.

    One whose value the org has already is rejected for that; but if it may be our own record, created by an earlier try whose
    reply was lost, it is in doubt, and the org is asked whose it is.
    """
    return {
        name: Ending(RowState.IN_DOUBT if doubted and name in outcome.existing else RowState.REJECTED_BY_ORG, errors)
        for name, errors in outcome.errors.items()
    }


def _divided(errors: tuple[FieldError, ...], references: Sequence[str], less: Divide | Smaller) -> Verdict:
    if len(references) > 1:
        return less
    return LeaveOut({references[0]: Ending(RowState.REJECTED_BY_ORG, errors)}, Tries())


def _later(outcome: Throttled | Unavailable, tries: Tries, rules: SendRules, throw: float) -> Verdict:
    if tries.pauses + 1 >= rules.attempts:
        return Halt(f"the org took no request in {tries.pauses + 1} tries, at last: {outcome.reason}", ExitCode.RESUMABLE)
    asked = outcome.retry_after or 0.0
    if asked > LONGEST_RETRY_AFTER:
        return Halt(f"{left_alone(asked)} ({outcome.reason})", ExitCode.RESUMABLE)
    crowded = isinstance(outcome, Throttled) and (outcome.too_many or outcome.too_long)
    pause = max(asked, _pause(tries.pauses, throw) * (CROWDED if crowded else 1))
    return Again(pause, replace(tries, pauses=tries.pauses + 1, renewals=0))


def left_alone(seconds: float) -> str:
    """Say that the org asks for a rest, and what to do."""
    return f"the org asks to be left alone for {seconds:,.0f} seconds: run the same command again after that"


def _pause(before: int, throw: float) -> float:
    """Pause the longer, the more pauses there were before; the jitter keeps those who wait from coming back together."""
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2**before)
    return longest * (0.5 + throw / 2)


def refusal(outcome: Refused) -> str:
    """Say in a sentence what the org refused."""
    errors = "; ".join(f"{error.code}: {error.message}" for error in outcome.errors) or f"HTTP {outcome.status}"
    return f"the org refuses the request as such, so no row can be loaded this way: {errors}"


def _fault(outcome: Refused) -> ExitCode:
    """Tell whether the user lacks a right, or the job asks for what the org doesn't do."""
    codes = {error.code for error in outcome.errors}
    return ExitCode.ACCESS if codes & ACCESS_CODES else ExitCode.STOPPED_BY_LIMIT
