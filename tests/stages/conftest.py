import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from pipeline.channel import Channel
from pipeline.model.record import Chunk, references


class ManualClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.slept: list[float] = []

    def now(self):
        return datetime(2026, 11, 22, tzinfo=UTC)

    def monotonic(self):
        return sum(self.slept)

    async def sleep(self, seconds):
        self.slept.append(seconds)


class OpenPlace:
    def __init__(self, gate):
        self.gate = gate
        self.has_call = gate.calls

    async def fly(self, sending):
        return await sending

    def learn(self, outcome, records):
        self.gate.learned.append((outcome, records))


class OpenGate:
    portion = 200
    calls = True

    def __init__(self):
        self.learned: list[tuple] = []
        self.alone: list[bool] = []

    @asynccontextmanager
    async def room(self, *, alone=False):
        self.alone.append(alone)
        yield OpenPlace(self)

    @asynccontextmanager
    async def turn(self):
        yield


class Notes:
    """A journal that only remembers what it was told, in order."""

    def __init__(self):
        self.said: list[tuple] = []
        self.nested = (0, 0)

    async def sending(self, chunk):
        chunk.attempts += 1
        self.said.append(("sending", chunk.number, len(chunk)))

    async def withdrawn(self, chunk, ends):
        self.said.append(("withdrawn", chunk.number, [end.line for end in ends]))

    async def divided(self, chunk, front):
        self.said.append(("divided", chunk.number, front.number, len(front)))

    async def joined(self, chunk, front):
        self.said.append(("joined", chunk.number, front.number))

    async def parted(self, chunk, done):
        done.attempts = chunk.attempts
        self.said.append(("parted", chunk.number, done.number, list(done.references)))

    async def created(self, chunk, ids, ends):
        self.said.append(("created", chunk.number, ids, *((end.line, end.ending.state) for end in ends)))

    async def ended(self, chunk, ends):
        self.said.append(("ended", chunk.number, [(end.line, end.ending.state) for end in ends]))

    async def in_doubt(self, chunk, reason):
        self.said.append(("in_doubt", chunk.number, reason))

    async def not_attempted(self, chunk):
        self.said.append(("not_attempted", chunk.number))

    async def nested_counted(self, file, records):
        self.nested = (file, records)

    async def rows_ended(self, file, ends):
        for end in ends:
            self.said.append((end.ending.state, file, end.line, end.ending.errors[0].code))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def gate() -> OpenGate:
    return OpenGate()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def make_chunk() -> Callable[..., Chunk]:
    def make(number: int, *lines: int) -> Chunk:
        records = [b'{"n":%d}' % line for line in lines]
        sources = [b"name %d\n" % line for line in lines]
        return Chunk(number, 1, [*lines], [line * 20 for line in lines], records, sources, references(1, lines))

    return make


@pytest.fixture
def through():
    """Run a stage with these items on its way in; return what came out."""

    async def run(stage, items):
        taken, given = Channel(1), Channel(1)
        out = []

        async def feed():
            for item in items:
                await taken.put(item)
            await taken.close()

        async def drain():
            out.extend([item async for item in given])

        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            group.create_task(stage.run(taken, given))
            group.create_task(drain())
        return out

    return run
