"""Rows in doubt whose fields are made: they are looked for by what was sent, and stay in doubt where that can't be made again."""

import importlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.errors import ExitCode
from pipeline.simulator import Org, parse_plan, serve
from tests.assembly.bench import Bench

MADE = """
[mapping.fields]
LastName = { from = "Name", part = "last" }
FirstName = { from = "Name", part = "first", clean = ["upper"] }
Birthdate = { from = "Born", date = "%d.%m.%Y" }
"""
LOOKUP = 'AccountId = { from = "Firm", lookup = "Account.Name" }\n'
FUNCTION = 'Phone = { from = "Firm", function = "doubtful_rules:phone" }\n'
ROWS = "Name,Born,Firm\n" + "".join(f"Kim No{number},{number}.2.1990,Acme\n" for number in range(1, 7))
LOST = """
[[fault]]
do = "drop"
on = "tree"
nth = {nth}
when = "{when}"
"""
"""A request whose reply is lost."""
NOT_TOLD = """
[[fault]]
do = "status"
on = "query"
nth = {nth}
status = 400
code = "INVALID_TYPE"
message = "not now"
"""
"""A question that is refused, so that the run leaves its rows in doubt."""


def people(bench: Bench) -> list[str]:
    return sorted(contact["LastName"] for contact in bench.held("Contact"))


@pytest.fixture
def fresh_modules():
    """Forget an imported module, as a new process has."""

    def forget() -> None:
        sys.modules.pop("doubtful_rules", None)
        importlib.invalidate_caches()

    yield forget
    forget()


@asynccontextmanager
async def bench_with(folder: Path, faults: str) -> AsyncIterator[Bench]:
    async with serve(org := Org(faults=parse_plan(faults))) as server:
        bench = Bench(folder, org, server.url, "send.chunk_records=2", "send.concurrency=1", fresh=False)
        await bench.firms("Acme")
        yield bench


def totals(ending):
    kept = ("created", "recovered", "in_doubt", "not_attempted", "rejected_here")
    return {name: count for name, count in ending.summary["totals"].items() if name in kept and count}


@pytest.mark.parametrize(("when", "recovered"), [("after_commit", 2), ("before_commit", 0)])
async def test_rows_in_doubt_are_found_by_what_was_made_of_them(tmp_path, when, recovered):
    async with bench_with(tmp_path, LOST.format(nth=3, when=when)) as bench:
        ending = await bench.load("people", "Contact", ROWS, MADE + LOOKUP)
        assert ending.exit_code is ExitCode.DONE
        assert totals(ending) == {"created": 6, "recovered": recovered} if recovered else {"created": 6}
        assert people(bench) == [f"No{number}" for number in range(1, 7)]


async def test_a_run_that_goes_on_finds_them_if_the_org_still_says_the_same(tmp_path):
    faults = LOST.format(nth=3, when="after_commit") + NOT_TOLD.format(nth=2)
    async with bench_with(tmp_path, faults) as bench:
        ending = await bench.load("people", "Contact", ROWS, MADE + LOOKUP)
        assert totals(ending)["in_doubt"] == 2
        ending = await bench.load("people", "Contact", ROWS, MADE + LOOKUP)
        assert totals(ending) == {"created": 6, "recovered": 2}
        assert people(bench) == [f"No{number}" for number in range(1, 7)]


@pytest.mark.parametrize("when", ["after_commit", "before_commit"])
async def test_rows_stay_in_doubt_when_other_ids_are_looked_up(tmp_path, when):
    faults = LOST.format(nth=3, when=when) + NOT_TOLD.format(nth=2)
    async with bench_with(tmp_path, faults) as bench:
        await bench.load("people", "Contact", ROWS, MADE + LOOKUP)
        rows = bench.org._tables["account"].rows  # noqa: SLF001
        [(key, acme)] = rows.items()
        rows[key] = type(acme)(acme.id, acme.created, {**acme.values, "Name": "Gone"})
        await bench.load("more", "Account", "Name\nAcme\nOther\n")
        before = people(bench)
        ending = await bench.load("people", "Contact", ROWS, MADE + LOOKUP)
        assert (ending.exit_code, totals(ending)["in_doubt"]) == (ExitCode.IN_DOUBT, 2)
        assert people(bench) == before


@pytest.mark.parametrize("when", ["after_commit", "before_commit"])
async def test_rows_stay_in_doubt_when_their_function_was_changed(tmp_path, when, fresh_modules):
    faults = LOST.format(nth=3, when=when) + NOT_TOLD.format(nth=1)
    rules = tmp_path / "doubtful_rules.py"
    rules.write_text("def phone(text):\n    return '+1'\n")
    async with bench_with(tmp_path, faults) as bench:
        ending = await bench.load("people", "Contact", ROWS, MADE + FUNCTION)
        assert totals(ending)["in_doubt"] == 2
        before = people(bench)
        rules.write_text("def phone(text):\n    return '+22'\n")
        fresh_modules()
        ending = await bench.load("people", "Contact", ROWS, MADE + FUNCTION)
        assert (ending.exit_code, totals(ending)["in_doubt"]) == (ExitCode.IN_DOUBT, 2)
        assert people(bench) == before
        rules.write_text("def phone(text):\n    return '+1'\n")
        fresh_modules()
        ending = await bench.load("people", "Contact", ROWS, MADE + FUNCTION)
        assert totals(ending)["in_doubt"] == 2, "what an earlier session sent is not known any more"
        assert ending.summary["balanced"]
