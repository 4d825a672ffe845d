from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.journal.journal import Journal
from pipeline.model.lifecycle import RowState
from pipeline.model.record import Chunk, Ending, FieldError, RowEnd, references
from pipeline.model.row import InputFile
from pipeline.model.run import Run


class StandingClock:
    def now(self):
        return datetime(2026, 11, 22, 23, 56, 35, 123456, tzinfo=UTC)

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        return


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(
        "20261122-235635-abcd", "key", "people", "Contact", "embedded", "67.0", str(tmp_path / "reports"), "2026-11-22T23:56:35Z"
    )


@pytest.fixture
def people() -> InputFile:
    return InputFile(1, "/data/people.csv", "csv", 100, "ab" * 32, columns=("LastName", "Email"))


@pytest.fixture
def make_chunk() -> Callable[..., Chunk]:
    def make(number: int, *lines: int) -> Chunk:
        lines = lines or (number * 10, number * 10 + 1)
        rows = [f"Kim,{line}@example.org\n".encode() for line in lines]
        return Chunk(number, 1, [*lines], [line * 20 for line in lines], [b"{}"] * len(lines), rows, references(1, lines))

    return make


@pytest.fixture
def rejection() -> Callable[..., RowEnd]:
    def make(line: int, state: RowState = RowState.REJECTED_BY_ORG) -> RowEnd:
        errors = (FieldError("INVALID_EMAIL_ADDRESS", "Email: x", ("Email",)),)
        return RowEnd(line, line * 20, Ending(state, errors), b"Kim,x")

    return make


@pytest.fixture
async def journal(tmp_path: Path, clock, run, people):
    with Journal(tmp_path / "one.journal", clock) as journal:
        await journal.begin(run, [people])
        await journal.start_session("0.1.0", "digest", used=10, allowance=15000)
        yield journal
