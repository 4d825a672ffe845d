"""Chaos: the real command against the embedded org on bad days, killed again and again, until the load is done.

    python -m tests.chaos.chaos --way marker --rounds 200 --seed 1

Then what the org really has is held against the report: nothing twice, nothing lost, no wrong id, balanced. A round that fails
says its seed and keeps its folder.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from pipeline.simulator import ledger
from tests.chaos.bad_days import bad_day
from tests.chaos.judge import judge
from tests.chaos.shapes import CAMPAIGN, WAYS, WITH_CAMPAIGN

KILLED = Path(__file__).with_name("killed.py")
DONE = frozenset({0, 3, 6})
MOST_STARTS = 40
PATIENCE = 90.0


@dataclass
class Round:
    """How a round went."""

    starts: int = 0
    kills: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What must not be."""


def play(way: str, seed: int, folder: Path) -> Round:
    """Play a round in a folder of its own."""
    dice = Random(f"{way} {seed}")
    day = bad_day(way, dice)
    (folder / day.load.name).write_text(day.load.text)
    (folder / "org.jsonl").write_bytes(orjson.dumps(WITH_CAMPAIGN, option=orjson.OPT_APPEND_NEWLINE))
    (folder / "faults.toml").write_text(day.faults)
    played = Round()
    with _org(folder) as org:
        assert org.stdout is not None
        ready = orjson.loads(org.stdout.readline())
        (folder / "chaos.toml").write_text(day.job.format(url=ready["url"]))
        environ = os.environ | {"HOME": str(folder), "ORG_SECRET": ready["client_secret"]}
        code = _until_done(folder, environ, dice, played)
        org.terminate()
    if code not in DONE:
        played.faults.append(f"the last of {played.starts} starts ended with {code}")
    else:
        rows, summary = _report(folder)
        played.states.update(row["state"] for row in rows)
        sent = [record for each in ledger.read(folder / "org.jsonl") for record in each.records if record.id != CAMPAIGN]
        played.faults += judge(day.load, rows, sent)
        played.faults += _faults_of_the_end(way, summary, played.states, code)
    return played


def _org(folder: Path) -> subprocess.Popen[bytes]:
    command = ["simulate", "--ledger", "org.jsonl", "--faults", "faults.toml", "--latency", "0.01"]
    return subprocess.Popen([sys.executable, "-m", "pipeline", *command], cwd=folder, stdout=subprocess.PIPE)


def _until_done(folder: Path, environ: dict[str, str], dice: Random, played: Round) -> int:
    """Start the command, kill it in one of three ways or let it go on; the more starts there were, the rarer the kills."""
    code = -1
    while code not in DONE and played.starts < MOST_STARTS:
        played.starts += 1
        spared = dice.random() < played.starts / 6
        steps = 10**9 if spared or dice.random() < 0.4 else dice.randint(1, 150)
        command = [sys.executable, str(KILLED), str(steps), "run", "chaos.toml"]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        if not spared and steps == 10**9:
            time.sleep(dice.uniform(0.2, 2.5))  # noqa: TID251 - another process is killed at some moment
            with suppress(ProcessLookupError):
                process.send_signal(dice.choice([9, 9, 15]))
        code = process.wait(PATIENCE)
        played.kills += code == -9
    return code


def _report(folder: Path) -> tuple[list[dict[str, str]], dict[str, Any]]:
    with (folder / "reports/latest/results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, orjson.loads((folder / "reports/latest/summary.json").read_bytes())


def _faults_of_the_end(way: str, summary: dict[str, Any], states: Counter[str], code: int) -> Iterator[str]:
    if not summary["balanced"]:
        yield f"the report does not balance: {summary['imbalances']}"
    if (states["not_attempted"] and not states["in_doubt"]) or (code == 6) != bool(states["in_doubt"]):
        yield f"exit code {code} with {dict(states)}"
    if not way.endswith("values") and states["in_doubt"]:
        yield f"{states['in_doubt']} records are in doubt, though a {way} decides"


def main() -> int:
    """Play rounds; print a line for each that fails, and what all of them came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--way", choices=WAYS, action="append", help="what is loaded and the way of evidence; repeatable; all if not given"
    )
    parser.add_argument("--rounds", type=int, default=200, help="rounds for each way (200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first round; each further one has the next (1)")
    given = parser.parse_args()
    failed = 0
    for way in given.way or WAYS:
        total, starts, kills = Counter[str](), 0, 0
        for seed in range(given.seed, given.seed + given.rounds):
            folder = Path(tempfile.mkdtemp(prefix=f"chaos-{way.replace(' ', '-')}-{seed}-"))
            played = play(way, seed, folder)
            total += played.states
            starts, kills = starts + played.starts, kills + played.kills
            if played.faults:
                failed += 1
                print(f"{way}, seed {seed}: {'; '.join(played.faults[:5])} ({folder})", flush=True)
            else:
                subprocess.run(["rm", "-rf", str(folder)], check=True)
        print(
            f"{way}: {given.rounds} rounds from seed {given.seed}, {starts} starts, {kills} kills, rows {dict(total)}", flush=True
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
