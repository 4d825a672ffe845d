import asyncio

import pytest

from pipeline.channel import Channel
from pipeline.model.lifecycle import RowState
from pipeline.model.outcome import Answer, Created, Ended, InDoubt, NotAttempted
from pipeline.model.record import Ending, FieldError
from pipeline.model.tally import Tally
from pipeline.stages.reconciler import Reconciler, joined

A, B = "0035g00000AAAAAAA4", "0035g00000AAAABAA4"


@pytest.fixture
def reconcile(notes):
    async def run(*answers):
        tally, channel = Tally(), Channel(10)
        for answer in answers:
            await channel.put(answer)
        await channel.close()
        await asyncio.wait_for(Reconciler(notes, tally, at_once=2).run(channel), 5)
        return tally

    return run


async def test_ids_are_joined_by_reference_whatever_their_order(reconcile, notes, make_chunk):
    tally = await reconcile(Answer(make_chunk(1, 7, 8), Created({"r1_8": B, "r1_7": A})))
    assert notes.said == [("created", 1, (A + B).encode())]
    assert tally.created == 2


async def test_each_ending_is_written_down_as_what_it_is(reconcile, notes, make_chunk):
    error = Ending(RowState.REJECTED_BY_ORG, (FieldError("X", "x"),))
    rejected = make_chunk(1, 7, 8)
    ends = rejected.leave_out({"r1_7": error, "r1_8": error})
    tally = await reconcile(
        Answer(rejected, Ended(ends)),
        Answer(make_chunk(2, 9), InDoubt("a reset")),
        Answer(make_chunk(3, 10), NotAttempted()),
    )
    assert notes.said == [
        ("ended", 1, [(7, "rejected_by_org"), (8, "rejected_by_org")]),
        ("in_doubt", 2, "a reset"),
        ("not_attempted", 3),
    ]
    assert (tally.rejected, tally.in_doubt) == (2, 1)


@pytest.mark.parametrize("ids", [{"r1_7": A}, {"r1_7": A, "r1_8": B, "r1_9": B}, {"r1_7": A, "r2_8": B}, {}])
def test_ids_that_are_not_exactly_those_of_the_records_are_never_joined(make_chunk, ids):
    with pytest.raises(ValueError, match="not those of its records"):
        joined(make_chunk(1, 7, 8), ids)
