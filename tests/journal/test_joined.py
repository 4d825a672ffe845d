"""Rows of a joined file in the journal: they lie in the requests of their parents, and those count that were taken."""

from dataclasses import replace

import pytest

from pipeline.journal.journal import Journal
from pipeline.journal.reading import reading
from pipeline.model.lifecycle import RowState
from pipeline.model.pending import Inquiry
from pipeline.model.record import Chunk, Ending, FieldError, Kin, references
from pipeline.model.record_id import to_18
from pipeline.model.run import ReadCounts
from pipeline.model.summary import Totals, imbalances
from pipeline.salesforce.ids import count_distinct
from pipeline.stages.reporter.results import results

EXISTS = FieldError("DUPLICATE_VALUE", "duplicate value found", ("Import_Key__c",))
FOUND = Inquiry("marker", "SELECT Id", "2026-11-23T00:00:00.000Z", "created")


def key(number: int) -> str:
    return to_18(f"003SM{number:010d}")


@pytest.fixture
async def journal(tmp_path, clock, run, people):
    contacts = replace(people, number=2, path="/data/contacts.csv", joined="Contacts", object="Contact")
    with Journal(tmp_path / "one.journal", clock) as journal:
        await journal.begin(replace(run, object="Account"), [people, contacts])
        await journal.start_session("0.1.0", "digest")
        yield journal


def family_chunk(number: int, families: dict[int, list[int]]) -> Chunk:
    """Make a request of rows of file 1, each with lines of file 2 under it."""
    lines = [*families]
    kin = [
        tuple(
            Kin("Contact", f"r2_{below}", below, 2, below * 10, f"r1_{line}", "Contacts", b"Kim\r\n") for below in families[line]
        )
        for line in lines
    ]
    offsets, records, sources = [line * 20 for line in lines], [b"{}"] * len(lines), [b"Acme\n"] * len(lines)
    return Chunk(number, 1, lines, offsets, records, sources, references(1, lines), object="Account", kin=kin)


def totals(journal) -> dict[int, Totals]:
    with reading(journal.path) as record:
        return record.totals(count_distinct)


async def test_rows_of_both_files_have_the_ids_of_their_records_and_the_report_has_each_file_in_its_order(journal):
    for number, families in ((1, {2: [7, 3], 3: []}), (2, {4: [2]})):
        chunk = family_chunk(number, families)
        await journal.sending(chunk)
        ids = [key(10 * number + at) for at in range(chunk.size)]
        await journal.created(chunk, "".join(ids).encode())
    with reading(journal.path) as record:
        rows = [line.split(",")[:6] for line in b"".join(results(record, journal.path.parent)).decode().splitlines()[1:]]
    assert rows == [
        ["people.csv", "2", "Account", "r1_2", "created", key(10)],
        ["people.csv", "3", "Account", "r1_3", "created", key(13)],
        ["people.csv", "4", "Account", "r1_4", "created", key(20)],
        ["contacts.csv", "2", "Contact", "r2_2", "created", key(21)],
        ["contacts.csv", "3", "Contact", "r2_3", "created", key(12)],
        ["contacts.csv", "7", "Contact", "r2_7", "created", key(11)],
    ]
    assert 7 in await journal.known.rows(2)
    assert 4 not in await journal.known.rows(2)


async def test_of_a_joined_file_those_rows_count_that_were_taken_until_the_others_are_read_to_the_end(journal):
    await journal.file_read(2, ReadCounts(12, 1, 0, 11, complete=True))
    await journal.file_read(1, ReadCounts(2, 0, 0, 2, complete=False))
    chunk = family_chunk(1, {2: [7, 3], 3: [5]})
    await journal.sending(chunk)
    await journal.created(chunk, "".join(key(at) for at in range(5)).encode())
    stopped = totals(journal)
    assert (stopped[2].lines_read, stopped[2].rows, stopped[2].created) == (4, 3, 3)
    assert not imbalances(stopped[2])
    await journal.file_read(1, ReadCounts(2, 0, 0, 2, complete=True))
    assert totals(journal)[2].rows == 11
    assert imbalances(totals(journal)[2]), "eleven rows were read, and three have ended"


async def test_families_of_two_files_that_are_in_doubt_by_themselves_are_told_apart(journal):
    chunk = family_chunk(1, {2: [7, 3], 3: [5], 4: []})
    await journal.sending(chunk)
    ends = chunk.leave_out({name: Ending(RowState.IN_DOUBT, (EXISTS,)) for name in ("r2_7", "r1_3", "r1_4")})
    await journal.ended(chunk, ends)
    pending = sorted(await journal.doubts.pending(), key=lambda each: each.lines)
    assert [(each.file, each.lines, each.kin, each.alone) for each in pending] == [
        (1, (2,), ((2, 3), (2, 7)), True),
        (1, (3,), ((2, 5),), True),
        (1, (4,), (), True),
    ]
    await journal.doubts.created(pending[0], {2: key(1)}, FOUND, kin={(2, 3): key(2), (2, 7): key(3)})
    await journal.doubts.rejected(pending[1], replace(FOUND, finding="rejected"))
    with reading(journal.path) as record:
        assert {row.line: (row.state, row.id) for row in record.rows(2)} == {
            3: (RowState.RECOVERED, key(2)),
            5: (RowState.REJECTED_BY_ORG, ""),
            7: (RowState.RECOVERED, key(3)),
        }
        assert [story.source for story in record.sources(2)] == [b"Kim"]
