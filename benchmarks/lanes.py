"""Count what row locks cost: `python benchmarks/lanes.py [--concurrency 8 25] [--markdown]`.

The command `treeload run` loads contacts of some accounts, one of which has a fifth of them, into the embedded org, which locks
accounts as its README says. Time there is a twentieth of that in an org where 200 contacts take four seconds, and whoever needs a
locked account waits ten; pauses after an error are not shortened. With lanes, and as the rows come; by lot, and sorted by
account. A load counts only if the org has each contact once, and the report balances.
"""

import argparse
import asyncio
import csv
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks.measure import Failed
from pipeline.simulator import Org, parse_plan, serve
from pipeline.simulator.fault_turns import LOCKED
from pipeline.simulator.ledger import Entry

ROOT = Path(__file__).resolve().parents[1]
ROWS, ACCOUNTS, HOT, EACH = 20_000, 500, 4_000, 200
HOLD, WAIT = 0.2, 0.5
CONFIG = """
[job]
name = "benchmark"
object = "Contact"
input = "contacts.csv"
state = "state"
reports = "reports"

[org]
url = "{url}"
auth = {{ kind = "access_token", token = "env:TOKEN" }}

[send]
requests_per_second = 0
concurrency = {concurrency}
"""
WAYS: dict[str, tuple[str, ...]] = {
    "lanes": (),
    "as they come": ("send.lock_fields=[]",),
    "as they come, as many at once as set": ("send.lock_fields=[]", "send.adaptive=false"),
}
"""Ways of loading, and their settings."""
HEAD = ("order", "in flight", "way", "requests", "lock errors", "full", "seconds", "at best", "rejected")


@dataclass(frozen=True, slots=True)
class Load:
    """What one load took."""

    requests: int
    """Those that were answered with records, or with errors."""
    locked: int
    """Those of them that failed because accounts were locked."""
    seconds: float
    rejected: int
    """Rows that ended because of a lock."""

    @property
    def full(self) -> float:
        """Say how full the requests were that created something, in proportion to the largest."""
        return (ROWS - self.rejected) / ((self.requests - self.locked) * EACH)


def at_best(concurrency: int) -> float:
    """Say how many seconds the load takes if the org is never idle: an account's requests come one by one."""
    return max(ROWS / EACH / concurrency, HOT / EACH) * HOLD


def rows(accounts: list[str], *, by_lot: bool) -> list[tuple[str, str]]:
    """Draw contacts, each with its account."""
    dice = random.Random(500)
    chosen = [accounts[0]] * HOT + dice.choices(accounts[1:], k=ROWS - HOT)
    dice.shuffle(chosen)
    return [(f"Person {number}", account) for number, account in enumerate(chosen if by_lot else sorted(chosen))]


async def load(folder: Path, *, by_lot: bool, concurrency: int, settings: tuple[str, ...]) -> Load:
    """Load the contacts into an org of their own."""
    org = Org(faults=parse_plan(f"[locks]\nhold = {HOLD}\nwait = {WAIT}"))
    accounts = [org.mint(org.table("Account").sobject) for _ in range(ACCOUNTS)]
    org.commit("/seed", [Entry("Account", one, None, {"Name": f"Account {at}"}) for at, one in enumerate(accounts)])
    with (folder / "contacts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("LastName", "AccountId"), *rows(accounts, by_lot=by_lot)])
    async with serve(org) as served:
        (folder / "benchmark.toml").write_text(CONFIG.format(url=served.url, concurrency=concurrency), encoding="utf-8")
        words = [word for setting in settings for word in ("--set", setting)]
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pipeline", "run", str(folder / "benchmark.toml"), *words),
            env={**os.environ, "PYTHONPATH": str(ROOT), "TOKEN": org.token},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        code = await process.wait()
        seconds = time.perf_counter() - started
    summary = orjson.loads((folder / "reports/latest/summary.json").read_bytes())
    created = org.count("Contact")
    if code not in {0, 3} or not summary["balanced"] or created != summary["totals"]["created"]:
        raise Failed(f"exit code {code}, {created:,} contacts, {summary['totals']}")
    org.close()
    return Load(org.calls["tree"], org.faults.happened[LOCKED] if org.faults else 0, seconds, ROWS - created)


def line(order: str, concurrency: int, way: str, one: Load) -> tuple[str, ...]:
    """Write down what one load took."""
    figures = (f"{one.requests:,}", f"{one.locked:,}", f"{one.full:.0%}", f"{one.seconds:.1f}", f"{at_best(concurrency):.1f}")
    return order, str(concurrency), way, *figures, f"{one.rejected:,}"


def table(lines: list[tuple[str, ...]], *, markdown: bool) -> str:
    """Lay the figures out."""
    if markdown:
        ruler = ["---", "---:", "---", *["---:"] * 6]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [HEAD, ruler, *lines])
    widths = [max(map(len, column)) for column in zip(HEAD, *lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) for cells in [HEAD, *lines])


def main() -> None:
    """Load, and print the table."""
    arguments = argparse.ArgumentParser(description="requests that fail because rows are locked, with lanes and without")
    arguments.add_argument("--concurrency", type=int, nargs="+", default=[8, 25])
    arguments.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    arguments.add_argument("--folder", type=Path, default=ROOT / "var", help="where files may be for a while")
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for by_lot, order in ((True, "by lot"), (False, "sorted")):
        for concurrency in given.concurrency:
            for way, settings in WAYS.items():
                with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                    taken = asyncio.run(load(Path(folder), by_lot=by_lot, concurrency=concurrency, settings=settings))
                lines.append(line(order, concurrency, way, taken))
                print(*lines[-1], sep=", ", file=sys.stderr, flush=True)
    print(table(lines, markdown=given.markdown))


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing measured: {failed}")
