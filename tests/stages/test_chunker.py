from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import ExitCode
from pipeline.model.lifecycle import RowState
from pipeline.model.made import Made, Part
from pipeline.model.record import DUPLICATE_IN_FILE, MEMBER, FieldError, Kin, references
from pipeline.model.row import CellBlock, InputFile, Unreadable
from pipeline.model.tally import Tally
from pipeline.policy.breaker import Breaker
from pipeline.policy.quota import Quota
from pipeline.policy.rules import LimitRules, SendRules
from pipeline.stages.chunker import Chunker
from pipeline.stop import Stop


class Notes:
    """Where rows that aren't sent are written down."""

    def __init__(self):
        self.kept: list[list[int]] = []

    async def not_attempted(self, chunk):
        self.kept.append(chunk.lines)

    async def nested_counted(self, file, records):
        pass

    async def rows_ended(self, file, ends):
        raise AssertionError("no row ends here")


FILES = {number: InputFile(number, f"{number}.csv", "csv", 0, "") for number in (1, 2)}
BAD = "bad"


def block(*lines: int, bad=(), unreadable=()):
    rows = [[BAD if line in bad else f"row {line}"] for line in lines]
    return CellBlock(
        lines=lines,
        offsets=[line * 10 for line in lines],
        raw=[row[0].encode() for row in rows],
        unreadable=[Unreadable(line, line * 10, "has too many cells", b"a,b,c") for line in unreadable],
        rows=rows,
    )


def mapping(of):
    faults = {place: (FieldError("INVALID_VALUE", "x"),) for place, row in enumerate(of.rows) if row == [BAD]}
    return Made(references(1, of.lines), [row[0].encode() for row in of.rows], faults, "Contact")


@pytest.fixture
def chunk_up(notes, through):
    async def run(*blocks, known=None, doubted=None, stop=None, limits=None, mapping=mapping, tally=None, **rules):
        chunker = Chunker(
            SendRules(**({"chunk_records": 2} | rules)),
            notes,
            Breaker(limits or LimitRules()),
            tally or Tally(),
            stop or Stop(),
            makers={1: mapping, 2: mapping},
            known=known or {},
            doubted=doubted or {},
            numbers=count(5).__next__,
        )
        return await through(chunker, [(FILES[number], each) for number, each in blocks])

    return run


async def test_rows_of_several_blocks_share_chunks_and_the_last_is_smaller(chunk_up):
    chunks = await chunk_up((1, block(2, 3, 4)), (1, block(5, 6)))
    assert [chunk.lines for chunk in chunks] == [[2, 3], [4, 5], [6]]
    assert [chunk.number for chunk in chunks] == [5, 6, 7]
    assert chunks[0].records == [b"row 2", b"row 3"]
    assert chunks[0].references == ["r1_2", "r1_3"]
    assert chunks[0].sources == [b"row 2", b"row 3"]


async def test_a_chunk_holds_rows_of_one_file(chunk_up):
    chunks = await chunk_up((1, block(2)), (2, block(2, 3)))
    assert [(chunk.file, chunk.lines) for chunk in chunks] == [(1, [2]), (2, [2, 3])]


async def test_rows_that_cannot_become_records_are_written_down_and_the_others_go_on(chunk_up, notes):
    chunks = await chunk_up((1, block(2, 3, 5, bad=(3,), unreadable=(4,))))
    assert [chunk.lines for chunk in chunks] == [[2, 5]]
    assert notes.said == [
        (RowState.UNREADABLE, 1, 4, "UNREADABLE"),
        (RowState.REJECTED_HERE, 1, 3, "INVALID_VALUE"),
    ]


async def test_rows_that_have_their_place_are_skipped_and_no_chunk_spans_them(chunk_up):
    chunks = await chunk_up((1, block(2, 3, 4, 5, 6)), known={1: {3, 4}})
    assert [chunk.lines for chunk in chunks] == [[2], [5, 6]]


def in_parts(of):
    """Part the family of line 3: its own record and two contacts that wait for it; a third one will never go."""
    own = Kin("Account", "r1_3", 3, 1, 30, "", "", b"row 3")
    places = [number * MEMBER + 3 for number in (1, 2, 3)]
    kin = [Kin("Contact", f"r1_3_{at}", place, 1, 30, "r1_3", "Contacts") for at, place in enumerate(places, start=1)]
    waiting = [Part(replace(one, source=b"sent"), b"{}", wave=1) for one in kin[:2]]
    lost = Part(kin[2], b"", errors=(FieldError("FAMILY", "it hangs under a record that was rejected by org"),))
    whole = [tuple(kin) if line == 3 else () for line in of.lines]
    parts = {at: (Part(own, b"own"), *waiting, lost) for at, line in enumerate(of.lines) if line == 3}
    return replace(mapping(of), object="Account", kin=whole, parts=parts)


async def test_of_a_family_in_parts_each_goes_when_it_can(chunk_up, notes):
    chunks = await chunk_up((1, block(2, 3, 4)), mapping=in_parts)
    assert [(chunk.object, chunk.lines, chunk.records) for chunk in chunks] == [
        ("Account", [2, 3], [b"row 2", b"own"]),
        ("Account", [4], [b"row 4"]),
    ]
    assert notes.said == [(RowState.REJECTED_HERE, 1, 3 * MEMBER + 3, "FAMILY"), ("not_attempted", 6)], "two wait in a chunk"
    assert notes.nested == (1, 3)


async def test_once_its_first_record_is_known_the_rest_goes_in_chunks_that_span_what_is_known(chunk_up, notes):
    def later(of):
        made = in_parts(of)
        return replace(made, parts={at: tuple(replace(part, wave=0) for part in parts[1:3]) for at, parts in made.parts.items()})

    chunks = await chunk_up((1, block(2, 3, 4)), (1, block(5)), mapping=later, known={1: {3, 4}}, chunk_records=3)
    assert [(chunk.object, chunk.lines, chunk.sources) for chunk in chunks] == [
        ("Account", [2], [b"row 2"]),
        ("Account", [5], [b"row 5"]),
        ("Contact", [MEMBER + 3, 2 * MEMBER + 3], [b"sent", b"sent"]),
    ]
    assert notes.said == []


async def test_what_is_wrong_with_the_row_ends_its_family_as_a_whole(chunk_up, notes):
    wrong = {0: (FieldError("INVALID_VALUE", "x"),)}
    chunks = await chunk_up((1, block(3)), mapping=lambda of: replace(in_parts(of), faults=wrong))
    assert chunks == []
    assert [code for *_, code in notes.said] == ["INVALID_VALUE", "FAMILY", "FAMILY", "FAMILY"]


async def test_a_record_larger_than_a_request_may_be_is_rejected_here(chunk_up, notes):
    chunks = await chunk_up((1, block(2, 3, 1000000)), chunk_bytes=40)
    assert [chunk.lines for chunk in chunks] == [[2], [3]]
    assert notes.said == [(RowState.REJECTED_HERE, 1, 1000000, "RECORD_TOO_LARGE")]


async def test_a_duplicate_is_one_however_large_its_record_is(chunk_up, notes):
    def twice(of):
        return replace(mapping(of), faults={1: (FieldError(DUPLICATE_IN_FILE, "has the same Email as line 2"),)})

    tally = Tally()
    chunks = await chunk_up((1, block(2, 3000000, 4000000)), chunk_bytes=40, mapping=twice, tally=tally)
    assert [chunk.lines for chunk in chunks] == [[2]]
    assert notes.said == [
        (RowState.DUPLICATE_IN_FILE, 1, 3000000, "DUPLICATE_IN_FILE"),
        (RowState.REJECTED_HERE, 1, 4000000, "RECORD_TOO_LARGE"),
    ]
    assert (tally.duplicates, tally.rejected) == (1, 1)


async def test_a_chunk_with_rows_that_were_in_doubt_says_so(chunk_up):
    chunks = await chunk_up((1, block(2, 3, 4, 5)), doubted={1: {4}})
    assert [(chunk.lines, chunk.doubted) for chunk in chunks] == [([2, 3], False), ([4, 5], True)]


async def test_too_many_rejected_rows_stop_the_run(chunk_up):
    stop = Stop()
    await chunk_up((1, block(2, 3, 4, bad=(2, 3), unreadable=(5,))), stop=stop, limits=LimitRules(max_rejected=2))
    assert stop.exit_code is ExitCode.STOPPED_BY_LIMIT
    assert stop.reason == "3 rows were rejected, and limits.max_rejected allows 2"


async def test_an_unreadable_line_that_has_its_place_is_not_written_down_again(chunk_up, notes):
    await chunk_up((1, block(2, unreadable=(3,))), known={1: {3}})
    assert notes.said == []


@given(st.lists(st.integers(1, 7), max_size=6), st.integers(0, 30), st.integers(1, 5), st.integers(0, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_no_more_goes_out_than_a_quota_allows_and_the_rest_is_written_down(through, sizes, room, size, kin):
    notes, first, blocks = Notes(), 2, []
    for rows in sizes:
        blocks.append((1, block(*range(first, first + rows))))
        first += rows

    def families(of):
        under = [
            tuple(Kin("Case", f"k{line}_{n}", line + n * MEMBER, 1, 0, "", "") for n in range(1, kin + 1)) for line in of.lines
        ]
        return replace(mapping(of), kin=under) if kin else mapping(of)

    quota, stop = Quota(30, used=30 - room), Stop()
    chunker = Chunker(
        SendRules(chunk_records=max(size, kin + 1)),
        notes,
        Breaker(LimitRules()),
        Tally(),
        stop,
        makers={1: families},
        known={},
        doubted={},
        numbers=count().__next__,
        quota=quota,
    )
    chunks = await through(chunker, [(FILES[number], each) for number, each in blocks])
    sent, rest = [line for chunk in chunks for line in chunk.lines], [line for lines in notes.kept for line in lines]
    assert sent == [*range(2, first)][: room // (kin + 1)]
    assert sum(chunk.size for chunk in chunks) <= room
    assert [*sent, *rest] == [*range(2, first)]
    assert quota.spent == bool(rest)
    assert len({chunk.number for chunk in chunks}) == len(chunks)
    assert not stop.pulled()
