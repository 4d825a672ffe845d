"""What a run would take, in words for the terminal, with what the figures rest on."""

from typing import assert_never

from pipeline.assembly.checking import Checkup
from pipeline.assembly.work import Import
from pipeline.cli.words import duration
from pipeline.model.wire import Purpose
from pipeline.policy.allowance import reserved
from pipeline.policy.plan import A_JOB, AFTER_LOSS, LOST, REFUSED, SECONDS_A_RECORD, Room

KB = 1000
FULL = 200
"""Records that a request has at most."""
ASSUMED = {
    Purpose.ISOLATION: f"if the org refuses 1 row in {1 / REFUSED:,.0f}, and names it",
    Purpose.EVIDENCE: f"if 1 reply in {1 / LOST:,.0f} is lost ({AFTER_LOSS} calls each)",
}
"""What the figures of these calls rest on."""


def plan_told(checkup: Checkup, work: Import) -> list[str]:
    """Say what a run would send, how many calls and how long that takes, and whether the org has them left."""
    rows, chunks, calls = checkup.totals.eligible, checkup.chunks, checkup.plan.calls
    if not rows:
        return ["The plan: there is nothing to send."]
    size, kind = _size(checkup.bytes / chunks), "record" if checkup.totals.nested else "row"
    what = "job" if work.settings.send.route == "bulk" else "request"
    return [
        f"The plan: {_many(rows, kind)} in {_many(chunks, what)} of some {size}, {_pace(checkup, work)}",
        "",
        *(_calls(purpose, count, work) for purpose, count in calls.items() if count or purpose in ASSUMED),
        "",
        _room(checkup, work),
        *_too_many(checkup, work),
    ]


def _too_many(checkup: Checkup, work: Import) -> list[str]:
    """Say that there are more records than the job allows."""
    most = work.settings.limits.max_created
    if not most or checkup.totals.eligible <= most:
        return []
    records = f"{checkup.totals.eligible:,} would be sent, and limits.max_created allows {most:,}"
    return [f"TOO MANY RECORDS: {records}. A run would not begin: give it less, or raise the limit."]


def _pace(checkup: Checkup, work: Import) -> str:
    send, seconds = work.settings.send, checkup.plan.seconds
    rate = f"{send.requests_per_second:g} a second and " if send.requests_per_second else ""
    each = f"{SECONDS_A_RECORD * FULL:g} s for {FULL} rows"
    return f"about {duration(max(seconds, 1))} at {rate}{send.at_once} at a time, if the org takes {each}."


def _calls(purpose: Purpose, count: int, work: Import) -> str:
    assumed = f"  {ASSUMED[purpose]}" if purpose in ASSUMED else ""
    send = work.settings.send
    if purpose is Purpose.LOAD and send.route == "bulk":
        assumed = f"  of jobs of {send.job_records:,} rows at most (send.job_records), {A_JOB} each"
    elif purpose is Purpose.LOAD and send.most_records < FULL:
        assumed = f"  of {send.most_records} rows at most (send.{'route' if send.route == 'single' else 'chunk_records'})"
    return f"  {purpose.value:<9}  {count:>9,}{assumed}"


def _room(checkup: Checkup, work: Import) -> str:
    """Say whether the calls that the org has left are enough."""
    plan = checkup.plan
    if checkup.usage is None or plan.left is None:
        return f"That is {plan.metered:,} calls; how many the org has left today is not known."
    used, allowance = checkup.usage
    kept = reserved(work.settings.send.allowance_reserve, allowance)
    reserve = f", and {kept:,} are kept for others (send.allowance_reserve)" if kept else ""
    so_far = f"The org has used {used:,} of its {allowance:,} calls today{reserve}"
    few = f"TOO FEW CALLS: {plan.certain:,} are needed at least, and {plan.left:,} are left. {so_far}."
    match plan.room:
        case Room.ENOUGH | Room.UNKNOWN:
            return f"{so_far}. That is {plan.metered:,} more: {_share(plan.metered, plan.left)} of the {plan.left:,} left."
        case Room.TIGHT:
            return (
                f"{so_far}: {plan.left:,} are left, and {plan.metered:,} are expected. A run may stop where they end, and go on "
                "later."
            )
        case Room.SHORT if work.settings.send.wait_for_allowance:
            return f"{few} A run begins all the same, and waits where they end until there are more (send.wait_for_allowance)."
        case Room.SHORT if work.settings.limits.overdraw:
            return f"{few} A run begins all the same (limits.overdraw), stops where they end, and goes on later."
        case Room.SHORT:
            return (
                f"{few} A run would not begin: start it when there are more, or set limits.overdraw = true, so that it stops "
                "where they end and goes on later."
            )
        case _:
            assert_never(plan.room)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:,.1f} %" if part * 1_000 >= whole else "less than 0.1 %"


def _size(size: float) -> str:
    return f"{size / KB:,.0f} kB" if size >= KB else f"{size:,.0f} bytes"


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"
