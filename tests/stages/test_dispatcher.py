"""Lanes from rows to requests: the chunker, the dispatcher and several senders together."""

import asyncio
from itertools import count
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from pipeline.channel import Channel
from pipeline.model.made import Made
from pipeline.model.record import references
from pipeline.model.row import CellBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.policy.breaker import Breaker
from pipeline.policy.lanes import lanes_for
from pipeline.policy.rules import LimitRules, SendRules
from pipeline.stages.chunker import Chunker
from pipeline.stages.dispatcher import Dispatcher
from pipeline.stop import Stop

FILE = InputFile(1, "1.csv", "csv", 0, "")
KEYS = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), max_size=2, unique=True).map(tuple)


def make(block):
    keys = [tuple(cell.encode() for cell in row) for row in block.rows]
    names = references(1, block.lines)
    return Made(names, [name.encode() for name in names], {}, "Contact", keys=keys if any(keys) else ())


def block(first: int, keys):
    lines = [*range(first, first + len(keys))]
    return CellBlock(lines, lines, [b"%d\n" % line for line in lines], rows=[[key.decode() for key in row] for row in keys])


class Notes:
    """A register that is told nothing: all rows are good."""

    async def rows_ended(self, file, ends):
        raise AssertionError(ends)

    async def not_attempted(self, chunk):
        raise AssertionError(chunk)

    async def nested_counted(self, file, records):
        raise AssertionError(records)


class Turn:
    """Lets the others go on once."""

    def __await__(self):
        yield


async def sent(blocks, *, concurrency, chunk_records, known=(), pick=lambda _: 0):
    """Let rows with these keys through; return the chunks in the order in which they went, and which were on the way then."""
    rules = SendRules(concurrency=concurrency, chunk_records=chunk_records)
    numbers = count(1).__next__
    chunker = Chunker(
        rules, Notes(), Breaker(LimitRules()), Tally(), Stop(), makers={1: make}, known={1: known}, doubted={}, numbers=numbers
    )
    rows, chunks = Channel(1), Dispatcher(concurrency)
    gone, beside, on_the_way = [], [], []

    async def feed():
        line = 2
        for keys in blocks:
            await rows.put((FILE, block(line, keys)))
            line += len(keys)
        await rows.close()

    async def work():
        async for chunk in chunks:
            beside.append([*on_the_way])
            gone.append(chunk)
            on_the_way.append(chunk)
            for _ in range(pick(chunk.number)):
                await Turn()
            on_the_way.remove(chunk)
            await chunks.done(chunk)

    async with asyncio.TaskGroup() as group:
        group.create_task(feed())
        group.create_task(chunker.run(rows, chunks))
        for _ in range(concurrency):
            group.create_task(work())
    return gone, beside


@given(
    st.lists(st.lists(KEYS, max_size=20), max_size=8),
    st.integers(2, 5),
    st.integers(1, 6),
    st.frozensets(st.integers(2, 60), max_size=10),
    st.randoms(use_true_random=False),
)
async def test_requests_in_flight_share_no_key_and_each_row_goes_once_in_the_order_of_its_first_key(
    blocks, concurrency, size, known, dice
):
    gone, beside = await sent(blocks, concurrency=concurrency, chunk_records=size, known=known, pick=lambda _: dice.randrange(4))
    keys = dict(enumerate((key for each in blocks for key in each), start=2))
    assert sorted(line for chunk in gone for line in chunk.lines) == [line for line in keys if line not in known]
    for chunk, others in zip(gone, beside, strict=True):
        assert chunk.keys == {key for line in chunk.lines for key in keys[line]}
        assert all(chunk.keys.isdisjoint(other.keys) for other in others)
        assert chunk.lines == sorted(chunk.lines)
        assert chunk.sources == [b"%d\n" % line for line in chunk.lines]
        assert len(chunk) <= size
    for key in {key[0] for key in keys.values() if key}:
        order = [line for chunk in gone for line in chunk.lines if keys[line][:1] == (key,)]
        assert order == sorted(order)


async def test_chunks_are_full_but_for_what_no_other_lane_had_room_for():
    keys = [(b"%015d" % (n * n % 500),) for n in range(20_000)]
    gone, _ = await sent([keys[at : at + 256] for at in range(0, len(keys), 256)], concurrency=8, chunk_records=200)
    assert ceil(len(keys) / 200) <= len(gone) <= len(keys) / (200 * 0.95)


async def test_rows_without_a_key_go_in_their_order_and_wait_for_nobody():
    gone, _ = await sent([[(), (b"a",), (), ()], [(), (b"a",)]], concurrency=2, chunk_records=2)
    assert [chunk.lines for chunk in gone] == [[2, 4], [5, 6], [3, 7]]


async def test_a_hot_key_doesnt_hold_up_the_others():
    """Of 8 in flight 7 have other rows as long as there are any: the hot key's requests go one by one beside them."""
    keys = [(b"hot" if n % 5 == 0 else b"%015d" % n,) for n in range(4000)]
    blocks = [keys[at : at + 50] for at in range(0, 4000, 50)]
    _, beside = await sent(blocks, concurrency=8, chunk_records=20, pick=lambda _: 3)
    assert max(map(len, beside)) == 7  # and the one that goes
    assert sum(map(len, beside)) / len(beside) > 5
    assert lanes_for(8) * 20 < 4000, "not all of it was held back"
