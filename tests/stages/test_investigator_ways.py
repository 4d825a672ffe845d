"""The three ways to look, by the real questions and their answers, with an org that answers what is written."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import unquote

import orjson
import pytest

from pipeline.clock import stamp
from pipeline.errors import AccessRefused, OrgUnavailable, UsageError
from pipeline.model.pending import Pending
from pipeline.model.wire import NoReply, Purpose, Reply
from pipeline.policy.evidence import Absent, Exists, Unclear
from pipeline.stages.investigator.asking import MARGIN, MOST_PAGES, Asker
from pipeline.stages.investigator.by_key import ByKey
from pipeline.stages.investigator.by_marker import ByMarker
from pipeline.stages.investigator.by_values import ByValues

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT = stamp(NOW - timedelta(minutes=1))
USER, OTHER = "005000000000001AAA", "005000000000002AAA"
WHO = Reply(200, {}, orjson.dumps({"user_id": USER}))
EXPIRED = Reply(401, {}, b'[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]')
MORE = "/services/data/v67.0/query/01g-2000"


class StandingClock:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise AssertionError("a question does not wait")


class CannedOrg:
    """Gives the written answers in turn, the last of them for good; who the user is, whenever that is asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked: list[str] = []
        self.generation = 0
        self.renewed: list[int] = []

    async def send(self, request):
        assert request.purpose is Purpose.EVIDENCE
        if request.path.endswith("/userinfo"):
            self.asked.append("who")
            return WHO
        self.asked.append(unquote(request.path.removeprefix("/services/data/v67.0/query?q=")))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def renew(self, generation):
        self.renewed.append(generation)
        self.generation += 1


def page(*records: dict, more: str | None = None, date: str = "") -> Reply:
    answer = {"totalSize": 9, "done": more is None, "records": list(records)} | ({"nextRecordsUrl": more} if more else {})
    return Reply(200, {"date": date}, orjson.dumps(answer))


def asker(org: CannedOrg) -> Asker:
    return Asker(org, "67.0", StandingClock())


def record(number: int, *, by: str = USER, ago: float = 30, **values: object) -> dict:
    created = (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return {"Id": f"003{number:015d}", "CreatedById": by, "CreatedDate": created, **values}


def doubt(*lines: int, chunk: int = 7, alone: bool = False) -> Pending:
    return Pending(chunk, 1, lines, SENT, "no reply", alone)


async def test_an_answer_is_read_page_by_page():
    org = CannedOrg(page({"Id": "a"}, more=MORE), page({"Id": "b"}))
    assert await asker(org).ask("SELECT Id FROM Contact") == [{"Id": "a"}, {"Id": "b"}]
    assert org.asked == ["SELECT Id FROM Contact", MORE]


async def test_an_answer_with_too_many_pages_is_none():
    org = CannedOrg(page({"Id": "a"}, more=MORE))
    assert await asker(org).ask("SELECT Id FROM Contact") is None
    assert len(org.asked) == 1 + MOST_PAGES
    with pytest.raises(UsageError, match="unique"):
        await asker(org).few("SELECT Id FROM Contact")


async def test_a_page_that_is_missing_is_no_end():
    org = CannedOrg(page({"Id": "a"}, more=MORE), NoReply("the connection broke"))
    with pytest.raises(OrgUnavailable):
        await asker(org).ask("SELECT Id FROM Contact")


async def test_an_expired_session_costs_one_fresh_token():
    org = CannedOrg(EXPIRED, page({"Id": "a"}, more=MORE), EXPIRED, page())
    org.generation = 4
    assert await asker(org).ask("SELECT Id FROM Contact") == [{"Id": "a"}]
    assert org.renewed == [4, 5]


async def test_fresh_tokens_that_are_refused_end_the_question():
    org = CannedOrg(EXPIRED)
    with pytest.raises(AccessRefused):
        await asker(org).ask("SELECT Id FROM Contact")
    assert (len(org.asked), org.renewed) == (4, [0, 1, 2])


async def test_who_we_are_is_asked_once():
    org = CannedOrg(page())
    one = asker(org)
    assert [await one.user(), await one.user()] == [USER, USER]
    assert org.asked == ["who"]


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), -timedelta(seconds=90)),
        ("", timedelta()),
        ("yesterday", timedelta()),
        ("Sun, 22 Nov 2026 13:00:00 -0000", timedelta()),
    ],
)
async def test_times_are_told_by_the_orgs_clock(date, ahead):
    one = asker(CannedOrg(page(date=date)))
    await one.ask("SELECT Id FROM Contact")
    assert one.since(SENT) == datetime.fromisoformat(SENT) + ahead - MARGIN


def mark(line: int) -> str:
    return f"20261122-120000-abcd-r1_{line}"


def by_marker(org: CannedOrg) -> ByMarker:
    return ByMarker(asker(org), "Contact", "Import_Key__c", "20261122-120000-abcd")


async def test_by_marker_one_question_tells_of_a_request():
    org = CannedOrg(page(*({"Id": f"id {line}", "Import_Key__c": mark(line).upper()} for line in (3, 2))))
    (found,) = await by_marker(org).find([doubt(2, 3)])
    assert found.finding == Exists({2: "id 2", 3: "id 3"}), "in any order, and in capitals or not"
    assert org.asked == [f"SELECT Id, Import_Key__c FROM Contact WHERE Import_Key__c IN ('{mark(2)}', '{mark(3)}')"]
    assert found.question == org.asked[0]


async def test_by_marker_rows_in_doubt_by_themselves_come_back_one_by_one():
    org = CannedOrg(page({"Id": "id 3", "Import_Key__c": mark(3)}))
    found = await by_marker(org).find([doubt(2, 3, alone=True)])
    assert [(each.pending.lines, type(each.finding)) for each in found] == [((2,), Absent), ((3,), Exists)]
    assert len(org.asked) == 1


async def test_by_marker_a_field_that_is_not_unique_after_all_proves_nothing():
    with pytest.raises(UsageError):
        await by_marker(CannedOrg(page({"Id": "a", "Import_Key__c": "x"}, more=MORE))).find([doubt(2)])


ROWS: dict = {(1, 2): {"Key__c": "K2", "LastName": "Kim"}, (1, 3): {"Key__c": "K3", "LastName": "Lee"}}


async def recall(waiting):
    return {(each.file, line): ROWS[each.file, line] for each in waiting for line in each.lines}


def claiming(*ids: str):
    async def claimed(asked):
        return set(asked) & set(ids)

    return claimed


KIM, LEE = record(2, Key__c="K2", LastName="Kim"), record(3, Key__c="k3", LastName="Lee")


async def by_key(org: CannedOrg, *claimed: str, rows: Pending | None = None):
    return await ByKey(asker(org), "Contact", "Key__c", recall, claiming(*claimed)).find([rows or doubt(2, 3)])


async def test_by_key_records_that_we_created_since_are_ours():
    org = CannedOrg(page(LEE, KIM))
    (found,) = await by_key(org)
    assert found.finding == Exists({2: KIM["Id"], 3: LEE["Id"]})
    assert found.question.endswith("WHERE Key__c IN ('K2', 'K3')")


@pytest.mark.parametrize(
    ("holder", "claimed"),
    [
        (record(2, Key__c="K2", by=OTHER), ""),
        (record(2, Key__c="K2", ago=60 + 3), ""),
        (KIM, KIM["Id"]),
    ],
    ids=["another's", "older", "another row's"],
)
async def test_by_key_a_key_that_a_foreign_record_holds_proves_that_nothing_was_created(holder, claimed):
    (found,) = await by_key(CannedOrg(page(holder)), claimed)
    assert isinstance(found.finding, Absent)
    assert found.finding.certain


async def test_by_key_the_orgs_clock_says_what_is_older():
    late = format_datetime(NOW + timedelta(minutes=5), usegmt=True)
    (found,) = await by_key(CannedOrg(page(LEE, KIM, date=late)))
    assert isinstance(found.finding, Absent), "by its clock they were created before the request was sent"
    assert found.finding.certain


async def test_by_key_nothing_found_may_only_be_too_early():
    (found,) = await by_key(CannedOrg(page()))
    assert isinstance(found.finding, Absent)
    assert not found.finding.certain


async def test_by_key_rows_in_doubt_by_themselves_come_back_one_by_one():
    found = await by_key(CannedOrg(page(KIM, record(3, Key__c="K3", by=OTHER))), rows=doubt(2, 3, alone=True))
    assert [(each.pending.lines, type(each.finding)) for each in found] == [((2,), Exists), ((3,), Absent)]


async def by_values(org: CannedOrg, *claimed: str, last: tuple[list[str], str] | None = None):
    async def last_created():
        return last

    types = {"Key__c": "string", "LastName": "string"}
    look = ByValues(asker(org), "Contact", types, 600, recall=recall, claimed=claiming(*claimed), last_created=last_created)
    return await look.find([doubt(2, 3)])


async def test_by_values_records_with_all_that_was_sent_are_ours():
    org = CannedOrg(page(KIM, LEE | {"Key__c": "K3"}))
    (found,) = await by_values(org)
    assert found.finding == Exists({2: KIM["Id"], 3: LEE["Id"]})
    assert "SELECT Id, CreatedDate, Key__c, LastName FROM Contact" in found.question
    assert (
        f"CreatedById = '{USER}' AND CreatedDate >= 2026-11-22T11:58:58Z AND CreatedDate <= 2026-11-22T12:09:02Z"
        in found.question
    )


LAST = (["003000000000009AAA"], SENT)


async def test_by_values_records_of_other_rows_are_left_out():
    seen = page({"Id": LAST[0][0]})
    (found,) = await by_values(CannedOrg(page(KIM, LEE | {"Key__c": "K3"}), seen), KIM["Id"], LEE["Id"], last=LAST)
    assert isinstance(found.finding, Absent)


async def test_by_values_absence_counts_only_if_the_question_sees_what_is_known_to_exist():
    (found,) = await by_values(CannedOrg(page(), page({"Id": LAST[0][0]})), last=LAST)
    assert isinstance(found.finding, Absent)
    for org, last in ((CannedOrg(page(), page()), LAST), (CannedOrg(page()), None)):
        (found,) = await by_values(org, last=last)
        assert isinstance(found.finding, Unclear)
        assert "aren't seen" in found.finding.reason


async def test_by_values_too_many_records_prove_nothing():
    (found,) = await by_values(CannedOrg(page(KIM, more=MORE)))
    assert found.finding == Unclear("too many records were created since then")
