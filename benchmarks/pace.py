"""Measure how full the pipe is: `python benchmarks/pace.py [--in-flight 25] [--latency-ms 1500] [--requests 400] [--runs 3]`.

An org that takes 1.5 seconds for each request, and 25 of them at once, takes 16.7 a second at most (Little's law: what is in
flight, divided by what each takes). The stub notes when each request came; what counts is their rate from the moment on at which
the pipe could be full, as a share of that ideal. Two ways take turns: the number in flight adapts (`send.adaptive`), or stays as
set.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import IO, cast
from urllib.request import urlopen

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks import people
from benchmarks.loaders import LOADERS
from benchmarks.measure import Cost, Failed, measure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RECORDS = 200
WAYS = {"adaptive": "true", "as set": "false"}
"""What `send.adaptive` is, by what it is called in the table."""


def main() -> None:
    """Measure both ways in turns; print a line for each run, then the medians."""
    given = _arguments()
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as name:
        source = Path(name) / "contacts.csv"
        people.write(source, given.requests * RECORDS)
        for number in range(given.runs):
            for way, adaptive in WAYS.items():
                cost, starts = _run(source, Path(name) / f"{number}-{adaptive}", adaptive, given)
                shares[way].append(fullness(starts, given.in_flight, given.latency_ms / 1_000))
                costs[way].append(cost)
                print(f"{way:<9} {100 * shares[way][-1]:5.1f} % of the ideal, {cost.cpu:.2f} CPU s", flush=True)
    for way in WAYS:
        spent = median(cost.cpu for cost in costs[way])
        print(f"median, {way}: {100 * median(shares[way]):.1f} % of the ideal, {spent:.2f} CPU s")
    ratios = [one.cpu / other.cpu for one, other in zip(*costs.values(), strict=True)]
    print(f"CPU, adaptive / as set: {median(ratios):.3f} ({min(ratios):.3f} - {max(ratios):.3f})")


def fullness(starts: Sequence[float], in_flight: int, latency: float) -> float:
    """Say at which share of the ideal rate requests came, once two times as many as may be in flight had come.

    In a full pipe each request is followed by another after the latency, `in_flight` starts later, also where starts are bunched.
    """
    warm = starts[2 * in_flight :]
    return latency / mean(later - start for start, later in zip(warm, warm[in_flight:], strict=False))


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description="how full the pipe is")
    arguments.add_argument("--in-flight", type=int, default=25)
    arguments.add_argument("--latency-ms", type=float, default=1500)
    arguments.add_argument("--requests", type=int, default=400)
    arguments.add_argument("--runs", type=int, default=3)
    return arguments.parse_args()


def _run(source: Path, folder: Path, adaptive: str, given: argparse.Namespace) -> tuple[Cost, list[float]]:
    folder.mkdir()
    loader = LOADERS["treeload"]
    with _stub(given.latency_ms) as url:
        settings = (f"send.concurrency={given.in_flight}", f"send.adaptive={adaptive}")
        options = [option for setting in settings for option in ("--set", setting)]
        environment = {"PYTHONPATH": str(ROOT), "TOKEN": "00D!stub", "HOME": str(folder)}
        cost = measure([*loader.command(folder, source, url), *options], environment=environment, errors=folder / "stderr")
        if loader.created(folder) != given.requests * RECORDS:
            raise Failed("not all rows were created")
        with urlopen(f"{url}/__starts") as reply:  # noqa: S310 - our own stub
            starts: list[float] = orjson.loads(reply.read())
    return cost, starts


@contextmanager
def _stub(latency_ms: float) -> Iterator[str]:
    command = [sys.executable, str(HERE / "stub.py"), "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield orjson.loads(cast("IO[bytes]", process.stdout).readline())["url"]
        finally:
            process.terminate()


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing measured: {failed}")
