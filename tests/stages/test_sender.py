import asyncio
from contextlib import asynccontextmanager
from itertools import count

import pytest

from pipeline.errors import AccessRefused, ExitCode
from pipeline.model.lifecycle import RowState
from pipeline.model.outcome import (
    Answer,
    Created,
    Ended,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    NotAttempted,
    Overtaxed,
    Partly,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import Ending, FieldError
from pipeline.model.tally import Tally
from pipeline.model.wire import Purpose, Reply, Request
from pipeline.policy.breaker import Breaker
from pipeline.policy.rules import LimitRules, SendRules
from pipeline.stages.sender import Sender
from pipeline.stop import Stop

ERROR = (FieldError("INVALID_EMAIL_ADDRESS", "Email: x", ("Email",)),)
REJECTED = Ending(RowState.REJECTED_BY_ORG, ERROR)
TRIGGER = (FieldError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "NullPointerException"),)
CPU = (FieldError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.LimitException: Apex CPU time limit exceeded"),)
LOCK = (FieldError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),)


class ScriptedOrg:
    """Answers each request with the next outcome of the script; the last one goes on for ever."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests: list[Request] = []
        self.generation = 0

    async def send(self, request):
        self.requests.append(request)
        return Reply(200, {}, b"")

    def quiet_for(self):
        return 0.0

    async def renew(self, generation):
        if generation == self.generation:
            self.generation += 1

    def outcome(self, delivery, references):
        outcome = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return outcome(references) if callable(outcome) else outcome


def all_created(references):
    return Created(dict.fromkeys(references, "0035g00000AAAAAAA4"))


@pytest.fixture
def send(clock, gate, notes, through):
    async def nobody(_said):
        raise AssertionError("there are calls enough")

    async def run(org, chunks, stop=None, clock=clock, await_calls=nobody, **rules):
        sender = Sender(
            SendRules(**({"concurrency": 1} | rules)),
            org,
            gate,
            notes,
            Breaker(LimitRules(same_error_requests=1000)),
            build=lambda _object, records, purpose: Request("POST", "/tree", purpose, b"|".join(records)),
            decipher=lambda delivery, names, _lines: org.outcome(delivery, names),
            numbers=count(100).__next__,
            await_calls=await_calls,
            clock=clock,
            dice=lambda: 0.0,
            stop=stop or Stop(),
            tally=Tally(),
        )
        return await through(sender, chunks)

    return run


async def test_the_intent_is_written_before_a_request_leaves(send, notes, make_chunk):
    org = ScriptedOrg(all_created)
    seen = []
    passing = org.send

    async def noting(request):
        seen.append(list(notes.said))
        return await passing(request)

    org.send = noting
    (answer,) = await send(org, [make_chunk(1, 7, 8)])
    assert seen == [[("sending", 1, 2)]]
    assert isinstance(answer.outcome, Created)


async def test_named_culprits_are_out_and_the_rest_goes_at_once_with_the_same_bytes(send, notes, clock, make_chunk):
    org = ScriptedOrg(Rejected({"r1_8": ERROR}), all_created)
    (answer,) = await send(org, [make_chunk(1, 7, 8, 9)])
    assert [request.body for request in org.requests] == [b'{"n":7}|{"n":8}|{"n":9}', b'{"n":7}|{"n":9}']
    assert [request.purpose for request in org.requests] == [Purpose.LOAD, Purpose.ISOLATION]
    assert notes.said == [("sending", 1, 3), ("withdrawn", 1, [8]), ("sending", 1, 2)]
    assert answer.chunk.lines == [7, 9]
    assert clock.slept == []


async def test_a_chunk_of_culprits_only_is_settled_with_one_call(send, make_chunk):
    org = ScriptedOrg(Rejected({"r1_7": ERROR, "r1_8": ERROR}))
    (answer,) = await send(org, [make_chunk(1, 7, 8)])
    assert isinstance(answer.outcome, Ended)
    assert [(end.line, end.ending) for end in answer.outcome.rows] == [(7, REJECTED), (8, REJECTED)]
    assert len(org.requests) == 1


@pytest.mark.parametrize("busy", [Throttled("busy"), Unavailable("refused")])
async def test_what_certainly_was_not_done_goes_again_after_growing_pauses(send, notes, clock, make_chunk, busy):
    org = ScriptedOrg(busy, busy, all_created)
    (answer,) = await send(org, [make_chunk(1, 7)])
    assert isinstance(answer.outcome, Created)
    assert clock.slept == [0.25, 0.5]
    assert [request.purpose for request in org.requests] == [Purpose.LOAD, Purpose.RETRY, Purpose.RETRY]
    assert notes.said[1] == ("withdrawn", 1, [])


async def test_a_lost_reply_is_not_sent_again(send, make_chunk):
    org = ScriptedOrg(InDoubt("the connection was cut"), all_created)
    answers = await send(org, [make_chunk(1, 7), make_chunk(2, 8)])
    assert len(org.requests) == 2
    assert [type(answer.outcome) for answer in answers] == [InDoubt, Created]


async def test_many_doubts_in_a_row_end_the_run_before_more_is_at_risk(send, make_chunk):
    org, stop = ScriptedOrg(InDoubt("HTTP 502")), Stop()
    answers = await send(org, [make_chunk(n, n) for n in range(1, 7)], stop, doubts_in_row=3)
    assert [type(answer.outcome) for answer in answers] == [InDoubt] * 3 + [NotAttempted] * 3
    assert stop.exit_code is ExitCode.RESUMABLE
    assert "HTTP 502" in (stop.reason or "")


async def test_a_doubt_between_good_answers_ends_nothing(send, make_chunk):
    org, stop = ScriptedOrg(InDoubt("x"), all_created, InDoubt("x"), all_created), Stop()
    await send(org, [make_chunk(n, n) for n in range(1, 6)], stop, doubts_in_row=2)
    assert not stop.pulled()


async def test_an_expired_session_gets_one_fresh_token_and_goes_again(send, make_chunk):
    org = ScriptedOrg(SessionExpired("expired"), all_created)
    (answer,) = await send(org, [make_chunk(1, 7)])
    assert org.generation == 1
    assert isinstance(answer.outcome, Created)


async def test_what_counts_is_the_token_with_which_a_request_went_and_not_that_of_when_it_began_to_wait(send, notes, make_chunk):
    org, renewed = ScriptedOrg(SessionExpired("expired"), all_created), []
    writing, renewing = notes.sending, org.renew

    async def somebody_else_renews_meanwhile(chunk):
        if not renewed:
            org.generation += 1
        await writing(chunk)

    async def noting(generation):
        renewed.append(generation)
        await renewing(generation)

    notes.sending, org.renew = somebody_else_renews_meanwhile, noting
    (answer,) = await send(org, [make_chunk(1, 7)])
    assert (renewed, org.generation) == ([1], 2)
    assert isinstance(answer.outcome, Created)


async def test_without_a_fresh_token_the_run_ends_and_nothing_in_flight_is_dropped(send, make_chunk):
    class ShutOrg(ScriptedOrg):
        async def renew(self, generation):
            raise AccessRefused("the access token has expired")

    org, stop = ShutOrg(all_created, SessionExpired("expired")), Stop()
    answers = await send(org, [make_chunk(n, n) for n in range(1, 4)], stop)
    assert [type(answer.outcome) for answer in answers] == [Created, NotAttempted, NotAttempted]
    assert (stop.reason, stop.exit_code) == ("the access token has expired", ExitCode.ACCESS)


async def test_a_refusal_ends_the_run_and_nothing_else_is_sent(send, notes, make_chunk):
    org, stop = ScriptedOrg(Refused(400, (FieldError("INVALID_FIELD", "No such column 'X'"),))), Stop()
    answers = await send(org, [make_chunk(1, 7), make_chunk(2, 8)], stop)
    assert [answer.outcome for answer in answers] == [NotAttempted(), NotAttempted()]
    assert len(org.requests) == 1
    assert notes.said == [("sending", 1, 1), ("withdrawn", 1, [])]
    assert "No such column 'X'" in (stop.reason or "")


async def test_a_stopped_run_sends_nothing_more(send, make_chunk):
    org, stop = ScriptedOrg(all_created), Stop()
    stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
    answers = await send(org, [make_chunk(1, 7)], stop)
    assert answers == [Answer(answers[0].chunk, NotAttempted())]
    assert org.requests == []


async def test_a_chunk_that_waits_in_line_when_the_run_is_stopped_is_not_sent(send, notes, gate, make_chunk):
    org, stop = ScriptedOrg(all_created), Stop()
    passing = gate.turn

    @asynccontextmanager
    async def turn():
        async with passing():
            stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
            yield

    gate.turn = turn
    (answer,) = await send(org, [make_chunk(1, 7)], stop)
    assert answer.outcome == NotAttempted()
    assert (org.requests, notes.said) == ([], [])


async def test_a_pause_ends_when_the_run_does(send, make_chunk):
    stop = Stop()

    class Forever:
        async def sleep(self, seconds):
            stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
            await asyncio.Event().wait()

    (answer,) = await send(ScriptedOrg(Throttled("busy")), [make_chunk(1, 7)], stop, clock=Forever())
    assert answer.outcome == NotAttempted()


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_are_in_flight_than_set(send, make_chunk, concurrency):
    class SlowOrg(ScriptedOrg):
        in_flight = most_in_flight = 0

        async def send(self, request):
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            for _ in range(5):
                await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)
            self.in_flight -= 1
            return Reply(200, {}, b"")

    org = SlowOrg(all_created)
    await send(org, [make_chunk(n, n) for n in range(1, 20)], concurrency=concurrency)
    assert org.most_in_flight == concurrency


class PoisonedOrg(ScriptedOrg):
    """Fails each request that holds one of these rows, and names none."""

    def __init__(self, *poisoned, errors=TRIGGER):
        super().__init__(
            lambda references: Nameless(errors) if {f"r1_{n}" for n in poisoned} & {*references} else all_created(references)
        )


def story(answers):
    """How each row ended: created, or with which error."""
    ends = {
        end.line: end.ending.errors[0].code
        for answer in answers
        if isinstance(answer.outcome, Ended)
        for end in answer.outcome.rows
    }
    return ends | {line: "created" for answer in answers if isinstance(answer.outcome, Created) for line in answer.chunk.lines}


@pytest.mark.parametrize("poisoned", [(7,), (16,), (7, 8, 16), tuple(range(7, 17))])
async def test_rows_that_nobody_names_are_found_and_all_others_created(send, make_chunk, poisoned):
    org = PoisonedOrg(*poisoned)
    answers = await send(org, [make_chunk(1, *range(7, 17))])
    assert story(answers) == {line: TRIGGER[0].code if line in poisoned else "created" for line in range(7, 17)}
    assert {request.purpose for request in org.requests[1:]} == {Purpose.ISOLATION}


async def test_the_journal_knows_at_each_moment_which_rows_go_by_themselves(send, notes, make_chunk):
    await send(PoisonedOrg(7), [make_chunk(1, 7, 8, 9, 10)])
    assert notes.said == [
        ("sending", 1, 4),
        ("withdrawn", 1, []),
        ("divided", 1, 100, 2),
        ("sending", 100, 2),
        ("withdrawn", 100, []),
        ("joined", 1, 100),
        ("divided", 1, 101, 1),
        ("sending", 101, 1),
        ("divided", 1, 102, 1),
        ("sending", 102, 1),
        ("divided", 1, 103, 1),
        ("sending", 103, 1),
        ("sending", 1, 1),
    ]


async def test_a_stop_during_the_search_leaves_the_rest_for_the_next_session(send, make_chunk):
    stop = Stop()
    org = PoisonedOrg(7)
    passing = org.send

    async def stopping(request):
        if len(org.requests) == 2:
            stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
        return await passing(request)

    org.send = stopping
    answers = await send(org, [make_chunk(1, *range(7, 17))], stop)
    assert [answer.outcome for answer in answers] == [NotAttempted()]
    assert answers[0].chunk.lines == [*range(7, 17)]


async def test_a_row_lock_is_waited_for_and_then_gone_around(send, clock, make_chunk):
    org = ScriptedOrg(lambda references: Hindered(LOCK) if "r1_8" in references else all_created(references))
    answers = await send(org, [make_chunk(1, 7, 8, 9)])
    assert story(answers) == {7: "created", 8: "UNABLE_TO_LOCK_ROW", 9: "created"}
    assert clock.slept[:2] == [0.25, 0.5]


async def test_a_chunk_that_is_hindered_goes_alone_before_it_is_divided_and_its_parts_hold_up_nobody(send, gate, make_chunk):
    org = ScriptedOrg(lambda references: Hindered(LOCK) if "r1_8" in references else all_created(references))
    await send(org, [make_chunk(1, 7, 8, 9)])
    assert gate.alone[:4] == [False, False, True, False]
    assert gate.alone.count(True) == 1


async def test_the_first_request_goes_alone_until_the_org_has_taken_one(send, make_chunk):
    refused = Refused(400, (FieldError("INVALID_FIELD", "No such column 'X'"),))
    org = ScriptedOrg(refused)
    await send(org, [make_chunk(n, n) for n in range(1, 50)], concurrency=8)
    assert len(org.requests) == 1


# ------------------------------------------------------------------ where each record fares by itself


def partly(created=(), rejected=(), hindered=()):
    ids = dict.fromkeys(created, "0035g00000AAAAAAA4")
    return Partly(ids, dict.fromkeys(rejected, ERROR), {}, dict.fromkeys(hindered, LOCK))


async def test_what_exists_is_settled_beside_what_was_refused_in_one_request(send, notes, make_chunk):
    answers = await send(ScriptedOrg(partly(["r1_7", "r1_9"], ["r1_8"])), [make_chunk(1, 7, 8, 9)])
    (answer,) = answers
    assert (answer.chunk.lines, sorted(answer.outcome.ids)) == ([7, 9], ["r1_7", "r1_9"])
    assert [(end.line, end.ending) for end in answer.ended] == [(8, REJECTED)]
    assert notes.said == [("sending", 1, 3)]


async def test_where_no_record_exists_all_have_ended(send, make_chunk):
    (answer,) = await send(ScriptedOrg(partly([], ["r1_7", "r1_8"])), [make_chunk(1, 7, 8)])
    assert [end.line for end in answer.outcome.rows] == [7, 8]


async def test_only_what_was_hindered_goes_again_after_a_pause(send, notes, clock, make_chunk):
    org = ScriptedOrg(partly(["r1_7"], ["r1_9"], ["r1_8"]), all_created)
    done, rest = await send(org, [make_chunk(1, 7, 8, 9)])
    assert (done.chunk.lines, [end.line for end in done.ended], rest.chunk.lines) == ([7], [9], [8])
    assert org.requests[1].body == b'{"n":8}'
    assert org.requests[1].purpose is Purpose.RETRY
    assert clock.slept == [0.25]
    assert notes.said == [("sending", 1, 3), ("parted", 1, 100, ["r1_7", "r1_9"]), ("sending", 1, 1)]


async def test_what_stays_hindered_ends_with_the_org_s_error(send, make_chunk):
    org = ScriptedOrg(lambda references: partly([name for name in references if name != "r1_8"], [], ["r1_8"]))
    answers = await send(org, [make_chunk(1, 7, 8, 9)])
    assert story(answers) == {7: "created", 8: "UNABLE_TO_LOCK_ROW", 9: "created"}
    assert len(org.requests) == 3


async def test_a_stop_leaves_what_was_hindered_for_the_next_session(send, make_chunk):
    stop = Stop()

    def stopping(references):
        stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
        return partly(["r1_7"], [], ["r1_8"])

    done, rest = await send(ScriptedOrg(stopping), [make_chunk(1, 7, 8)], stop)
    assert (done.chunk.lines, rest.chunk.lines, rest.outcome) == ([7], [8], NotAttempted())


async def test_what_is_too_much_for_the_org_goes_in_smaller_requests_from_the_front(send, gate, notes, make_chunk):
    class NarrowOrg(ScriptedOrg):
        def outcome(self, delivery, references):
            if len(references) > 2:
                gate.portion = 2
                return Overtaxed(CPU)
            return all_created(references)

    org = NarrowOrg()
    answers = await send(org, [make_chunk(1, *range(7, 12)), make_chunk(2, 20, 21, 22)])
    assert [answer.chunk.lines for answer in answers] == [[7, 8], [9, 10], [11], [20, 21], [22]]
    assert all(isinstance(answer.outcome, Created) for answer in answers)
    assert [request.purpose for request in org.requests[:3]] == [Purpose.LOAD, Purpose.RETRY, Purpose.RETRY]
    assert notes.said[:4] == [("sending", 1, 5), ("withdrawn", 1, []), ("divided", 1, 100, 2), ("sending", 100, 2)]
    assert [size for _, size in gate.learned] == [5, 2, 2, 1, 2, 1]


async def test_a_record_that_is_too_much_alone_ends_with_that_error_and_the_others_are_loaded(send, gate, make_chunk):
    class PickyOrg(ScriptedOrg):
        def outcome(self, delivery, references):
            if "r1_8" in references:
                gate.portion = max(len(references) // 2, 1)
                return Overtaxed(CPU)
            return all_created(references)

    answers = await send(PickyOrg(), [make_chunk(1, *range(7, 12))])
    assert story(answers) == {line: CPU[0].code if line == 8 else "created" for line in range(7, 12)}


async def test_the_front_of_a_chunk_that_is_too_much_is_divided_by_itself(send, gate, notes, make_chunk):
    gate.portion = 3

    class ShrinkingOrg(ScriptedOrg):
        def outcome(self, delivery, references):
            if len(references) > 1:
                gate.portion = 1
                return Overtaxed(CPU)
            return all_created(references)

    answers = await send(ShrinkingOrg(), [make_chunk(1, *range(7, 12))])
    assert [answer.chunk.lines for answer in answers] == [[line] for line in range(7, 12)]
    assert notes.said[:5] == [
        ("sending", 100, 3),  # of the chunk itself the journal knows nothing yet
        ("withdrawn", 100, []),
        ("divided", 100, 101, 1),
        ("sending", 101, 1),
        ("divided", 100, 102, 1),
    ]


async def test_without_calls_nothing_is_announced_until_there_are_some_again(send, gate, notes, make_chunk):
    waited = []
    gate.calls = False

    async def await_calls(said):
        waited.append((said, list(notes.said)))
        gate.calls = True

    (answer,) = await send(ScriptedOrg(all_created), [make_chunk(1, 7)], await_calls=await_calls)
    assert isinstance(answer.outcome, Created)
    assert waited == [(None, [])]


async def test_a_run_that_ends_for_want_of_calls_has_not_attempted_what_is_left(send, gate, notes, make_chunk):
    gate.calls, stop = False, Stop()

    async def await_calls(said):
        stop.pull("no calls left", ExitCode.RESUMABLE)

    answers = await send(ScriptedOrg(all_created), [make_chunk(n, n) for n in (1, 2)], stop, await_calls=await_calls)
    assert [answer.outcome for answer in answers] == [NotAttempted(), NotAttempted()]
    assert notes.said == []


async def test_when_the_org_itself_says_that_its_calls_are_used_the_chunk_goes_again_once_there_are_some(send, notes, make_chunk):
    said = []

    async def await_calls(words):
        said.append(words)

    org = ScriptedOrg(Exhausted("TotalRequests Limit exceeded."), all_created)
    (answer,) = await send(org, [make_chunk(1, 7)], await_calls=await_calls)
    assert isinstance(answer.outcome, Created)
    assert notes.said == [("sending", 1, 1), ("withdrawn", 1, []), ("sending", 1, 1)]
    assert "TotalRequests Limit exceeded." in said[0]


class RestingOrg(ScriptedOrg):
    """Has asked to be left alone until the clock has gone so far."""

    def __init__(self, clock, until):
        super().__init__(all_created)
        self.clock, self.until = clock, until

    def quiet_for(self):
        return max(self.until - self.clock.monotonic(), 0.0)

    async def send(self, request):
        assert self.quiet_for() == 0.0
        return await super().send(request)


async def test_no_request_leaves_and_none_is_announced_while_the_org_has_asked_to_be_left_alone(send, clock, notes, make_chunk):
    org = RestingOrg(clock, 30.0)
    announcing = notes.sending

    async def sending(chunk):
        assert org.quiet_for() == 0.0
        await announcing(chunk)

    notes.sending = sending
    answers = await send(org, [make_chunk(n, n) for n in range(1, 5)], concurrency=3)
    assert [type(answer.outcome) for answer in answers] == [Created] * 4
    assert clock.monotonic() == 30.0


async def test_an_intent_is_taken_back_when_the_org_asks_to_be_left_alone_meanwhile(send, clock, notes, make_chunk):
    org = RestingOrg(clock, 0.0)
    announcing = notes.sending

    async def sending(chunk):
        if not notes.said:
            org.until = 60.0
        await announcing(chunk)

    notes.sending = sending
    (answer,) = await send(org, [make_chunk(1, 7)])
    assert isinstance(answer.outcome, Created)
    assert notes.said == [("sending", 1, 1), ("withdrawn", 1, []), ("sending", 1, 1)]


async def test_a_stop_ends_the_wait_of_those_who_leave_the_org_alone(send, notes, make_chunk):
    stop = Stop()

    class Forever:
        def monotonic(self):
            return 0.0

        async def sleep(self, seconds):
            stop.pull("SIGTERM was received", ExitCode.RESUMABLE)
            await asyncio.Event().wait()

    (answer,) = await send(RestingOrg(Forever(), 60.0), [make_chunk(1, 7)], stop, clock=Forever())
    assert answer.outcome == NotAttempted()
    assert notes.said == []


async def test_a_wait_that_is_too_long_ends_the_run_whatever_it_stood_beside(send, clock, notes, make_chunk):
    stop = Stop()
    (answer,) = await send(RestingOrg(clock, 3_600.0), [make_chunk(1, 7)], stop)
    assert (answer.outcome, notes.said) == (NotAttempted(), [])
    assert stop.exit_code is ExitCode.RESUMABLE
    assert "left alone for 3,600 seconds" in (stop.reason or "")
