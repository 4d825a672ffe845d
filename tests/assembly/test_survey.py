from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.assembly import survey
from pipeline.assembly.survey import look_through, surveyed
from pipeline.assembly.way import Way
from pipeline.assembly.work import Import, find_input
from pipeline.config import load
from pipeline.errors import ExitCode
from pipeline.model.describe import Describe
from pipeline.model.tally import Tally
from pipeline.stages.reader import Reader
from pipeline.stop import Stop

WAY = Way(Describe("Contact", "Contact", "003", createable=True, fields={}, lower={}), kinds={}, code="way")
JOB = '[job]\nobject = "Contact"\ninput = ["a.csv", "b.jsonl"]\n[org]\nurl = "embedded"\n'


@pytest.fixture
def work(tmp_path: Path) -> Import:
    (tmp_path / "a.csv").write_text("LastName\n" + "Kim\n" * 3 + "a,b\n")
    (tmp_path / "b.jsonl").write_text('{"LastName": "Lee"}\n' * 2)
    (tmp_path / "job.toml").write_text(JOB)
    settings = load(tmp_path / "job.toml", environ={})
    return Import(settings, find_input(settings.job.input, settings.read), fresh=False)


class Watcher:
    """Remembers what it was shown; may pull the brake at once."""

    def __init__(self, stop=None):
        self.seen = []
        self._stop = stop

    def take(self, file, block):
        self.seen += [(file.number, line) for line in block.lines]
        if self._stop:
            self._stop.pull("SIGTERM was received", ExitCode.RESUMABLE)


async def test_all_who_watch_see_all_rows_in_order_and_the_files_are_read_once(work, monkeypatch):
    read = []

    class Counting(Reader):
        async def run(self, file, out):
            read.append(file.number)
            return await super().run(file, out)

    monkeypatch.setattr(survey, "Reader", Counting)
    one, other = Watcher(), Watcher()
    await look_through(work, [one, other], Stop(), Tally())
    assert one.seen == other.seen == [(1, 2), (1, 3), (1, 4), (2, 1), (2, 2)]
    assert read == [1, 2]


async def test_it_ends_early_when_the_run_is_stopped(work):
    stop, tally = Stop(), Tally()
    watcher = Watcher(stop)
    await look_through(work, [watcher], stop, tally)
    assert {file for file, _ in watcher.seen} == {1}
    assert not tally.surveying


class Asking(Watcher):
    """Answers with how many rows it has seen."""

    async def answered(self, way):
        return replace(way, code=f"{way.code}, {len(self.seen)} rows")


async def test_each_question_is_answered_once_all_rows_have_been_seen(work):
    questions = [Asking(), Asking()]
    async with surveyed(work, WAY, Path(), Stop(), Tally(), questions) as way:
        assert way.code == "way, 5 rows, 5 rows"


async def test_a_job_that_asks_nothing_reads_nothing(work):
    tally = Tally()
    async with surveyed(work, WAY, Path(), Stop(), tally) as way:
        assert (way.code, tally.bytes_read, tally.rows_read) == ("way", 0, 0)


async def test_of_a_run_that_is_stopped_nothing_is_asked(work):
    stop = Stop()
    async with surveyed(work, WAY, Path(), stop, Tally(), [Asking(stop)]) as way:
        assert way.code == "way"
