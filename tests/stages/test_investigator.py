import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import stamp
from pipeline.errors import ExitCode, InputError, OrgUnavailable, UsageError
from pipeline.model.pending import Pending
from pipeline.model.tally import Tally
from pipeline.policy.evidence import Absent, Exists, Unclear
from pipeline.policy.rules import EvidenceRules
from pipeline.stages.investigator import Investigator
from pipeline.stages.investigator.looking import Found, one_by_one
from pipeline.stop import Stop

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOW = 600
SILENT = OrgUnavailable("can't ask for records in doubt: no reply from the org")
NOTHING = Absent("no record has a marker of this request")
UNCLEAR = Unclear("2 of its records can't be seen")
ABSENT_FOR_CERTAIN = Absent("1 of its keys belongs to another record", certain=True)


class PassingClock:
    """Time that passes only when somebody sleeps, and then at once."""

    def __init__(self):
        self.slept: list[float] = []
        self.asleep = lambda: None

    def now(self):
        return START + timedelta(seconds=sum(self.slept))

    def monotonic(self):
        return sum(self.slept)

    async def sleep(self, seconds):
        self.asleep()
        self.slept.append(seconds)


class Script:
    """A look that finds what is written; the last of it for good."""

    way = "marker"

    def __init__(self, *findings):
        self.findings = list(findings)
        self.asked: list[list[int]] = []
        self.others: list[list[int]] = []

    async def find(self, waiting, others=()):
        self.others.append([pending.chunk for pending in others])
        self.asked.append([pending.chunk for pending in waiting])
        finding = self.findings.pop(0) if len(self.findings) > 1 else self.findings[0]
        if isinstance(finding, Exception):
            raise finding
        each = finding if isinstance(finding, dict) else {pending.chunk: finding for pending in waiting}
        return [Found(part, each[part.chunk], "SELECT") for part in one_by_one(waiting)]


class Notes:
    """A journal that only remembers what it was told, and when."""

    def __init__(self, clock, *pending):
        self._clock = clock
        self._pending = list(pending)
        self.said: list[tuple] = []
        self.inquiries: list = []

    async def pending(self):
        return self._pending

    async def created(self, pending, ids, inquiry, *, kin):
        assert set(kin) == set(pending.kin)
        self._note("created", pending, inquiry, ids)

    async def not_created(self, pending, inquiry):
        self._note("not created", pending, inquiry)

    async def partly(self, pending, ids, inquiry):
        self._note("created", pending, inquiry, ids)

    async def rejected(self, pending, inquiry):
        self._note("rejected", pending, inquiry)

    async def unclear(self, pending, inquiry):
        self._note("unclear", pending, inquiry)

    def _note(self, what, pending, inquiry, *more):
        assert (inquiry.finding, inquiry.question, inquiry.way, inquiry.who) == (
            what,
            "SELECT" * bool(inquiry.question),
            "marker",
            "",
        )
        assert inquiry.asked_at == stamp(self._clock.now())
        self.said.append((what, pending.chunk, pending.lines, *more))
        self.inquiries.append(inquiry)


def pending(chunk: int = 7, *lines: int, ago: float = 0, alone: bool = False) -> Pending:
    return Pending(chunk, 1, lines or (2, 3), stamp(START - timedelta(seconds=ago)), "no reply", alone)


class Case:
    def __init__(self, *findings, doubts=None):
        self.clock, self.stop, self.look = PassingClock(), Stop(), Script(*findings)
        doubts = doubts or [pending()]
        self.tally = Tally(in_doubt=sum(len(doubt.lines) for doubt in doubts))
        self.notes = Notes(self.clock, *doubts)
        self.work = Investigator(EvidenceRules(window=WINDOW), self.notes, self.look, self.clock, self.stop, self.tally)

    async def run(self) -> bool:
        return await self.work.run()


IDS = {2: "003A", 3: "003B"}


async def test_what_is_found_is_settled_at_once():
    case = Case(Exists(IDS))
    assert await case.run() is False, "nothing is to be sent"
    assert case.notes.said == [("created", 7, (2, 3), IDS)]
    assert (case.clock.slept, case.tally.created, case.tally.in_doubt) == ([], 2, 0)


class SlowScript(Script):
    """A look that takes its time, in which the org goes on."""

    def __init__(self, clock, seconds, *findings):
        super().__init__(*findings)
        self._clock, self._seconds = clock, seconds

    async def find(self, waiting, others=()):
        found = await super().find(waiting, others)
        await self._clock.sleep(self._seconds)
        return found


@pytest.mark.parametrize("first", [NOTHING, UNCLEAR, SILENT], ids=["nothing", "unclear", "no answer"])
async def test_what_was_asked_before_the_window_closed_is_not_believed_when_the_answer_is_there_afterwards(first):
    case = Case(Exists(IDS), doubts=[pending(ago=WINDOW - 1)])
    case.look = SlowScript(case.clock, 2.0, first, Exists(IDS))
    case.work = Investigator(EvidenceRules(window=WINDOW), case.notes, case.look, case.clock, case.stop, case.tally)
    assert await case.run() is False
    assert case.notes.said == [("created", 7, (2, 3), IDS)]
    assert case.look.asked == [[7], [7]]
    assert sum(case.clock.slept) <= 4.0, "it is asked again at once"


async def test_where_nothing_is_in_doubt_nobody_is_asked():
    case = Case(Exists(IDS))
    case.notes = Notes(case.clock)
    case.work = Investigator(EvidenceRules(), case.notes, case.look, case.clock, case.stop, case.tally)
    assert await case.run() is False
    assert case.look.asked == []


async def test_what_is_not_found_is_asked_for_again_less_and_less_often_until_the_window_closes():
    case = Case(NOTHING)
    assert await case.run() is True, "its rows are to be sent"
    assert case.clock.slept == [2, 4, 8, 16, 32, 64, 128, 256, 90]
    assert len(case.look.asked) == 10
    assert case.notes.said == [("not created", 7, (2, 3))]
    assert case.notes.inquiries[0].reason == NOTHING.reason
    assert case.tally.in_doubt == 0


async def test_not_found_within_the_window_decides_nothing():
    case = Case(NOTHING, NOTHING, Exists(IDS))
    assert await case.run() is False
    assert case.notes.said == [("created", 7, (2, 3), IDS)]
    assert case.clock.slept == [2, 4]


async def test_not_found_after_the_window_counts_at_once():
    case = Case(NOTHING, doubts=[pending(ago=WINDOW)])
    assert await case.run() is True
    assert (len(case.look.asked), case.clock.slept) == (1, [])


async def test_certain_absence_counts_within_the_window():
    case = Case(ABSENT_FOR_CERTAIN)
    assert await case.run() is True
    assert case.notes.said == [("not created", 7, (2, 3))]
    assert case.clock.slept == []


async def test_what_stays_unclear_stays_in_doubt_with_a_note():
    case = Case(UNCLEAR)
    assert await case.run() is False
    assert case.notes.said == [("unclear", 7, (2, 3))]
    assert case.notes.inquiries[0].reason == UNCLEAR.reason
    assert (sum(case.clock.slept), case.tally.in_doubt) == (WINDOW, 2)
    assert not case.stop.pulled()


async def test_each_request_ends_by_its_own_window_and_is_not_asked_for_again():
    case = Case(NOTHING, doubts=[pending(1, 2, ago=WINDOW - 5), pending(2, 3, ago=WINDOW - 20)])
    assert await case.run() is True
    assert case.clock.slept == [2, 3, 8, 7]
    assert case.look.asked == [[1, 2], [1, 2], [1, 2], [2], [2]]
    assert [(what, chunk) for what, chunk, _ in case.notes.said] == [("not created", 1), ("not created", 2)]


async def test_what_is_waited_for_can_be_seen():
    case, seen = Case(NOTHING, Exists(IDS)), []
    case.clock.asleep = lambda: seen.append((case.tally.waits_for, case.tally.waits_until))
    await case.run()
    assert seen == [(2, START + timedelta(seconds=WINDOW))]
    assert case.tally.waits_until is None


async def test_an_org_that_does_not_answer_is_asked_again():
    case = Case(SILENT, SILENT, SILENT, SILENT, Exists(IDS), doubts=[pending(ago=2 * WINDOW)])
    assert await case.run() is False
    assert case.clock.slept == [2, 4, 8, 16]
    assert case.notes.said == [("created", 7, (2, 3), IDS)]
    assert not case.stop.pulled()


async def test_an_org_that_does_not_answer_five_times_after_the_window_stops_the_run_to_be_resumed():
    case = Case(SILENT, doubts=[pending(ago=2 * WINDOW)])
    assert await case.run() is False
    assert len(case.look.asked) == 5
    assert (case.stop.exit_code, case.stop.reason) == (ExitCode.RESUMABLE, str(SILENT))
    assert (case.notes.said, case.tally.in_doubt) == ([], 2)


async def test_an_org_that_does_not_answer_within_the_window_is_asked_until_it_closes():
    case = Case(SILENT)
    await case.run()
    assert (len(case.look.asked), sum(case.clock.slept)) == (10, WINDOW)
    assert case.stop.exit_code is ExitCode.RESUMABLE


async def test_silences_count_only_in_a_row():
    case = Case(*[SILENT] * 4, UNCLEAR, *[SILENT] * 4, Exists(IDS), doubts=[pending(ago=WINDOW - 400)])
    await case.run()
    assert [what for what, *_ in case.notes.said] == ["created"]
    assert not case.stop.pulled()


@pytest.mark.parametrize("refusal", [UsageError("the org refuses the call"), InputError("people.csv: changed since")])
async def test_a_refusal_leaves_the_rows_in_doubt_at_once_and_says_why(refusal):
    case = Case(refusal)
    assert await case.run() is False
    assert case.notes.said == [("unclear", 7, (2, 3))]
    assert case.notes.inquiries[0].reason == str(refusal)
    assert (len(case.look.asked), case.clock.slept, case.stop.pulled()) == (1, [], False)


async def test_a_stop_ends_the_waiting():
    case = Case(NOTHING)

    async def sleep(_seconds):
        case.stop.pull("SIGINT was received", ExitCode.RESUMABLE)
        await asyncio.Event().wait()

    case.clock.sleep = sleep
    async with asyncio.timeout(10):
        assert await case.run() is False
    assert (len(case.look.asked), case.notes.said) == (1, [])
    assert case.tally.waits_until is None


async def test_a_run_that_is_stopped_already_asks_nothing():
    case = Case(Exists(IDS))
    case.stop.pull("SIGINT was received", ExitCode.RESUMABLE)
    assert await case.run() is False
    assert case.look.asked == []


async def test_a_row_that_is_in_doubt_by_itself_and_is_ours_is_created():
    case = Case(Exists({2: "003A"}), doubts=[pending(7, 2, alone=True)])
    assert await case.run() is False
    assert case.notes.said == [("created", 7, (2,), {2: "003A"})]


async def test_a_row_that_is_in_doubt_by_itself_and_anothers_is_rejected():
    case = Case(ABSENT_FOR_CERTAIN, doubts=[pending(7, 2, alone=True)])
    assert await case.run() is False, "it would be refused again"
    assert case.notes.said == [("rejected", 7, (2,))]
    assert (case.tally.in_doubt, case.tally.created) == (0, 0)


async def test_a_row_that_is_in_doubt_by_itself_and_not_shown_stays_so():
    case = Case(NOTHING, doubts=[pending(7, 2, alone=True)])
    assert await case.run() is False, "the org has said that it holds the value"
    assert case.notes.said == [("unclear", 7, (2,))]
    assert "doesn't show it" in case.notes.inquiries[0].reason
    assert sum(case.clock.slept) == WINDOW


ANSWERS = st.sampled_from([Exists(IDS), NOTHING, ABSENT_FOR_CERTAIN, UNCLEAR])


@given(
    script=st.lists(st.one_of(st.fixed_dictionaries({1: ANSWERS, 2: ANSWERS}), st.just(SILENT)), min_size=1, max_size=12),
    ages=st.tuples(st.integers(0, 2 * WINDOW), st.integers(0, 2 * WINDOW)),
)
async def test_whatever_the_org_says_nothing_is_sent_again_that_it_may_still_execute(script, ages):
    case = Case(*script, doubts=[pending(number, ago=age) for number, age in enumerate(ages, 1)])
    again = await case.run()
    settled = [chunk for _, chunk, *_ in case.notes.said]
    assert len(settled) == len(set(settled)), "a doubt ends once"
    assert case.stop.pulled() or sorted(settled) == [1, 2], "and it ends, unless the org is silent"
    assert again is any(what == "not created" for what, *_ in case.notes.said)
    for (what, chunk, *_), inquiry in zip(case.notes.said, case.notes.inquiries, strict=True):
        if what == "not created" and inquiry.reason == NOTHING.reason:
            sent = START - timedelta(seconds=ages[chunk - 1])
            assert datetime.fromisoformat(inquiry.asked_at) - sent >= timedelta(seconds=WINDOW)


async def test_what_one_round_planned_again_does_not_make_the_next_one_say_so():
    case = Case(Absent("not there"), Exists(IDS), doubts=[pending(ago=WINDOW)])
    assert await case.run() is True
    assert await case.run() is False, "everything was found this time"
