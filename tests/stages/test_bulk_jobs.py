"""Bulk jobs, call by call, and what evidence makes of them."""

from collections.abc import Callable

import orjson
import pytest

from pipeline.errors import ExitCode, OrgUnavailable
from pipeline.model.outcome import Created, InDoubt, Unavailable
from pipeline.model.pending import Pending
from pipeline.model.record_id import to_18
from pipeline.model.wire import NoReply, Purpose, Reply
from pipeline.policy.evidence import Absent, Exists
from pipeline.policy.rules import SendRules
from pipeline.stages.bulk_jobs import Jobs
from pipeline.stages.investigator.by_job import ByJob
from pipeline.stages.investigator.looking import Found
from pipeline.stop import Stop

JOB = "750SM0000000001YAA"
IDS = [to_18("003SM0000000001"), to_18("003SM0000000002")]


def job(state: str, processed: int = 0) -> Reply:
    return Reply(200, {}, orjson.dumps({"id": JOB, "state": state, "numberRecordsProcessed": processed}))


class ScriptedOrg:
    """Answers each kind of call from a list of its own; the last answer of one counts for all further ones."""

    generation = 1

    def __init__(self, **answers):
        rows = "".join(f'"{key}","true","{line}"\n' for key, line in zip(IDS, (3, 2), strict=True))
        self.answers = {
            "POST": [job("Open")],
            "PUT": [Reply(201, {}, b"")],
            "PATCH": [job("UploadComplete")],
            "GET": [job("InProgress"), job("JobComplete", 2)],
            "successfulResults": [Reply(200, {}, f'"sf__Id","sf__Created","n"\n{rows}'.encode())],
        } | answers
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda _: None

    async def send(self, request):
        name = request.path.rpartition("/")[2] if request.path.endswith("Results") else request.method
        self.before(name)
        self.asked.append(name if request.method != "PATCH" else orjson.loads(request.body)["state"])
        answers = self.answers[name]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def quiet_for(self):
        return 0.0

    async def renew(self, generation):
        raise AssertionError(generation)


class Named:
    def __init__(self, org):
        self.org = org
        self.known = ""

    async def job_made(self, _chunk, job):
        assert "PUT" not in self.org.asked, "it has to be known before the job gets anything"
        self.known = job


class Nobody:
    way = "values"

    async def find(self, waiting, _others=()):
        return [Found(pending, None) for pending in waiting]


@pytest.fixture
def make(clock, gate):
    def made(org, stop=None):
        options = {"api_version": "67.0", "rule": "", "proof": (), "clock": clock, "stop": stop or Stop()}
        return Jobs(SendRules(route="bulk", attempts=3), org, gate, Named(org), **options)

    return made


@pytest.fixture
def go(make, gate, make_chunk):
    async def gone(org, stop=None):
        async with gate.room() as place:
            return await make(org, stop).go(make_chunk(1, 2, 3), Purpose.LOAD, place)

    return gone


async def test_a_job_is_made_fed_closed_waited_for_and_read(go, clock):
    org = ScriptedOrg()
    assert await go(org) == Created({"r1_2": IDS[1], "r1_3": IDS[0]})
    assert org.asked == ["POST", "PUT", "UploadComplete", "GET", "GET", "successfulResults"]
    assert clock.slept == [1.0]


@pytest.mark.parametrize(("call", "asked"), [("POST", ["POST"]), ("PUT", ["POST", "PUT", "Aborted"])])
async def test_what_is_lost_before_a_job_is_closed_certainly_did_nothing(go, call, asked):
    org = ScriptedOrg(**{call: [NoReply("reset")]})
    assert await go(org) == Unavailable("reset")
    assert org.asked == asked


async def test_whether_a_lost_call_has_closed_it_the_job_says_and_if_not_it_is_closed_once_more(go):
    org = ScriptedOrg(PATCH=[NoReply("reset"), job("UploadComplete")], GET=[job("Open"), job("JobComplete", 2)])
    assert isinstance(await go(org), Created)
    assert org.asked[2:5] == ["UploadComplete", "GET", "UploadComplete"]


@pytest.mark.parametrize("lost", ["PATCH", "GET", "successfulResults"])
async def test_a_closed_job_that_can_not_be_asked_is_in_doubt(go, lost):
    answers = {lost: [NoReply("reset")]} | ({"GET": [NoReply("reset")]} if lost == "PATCH" else {})
    outcome = await go(ScriptedOrg(**answers))
    assert isinstance(outcome, InDoubt)
    assert JOB in outcome.reason


async def test_a_run_that_is_stopped_leaves_its_job_working(go):
    stop = Stop()
    org = ScriptedOrg(GET=[job("InProgress")])
    org.before = lambda name: stop.pull("SIGTERM", ExitCode.RESUMABLE) if name == "GET" else None
    outcome = await go(org, stop)
    assert isinstance(outcome, InDoubt)
    assert "Aborted" not in org.asked


async def test_a_run_that_is_stopped_before_a_job_is_closed_aborts_it(go):
    stop = Stop()
    org = ScriptedOrg()
    org.before = lambda name: stop.pull("SIGTERM", ExitCode.RESUMABLE) if name == "PUT" else None
    assert isinstance(await go(org, stop), Unavailable)
    assert org.asked == ["POST", "PUT", "Aborted"]


@pytest.fixture
def look(make):
    async def looked(org, name=JOB):
        async def recall(waiting):
            return {(1, line): b'{"n":%d}' % line for pending in waiting for line in pending.lines}

        pending = Pending(1, 1, (2, 3), "2026-11-22T00:00:00.000Z", "lost", job=name)
        (found,) = await ByJob(make(org), Nobody(), recall).find([pending])
        return found.finding

    return looked


async def test_without_a_job_nothing_was_sent(look):
    org = ScriptedOrg()
    finding = await look(org, "")
    assert isinstance(finding, Absent)
    assert finding.certain
    assert org.asked == []


async def test_a_job_that_is_open_is_aborted_and_then_certainly_did_nothing(look):
    org = ScriptedOrg(GET=[job("Open")], PATCH=[job("Aborted")])
    finding = await look(org)
    assert isinstance(finding, Absent)
    assert finding.certain
    assert org.asked == ["GET", "Aborted"]


async def test_a_job_that_works_is_waited_for_and_its_results_say_which_record_is_whose(look):
    assert await look(ScriptedOrg()) == Exists({2: IDS[1], 3: IDS[0]})


async def test_a_job_that_the_org_does_not_know_any_more_leaves_it_to_other_evidence(look):
    gone = b'[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]'
    assert await look(ScriptedOrg(GET=[Reply(404, {}, gone)])) is None


@pytest.mark.parametrize("answers", [{"GET": [NoReply("reset")]}, {"GET": [job("Open")], "PATCH": [NoReply("reset")]}])
async def test_a_job_that_can_not_be_asked_leaves_nothing_to_other_evidence_as_it_may_be_at_work(look, answers):
    with pytest.raises(OrgUnavailable, match=JOB):
        await look(ScriptedOrg(**answers))
