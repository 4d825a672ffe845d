"""Runs against an org whose calls come to an end, by a clock that doesn't wait: nothing of the reserve is used, ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.assembly.access import login_with
from pipeline.assembly.allowance import BETWEEN_QUESTIONS
from pipeline.assembly.loading import load
from pipeline.assembly.work import Import, Surroundings, find_input
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode
from pipeline.model.tally import Tally
from pipeline.simulator import Org, parse_plan, serve
from pipeline.stop import Stop

JOB = """
[job]
name = "people"
object = "Contact"
state = "state"
reports = "reports"
[org]
url = "embedded"
[send]
chunk_records = 1
requests_per_second = 0
concurrency = 4
allowance_reserve = "20%"
[limits]
overdraw = true
"""


class Skipping:
    """A clock for run and org alike that skips what is slept."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.slept: list[float] = []
        self.stop = Stop()
        self.most = 10_000

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 10, tzinfo=UTC) + timedelta(seconds=self.skipped)

    def monotonic(self) -> float:
        return self.skipped

    async def sleep(self, seconds: float) -> None:
        self.skipped += seconds
        self.slept.append(seconds)
        if len(self.slept) >= self.most:
            self.stop.pull("SIGTERM was received", ExitCode.RESUMABLE)


class Counting(Org):
    """Knows the most calls that were ever used."""

    def watch(self) -> None:
        self.peak = 0
        take = self.allowance.take

        def watched(now):
            taken = take(now)
            self.peak = max(self.peak, self.allowance.used(now))
            return taken

        self.allowance.take = watched


@pytest.fixture
def clock() -> Skipping:
    return Skipping()


@pytest.fixture
async def org(clock: Skipping):
    org = Counting(api_requests_max=20, clock=clock.now)
    org.watch()
    async with serve(org) as server:
        yield org, server.url


async def run(folder: Path, url: str, org: Org, clock: Skipping, *overrides: str, rows: int = 40):
    (folder / "job.toml").write_text(JOB)
    (folder / "rows.csv").write_text("LastName\n" + "".join(f"Kim{n}\n" for n in range(rows)))
    settings = load_settings(folder / "job.toml", overrides=overrides, environ={})
    work = Import(settings, find_input([str(folder / "rows.csv")], settings.read), fresh=False)
    return await load(work, login_with(url, org.token), Surroundings(clock, lambda: 0.5, clock.stop, Tally()))


async def test_a_run_ends_before_the_reserve_and_the_next_days_go_on(tmp_path: Path, org, clock: Skipping):
    there, url = org
    days, created = [], 0
    while not days or days[-1] is ExitCode.RESUMABLE:
        clock.stop = Stop()
        ending = await run(tmp_path, url, there, clock)
        days.append(ending.exit_code)
        created = ending.summary["totals"]["created"]
        assert there.peak <= 16
        clock.skipped += 24 * 3_600
    assert days == [ExitCode.RESUMABLE, ExitCode.RESUMABLE, ExitCode.DONE]
    assert there.count("Contact") == created == 40
    assert there.calls["tree"] == 40


async def test_what_is_said_names_the_reserve_and_when_calls_come_back(tmp_path: Path, org, clock: Skipping):
    there, url = org
    ending = await run(tmp_path, url, there, clock)
    assert "16 of the org's 20 calls are used, and 4 are kept for others (send.allowance_reserve)" in ending.summary["reason"]
    assert "the last of them at 2026-11-23 10:00 UTC" in ending.summary["reason"]


async def test_told_to_wait_it_goes_on_by_itself_and_asks_seldom(tmp_path: Path, org, clock: Skipping):
    there, url = org
    ending = await run(tmp_path, url, there, clock, "send.wait_for_allowance=true", "limits.overdraw=false")
    assert ending.exit_code is ExitCode.DONE
    assert there.count("Contact") == there.calls["tree"] == 40
    assert ending.summary["calls"]["limits"] == there.calls["limits"]
    assert {*clock.slept} == {BETWEEN_QUESTIONS}
    assert there.peak <= 20  # questions after the calls are calls, too


async def test_a_wait_ends_with_the_run(tmp_path: Path, org, clock: Skipping):
    there, url = org
    clock.most = 3
    ending = await run(tmp_path, url, there, clock, "send.wait_for_allowance=true")
    assert (ending.exit_code, ending.summary["reason"]) == (ExitCode.RESUMABLE, "SIGTERM was received")
    assert there.calls["limits"] == 2


async def test_where_the_org_itself_says_that_no_calls_are_left_it_waits_as_well(tmp_path: Path, clock: Skipping):
    plan = parse_plan('[[fault]]\ndo = "allowance"\nnth = [3]')
    org = Org(clock=clock.now, faults=plan)
    async with serve(org) as server:
        ending = await run(tmp_path, server.url, org, clock, "send.wait_for_allowance=true", rows=10)
    assert ending.exit_code is ExitCode.DONE
    assert clock.slept == [BETWEEN_QUESTIONS]
    assert org.count("Contact") == 10


async def test_questions_about_doubts_keep_the_reserve(tmp_path: Path, clock: Skipping):
    plan = parse_plan('[[fault]]\ndo = "drop"\nwhen = "after_commit"\nnth = [7]')
    org = Counting(api_requests_max=10, clock=clock.now, faults=plan)
    org.watch()
    async with serve(org) as server:
        ending = await run(tmp_path, server.url, org, clock, "send.concurrency=1", rows=7)
    assert (ending.exit_code, org.peak) == (ExitCode.RESUMABLE, 8)
    assert (org.calls["tree"], ending.summary["totals"]["in_doubt"]) == (7, 1)
