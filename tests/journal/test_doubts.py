from datetime import UTC, datetime, timedelta

import pytest

from pipeline.clock import stamp
from pipeline.errors import JournalError
from pipeline.journal.reading import reading
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.pending import Inquiry, Pending
from pipeline.model.record import MEMBER, Chunk, Ending, FieldError, Kin, RowEnd
from pipeline.model.record_id import to_18
from pipeline.model.summary import imbalances
from pipeline.salesforce.ids import count_distinct
from pipeline.stages.reporter.results import results

IDS = [to_18(f"003SM{number:010d}") for number in range(6)]
EXISTS = (FieldError("DUPLICATE_VALUE", "duplicate value found", ("Key__c",)),)
LOST = "the connection was cut"
START = datetime(2026, 11, 22, 23, 56, 35, tzinfo=UTC)


class HourlyClock:
    """An hour passes from one look at it to the next."""

    def __init__(self):
        self.time = START

    def now(self):
        self.time += timedelta(hours=1)
        return self.time

    def last(self):
        return stamp(self.time)


@pytest.fixture
def clock():
    return HourlyClock()


def inquiry(finding, *, reason="", question="SELECT Id", who=""):
    return Inquiry("word" if who else "marker", question, "2026-11-23T12:00:00.000Z", finding, reason, who)


@pytest.fixture
def lose(journal, clock, make_chunk):
    """Send a chunk and lose its reply; return what waits for evidence."""

    async def lose(number, *lines):
        chunk = make_chunk(number, *lines)
        await journal.sending(chunk)
        sent_at = clock.last()
        await journal.in_doubt(chunk, LOST)
        return Pending(number, 1, tuple(chunk.lines), sent_at, LOST, object="Contact")

    return lose


@pytest.fixture
def find(journal, make_chunk):
    """Send a chunk; the org says that it has these of its rows, and the rest is not sent."""

    async def find(number, *lines, held):
        chunk = make_chunk(number, *lines)
        await journal.sending(chunk)
        ending = Ending(RowState.IN_DOUBT, EXISTS)
        chunk.leave_out({f"r1_{line}": ending for line in held})
        ends = [RowEnd(line, line * 20, ending, b"Kim,x") for line in held]
        await (journal.withdrawn(chunk, ends) if chunk.lines else journal.ended(chunk, ends))
        return chunk

    return find


def totals(journal):
    with reading(journal.path) as record:
        return record.totals(count_distinct)[1]


def resolutions(journal):
    with reading(journal.path) as record:
        return [(each.chunk, each.rows, each.way, each.finding, each.reason, each.who) for each in record.resolutions()]


async def test_nothing_is_pending_while_replies_are_understood(journal, make_chunk):
    chunk = make_chunk(1)
    await journal.sending(chunk)
    assert await journal.doubts.pending() == []
    await journal.created(chunk, "".join(IDS[:2]).encode())
    assert await journal.doubts.pending() == []


async def test_requests_in_doubt_are_pending_with_when_they_left_and_why(journal, lose):
    second, first = await lose(2), await lose(1)
    assert await journal.doubts.pending() == [first, second]


async def test_a_request_that_was_sent_twice_is_pending_from_its_last_try(journal, clock, make_chunk):
    chunk = make_chunk(1)
    await journal.sending(chunk)
    await journal.withdrawn(chunk, [])
    await journal.sending(chunk)
    sent_at = clock.last()
    await journal.in_doubt(chunk, LOST)
    assert [each.sent_at for each in await journal.doubts.pending()] == [sent_at]


async def test_rows_by_themselves_are_pending_together_by_request(journal, find):
    await find(1, 10, 11, 12, held=[10, 12])
    await find(2, 20, 21, held=[20, 21])
    pending = await journal.doubts.pending()
    assert [(each.chunk, each.lines, each.reason, each.alone) for each in pending] == [
        (1, (10, 12), "duplicate value found", True),
        (2, (20, 21), "duplicate value found", True),
    ]


async def test_a_row_by_itself_is_pending_since_its_first_lost_reply(journal, lose, find):
    first = await lose(1, 10, 11)
    await journal.doubts.not_created(first, inquiry("not created"))
    second = await lose(2, 10, 11)
    await journal.doubts.not_created(second, inquiry("not created"))
    await find(3, 10, 11, held=[11])
    (pending,) = await journal.doubts.pending()
    assert (pending.chunk, pending.lines, pending.sent_at, pending.alone) == (3, (11,), first.sent_at, True)


async def test_rows_that_were_lost_at_different_times_are_pending_since_the_first(journal, lose, find):
    first = await lose(1, 10)
    await journal.doubts.not_created(await lose(2, 11), inquiry("not created"))
    await journal.doubts.not_created(first, inquiry("not created"))
    await find(3, 10, 11, held=[10, 11])
    assert [each.sent_at for each in await journal.doubts.pending()] == [first.sent_at]


async def test_a_row_that_was_never_lost_is_pending_since_the_org_said_that_it_has_it(journal, clock, find):
    await find(1, 10, 11, held=[10])
    with reading(journal.path) as record:
        (row,) = record.rows(1)
    assert [each.sent_at for each in await journal.doubts.pending()] == [row.settled_at]


async def test_records_that_were_found_settle_their_request_as_recovered(journal, lose):
    await journal.doubts.created(await lose(1, 10, 11), {11: IDS[1], 10: IDS[0]}, inquiry("created"))
    with reading(journal.path) as record:
        (chunk,) = record.chunks(1)
    assert (chunk.state, chunk.recovered, chunk.created()) == (ChunkState.SETTLED, True, ([10, 11], IDS[:2]))
    assert (totals(journal).created, totals(journal).recovered, totals(journal).distinct_ids) == (2, 2, 2)
    assert await journal.doubts.pending() == []
    assert resolutions(journal) == [(1, 2, "marker", "created", "", "")]


async def test_a_row_by_itself_that_was_found_is_recovered_and_its_request_stays_as_it_is(journal, find):
    chunk = await find(1, 10, 11, 12, held=[10, 12])
    (pending,) = await journal.doubts.pending()
    one = Pending(1, 1, (12,), pending.sent_at, pending.reason, alone=True)
    await journal.doubts.created(one, {12: IDS[0]}, inquiry("created"))
    with reading(journal.path) as record:
        assert [(row.line, row.state, row.id) for row in record.rows(1)] == [
            (10, RowState.IN_DOUBT, ""),
            (12, RowState.RECOVERED, IDS[0]),
        ]
        assert [(each.state, each.created()) for each in record.chunks(1)] == [(ChunkState.PLANNED, (chunk.lines, []))]
    assert [each.lines for each in await journal.doubts.pending()] == [(10,)]


async def test_what_was_not_created_is_planned_again_and_known_to_have_been_in_doubt(journal, lose):
    await journal.doubts.not_created(await lose(1, 10, 11), inquiry("not created", reason="no record has its marker"))
    assert await journal.replan() == 2, "its number is not given again"
    known, doubted = await journal.known.rows(1), await journal.known.doubted(1)
    assert not known
    assert [line for line in range(20) if line in doubted] == [10, 11]
    assert resolutions(journal) == [(1, 2, "marker", "not created", "no record has its marker", "")]


async def test_a_row_by_itself_that_was_not_created_is_read_again_and_its_neighbours_are_not(journal, find):
    chunk = await find(1, 10, 11, held=[10])
    await journal.sending(chunk)
    await journal.created(chunk, IDS[0].encode())
    (pending,) = await journal.doubts.pending()
    await journal.doubts.not_created(pending, inquiry("not created", who="kim@desk"))
    known = await journal.known.rows(1)
    assert [line for line in range(20) if line in known] == [11]
    assert resolutions(journal) == [(1, 1, "word", "not created", "", "kim@desk")]


async def test_a_row_whose_value_is_somebody_elses_is_rejected_with_the_orgs_error(journal, find):
    await find(1, 10, 11, held=[10, 11])
    (pending,) = await journal.doubts.pending()
    await journal.doubts.rejected(pending, inquiry("rejected", reason="its record was created by another user"))
    with reading(journal.path) as record:
        assert [(row.state, row.errors, row.id) for row in record.rows(1)] == [(RowState.REJECTED_BY_ORG, EXISTS, "")] * 2
        assert [source.source for source in record.sources(1)] == [b"Kim,x"] * 2
    assert await journal.doubts.pending() == []
    assert resolutions(journal) == [(1, 2, "marker", "rejected", "its record was created by another user", "")]


async def test_what_stays_unclear_waits_and_says_what_was_asked_last(journal, lose, find):
    request = await lose(1, 10, 11)
    await find(2, 20, 21, held=[20])
    (_, row) = await journal.doubts.pending()
    for each in (request, row):
        await journal.doubts.unclear(each, inquiry("unclear", reason="the org did not answer", question="first"))
        await journal.doubts.unclear(each, inquiry("unclear", reason="two records fit", question="second"))
    with reading(journal.path) as record:
        assert [(each.chunk, each.rows, each.question, each.finding) for each in record.doubts()] == [
            (1, 2, "second", "two records fit"),
            (2, 1, "second", "two records fit"),
        ]
    assert await journal.doubts.pending() == [request, row]
    assert resolutions(journal) == []


async def test_parts_of_a_row_are_pending_each_with_what_went_with_it(journal, clock):
    heads = [MEMBER + 7, 3 * MEMBER + 7, 4 * MEMBER + 7]
    case = Kin("Case", "r1_7_2", 2 * MEMBER + 7, 1, 140, "r1_7_1", "Cases")
    names = [f"r1_7_{place // MEMBER}" for place in heads]

    def parts(number):
        return Chunk(number, 1, [*heads], [140] * 3, [b"{}"] * 3, [b"{}"] * 3, [*names], object="Contact", kin=[(case,), (), ()])

    whole = parts(1)
    await journal.sending(whole)
    sent_at = clock.last()
    await journal.in_doubt(whole, LOST)
    (pending,) = await journal.doubts.pending()
    assert pending == Pending(1, 1, tuple(heads), sent_at, LOST, kin=((1, case.line),), object="Contact")
    await journal.doubts.not_created(pending, inquiry("not created"))
    await journal.replan()
    again = parts(2)
    await journal.sending(again)
    held = again.leave_out(dict.fromkeys(names[:2], Ending(RowState.IN_DOUBT, EXISTS)))
    await journal.withdrawn(again, held)
    await journal.not_attempted(again)
    alone = await journal.doubts.pending()
    assert [(each.lines, each.kin, each.alone) for each in alone] == [
        ((heads[0],), ((1, case.line),), True),
        ((heads[1],), (), True),
    ]
    assert {each.sent_at for each in alone} == {sent_at}, "when it was sent first"
    await journal.doubts.created(alone[0], {heads[0]: IDS[0]}, inquiry("created"), kin={(1, case.line): IDS[1]})
    known = await journal.known.rows(1)
    assert [place in known for place in (7, *heads, case.line, 5 * MEMBER + 7)] == [False, True, True, False, True, False]


async def test_a_doubt_that_nobody_has_looked_into_has_no_question(journal, lose):
    pending = await lose(1)
    with reading(journal.path) as record:
        (doubt,) = record.doubts()
    assert (doubt.first_line, doubt.last_line, doubt.sent_at, doubt.reason) == (10, 11, pending.sent_at, LOST)
    assert (doubt.question, doubt.finding) == (None, None)


async def test_ids_are_claimed_by_chunks_and_by_rows_that_were_recovered(journal, lose, find, make_chunk):
    settled = make_chunk(1)
    await journal.sending(settled)
    await journal.created(settled, "".join(IDS[:2]).encode())
    await journal.doubts.created(await lose(2, 20), {20: IDS[2]}, inquiry("created"))
    await find(3, 30, 31, held=[30])
    (row,) = await journal.doubts.pending()
    await journal.doubts.created(row, {30: IDS[3]}, inquiry("created"))
    assert await journal.doubts.claimed(IDS) == {*IDS[:4]}
    assert await journal.doubts.claimed([IDS[1], IDS[5]]) == {IDS[1]}
    assert await journal.doubts.claimed([]) == set()


async def test_the_newest_records_that_answered_for_themselves_are_known(journal, clock, lose, make_chunk):
    assert await journal.doubts.last_created("Contact") is None
    early, late = make_chunk(2), make_chunk(1)
    await journal.sending(early)
    await journal.sending(late)
    sent_at = clock.last()
    await journal.created(late, "".join(IDS[2:4]).encode())
    await journal.created(early, "".join(IDS[:2]).encode())
    await journal.doubts.created(await lose(3), {30: IDS[4], 31: IDS[5]}, inquiry("created"))
    assert await journal.doubts.last_created("Contact") == (IDS[2:4], sent_at)


async def test_an_id_that_two_rows_have_is_counted_once_and_the_books_do_not_balance(journal, find):
    chunk = await find(1, 10, 11, held=[10])
    await journal.sending(chunk)
    await journal.created(chunk, IDS[0].encode())
    (pending,) = await journal.doubts.pending()
    await journal.doubts.created(pending, {10: IDS[0]}, inquiry("created"))
    assert (totals(journal).created, totals(journal).recovered, totals(journal).distinct_ids) == (2, 1, 1)
    assert "created = distinct ids: 2 is not 1" in imbalances(totals(journal))


async def test_what_is_settled_is_not_settled_again_and_nothing_is_noted(journal, lose):
    pending = await lose(1)
    await journal.doubts.created(pending, {10: IDS[0], 11: IDS[1]}, inquiry("created"))
    with pytest.raises(JournalError, match="chunk 1 can't become settled"):
        await journal.doubts.created(pending, {10: IDS[2], 11: IDS[3]}, inquiry("created"))
    with pytest.raises(JournalError, match="chunk 1 can't become planned"):
        await journal.doubts.not_created(pending, inquiry("not created"))
    assert await journal.doubts.claimed(IDS) == {*IDS[:2]}
    assert len(resolutions(journal)) == 1


async def test_records_that_were_found_in_part_settle_nothing(journal, lose):
    pending = await lose(1)
    with pytest.raises(KeyError):
        await journal.doubts.created(pending, {10: IDS[0]}, inquiry("created"))
    assert await journal.doubts.pending() == [pending]
    assert resolutions(journal) == []


async def test_a_doubt_does_not_show_what_was_asked_about_other_rows(journal, lose):
    await journal.doubts.not_created(await lose(1, 10), inquiry("not created", reason="no record has its marker"))
    number = await journal.replan()
    await lose(number, 30)
    with reading(journal.path) as record:
        (doubt,) = record.doubts()
    assert (doubt.question, doubt.finding) == (None, None)


async def test_a_row_that_goes_again_by_itself_is_in_its_place_in_the_report(journal, find, make_chunk):
    old = await find(1, 10, 11, 12, held=[11])
    await journal.sending(old)
    await journal.created(old, "".join(IDS[:2]).encode())
    (pending,) = await journal.doubts.pending()
    await journal.doubts.not_created(pending, inquiry("not created", who="kim@desk"))
    new = make_chunk(await journal.replan(), 11)
    await journal.sending(new)
    await journal.created(new, IDS[2].encode())
    with reading(journal.path) as record:
        lines = b"".join(results(record, journal.path.parent)).decode().splitlines()[1:]
    assert [int(line.split(",")[1]) for line in lines] == [10, 11, 12]


async def test_of_a_request_done_in_part_each_row_has_its_own_fate(journal, lose):
    pending = await lose(1, 7, 8, 9)
    await journal.doubts.partly(pending, {7: IDS[0], 9: IDS[1]}, inquiry("created", reason="1 of its records are not there"))
    assert await journal.doubts.pending() == []
    assert [each[1:4] for each in resolutions(journal)] == [(2, "marker", "created"), (1, "marker", "not created")]
    with reading(journal.path) as record:
        lines = b"".join(results(record, journal.path.parent)).decode().splitlines()[1:]
    assert [line.split(",")[1:6:2] + line.split(",")[4:5] for line in lines] == [
        ["7", "r1_7", IDS[0], "recovered"],
        ["8", "r1_8", "", "not_attempted"],
        ["9", "r1_9", IDS[1], "recovered"],
    ]
    totals_now = totals(journal)
    assert (totals_now.created, totals_now.recovered, totals_now.not_attempted) == (2, 2, 1)
    assert 8 in await journal.known.doubted(1)
    assert 7 not in await journal.known.doubted(1)
    await journal.replan()
    known = await journal.known.rows(1)
    assert [line for line in (7, 8, 9) if line in known] == [7, 9]


async def test_a_chunk_in_doubt_names_its_job_and_so_does_what_was_parted_from_it(journal, make_chunk):
    chunk = make_chunk(1, 2, 3)
    await journal.sending(chunk)
    await journal.job_made(chunk, "750SM0000000001YAA")
    done = chunk.take({"r1_2"}, 2)
    await journal.parted(chunk, done)
    await journal.in_doubt(done, LOST)
    await journal.sending(chunk)
    await journal.in_doubt(chunk, LOST)
    jobs = {pending.chunk: (pending.lines, pending.job) for pending in await journal.doubts.pending()}
    assert jobs == {2: ((2,), "750SM0000000001YAA"), 1: ((3,), "")}, "the old job knows nothing of what goes again"
