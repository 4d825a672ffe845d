"""Bad days as data: each `*.toml` here says what goes wrong, and the band in which each figure of the outcome must lie.

`says`, `way` (of evidence), `rows`, `chunk_records`, `window`, `starts` (of the command), `next_day` (each on the day after the
one before), `allowance` and `used` (calls of the org's day, and those that others have used of it), `settings` (as --set),
`title` (texts of certain rows' Title), `plan` (a fault plan of the embedded org), `reason` (words of the run's), `[bands]` (least
and most). Figures with a number are those of the so-manieth start; those of traffic are what the org saw.
"""

import asyncio
import csv
import os
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from pipeline.simulator import Org, serve
from pipeline.simulator.fault_file import parse

SCENARIOS = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.toml"))}
MAPPINGS = {
    "marker": ("Department", 'marker = "Import_Key__c"'),
    "key": ("Import_Key__c", 'key = "Import_Key__c"'),
    "values": ("Department", ""),
}


def files(scenario: dict, folder: Path, url: str) -> None:
    """Write the rows and the job."""
    column, proof = MAPPINGS[scenario.get("way", "marker")]
    titles = {row: text for text, rows in scenario.get("title", {}).items() for row in rows}
    rows = (f"K{n},Person {n},{titles.get(n, 'x')}\n" for n in range(scenario.get("rows", 600)))
    (folder / "people.csv").write_text(f"{column},LastName,Title\n" + "".join(rows))
    (folder / "job.toml").write_text(f"""
        [job]
        object = "Contact"
        input = "people.csv"
        state = "state"
        reports = "reports"
        [org]
        url = "{url}"
        [org.auth]
        kind = "client_credentials"
        client_id = "embedded"
        client_secret = "env:ORG_SECRET"
        [mapping]
        {proof}
        [send]
        chunk_records = {scenario.get("chunk_records", 100)}
        concurrency = 2
        requests_per_second = 0
        timeout = 2
        [evidence]
        window = {scenario.get("window", 0.5)}
    """)


async def treeload(scenario: dict, folder: Path, org: Org) -> int:
    """Run the real command; return its exit code."""
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    settings = [word for setting in scenario.get("settings", ()) for word in ("--set", setting)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pipeline", "run", "job.toml", *settings),
        cwd=folder,
        env=environ | {"HOME": str(folder), "ORG_SECRET": org.client_secret},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), 90)
    assert b"Traceback" not in err, err.decode()
    assert process.returncode is not None
    return process.returncode


def agree(folder: Path, org: Org, way: str) -> Counter[str]:
    """Hold the report against what the org has; count the states of rows."""
    column = MAPPINGS[way][0]
    ids = {record[column]: record["Id"] for record in org.records("Contact")}
    assert len(ids) == org.count("Contact"), "something was created twice"
    with (folder / "reports/latest/results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        own = ids.pop(f"K{int(row['line']) - 2}", "")
        assert row["id"] == own or row["state"] == "in_doubt", row
    assert ids == {}, "the org has records that the report doesn't name"
    return Counter(row["state"] for row in rows)


class Calendar:
    """Today's time of day, on the day that it is turned to."""

    days = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


A_SECOND = 0.85
"""A second by the org's clock, less what a busy machine may take to see a request that has left in time."""


def traffic(org: Org) -> dict[str, float]:
    """Say what the org saw of requests that create records."""
    seen = [request for request in org.traffic.seen if request.endpoint == "tree"]
    moments = [request.at for request in seen]
    later = seen[len(seen) // 3 :]
    return {
        "most_in_flight": max((request.under_way for request in seen), default=0),
        "later_in_flight": sum(request.under_way for request in later) / max(len(later), 1),
        "a_second": max((sum(start <= moment < start + A_SECOND for moment in moments) for start in moments), default=0),
        "longest_silence": max((after - before for before, after in pairwise(moments)), default=0),
        "refused": sum(request.refused for request in seen),
    }


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_bad_day_ends_within_its_bands(name, tmp_path):
    scenario = tomllib.loads(SCENARIOS[name].read_text())
    calendar, figures = Calendar(), dict[str, float]()
    most = scenario.get("allowance", 15_000)
    org = Org(faults=parse(scenario["plan"], name), api_requests_max=most, clock=calendar.now)
    org.allowance.add(org.now(), scenario.get("used", 0))
    async with serve(org) as server:
        files(scenario, tmp_path, server.url)
        for start in range(1, scenario.get("starts", 1) + 1):
            figures["exit_code"] = figures[f"exit_code_{start}"] = await treeload(scenario, tmp_path, org)
            figures[f"used_{start}"] = org.allowance.used(org.now())
            calendar.days += scenario.get("next_day", False)
        states = agree(tmp_path, org, scenario.get("way", "marker"))
    org.close()
    summary = orjson.loads((tmp_path / "reports/latest/summary.json").read_bytes())
    assert summary["balanced"]
    assert scenario.get("reason", "") in (summary["reason"] or "")
    figures |= {"trees": org.calls["tree"], **dict.fromkeys(("recovered", "in_doubt"), 0), **states}
    figures |= traffic(org)
    figures |= {f"calls_{purpose}": count for purpose, count in summary["calls"].items()}
    bands = {"recovered": [0, 0], "in_doubt": [0, 0]} | scenario["bands"]
    wrong = {
        figure: figures.get(figure, 0) for figure, (least, most) in bands.items() if not least <= figures.get(figure, 0) <= most
    }
    assert not wrong, (wrong, figures)
