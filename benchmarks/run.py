"""Measure what loading costs: `python benchmarks/run.py [--rows 100000 1000000] [--format csv jsonl] [--runs 5] [--markdown]`.

treeload and the naive script load the same file into the same kind of stub, in turns, because a machine's speed drifts. What is
counted is explained in measure.py; that each run did what it should is checked against the stub's count and the run's own report.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.request import urlopen

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks import people, tables
from benchmarks.loaders import LOADERS, Loader
from benchmarks.measure import Cost, Failed, measure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WARM_UP_ROWS = 2_000


def main() -> None:
    """Measure everything that was asked for and print one table."""
    given = _arguments()
    measured = []
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for rows in given.rows:
            for kind in given.format:
                costs = _compare(Path(folder), kind, rows, given)
                measured.append(tables.Measured(kind, rows, costs))
    print(tables.markdown(measured) if given.markdown else tables.plain(measured))


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description="CPU and memory that loading takes, against a naive script")
    arguments.add_argument("--rows", type=int, nargs="+", default=[100_000])
    arguments.add_argument("--format", nargs="+", choices=["csv", "jsonl"], default=["csv", "jsonl"])
    arguments.add_argument("--runs", type=int, default=5, help="counted runs of each, after one that isn't counted")
    arguments.add_argument("--only", choices=sorted(LOADERS), help="leave out the other one")
    arguments.add_argument("--latency-ms", type=float, default=0, help="how long the stub takes for each reply")
    arguments.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="SECTION.KEY=VALUE", help="a setting of treeload's job"
    )
    arguments.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    arguments.add_argument(
        "--folder", type=Path, default=ROOT / "var", help="where files may be for a while: a real disk, please"
    )
    return arguments.parse_args()


def _compare(folder: Path, kind: str, rows: int, given: argparse.Namespace) -> dict[str, list[Cost]]:
    """Run each loader once uncounted and on few rows, so that its bytecode is compiled; then all of them in turns."""
    loaders = [LOADERS[given.only]] if given.only else list(LOADERS.values())
    costs: dict[str, list[Cost]] = {loader.name: [] for loader in loaders}
    with _contacts(folder, kind, WARM_UP_ROWS) as source:
        for loader in loaders:
            _run(loader, source, WARM_UP_ROWS, 0, given.settings)
    with _contacts(folder, kind, rows) as source:
        for number in range(1, given.runs + 1):
            for loader in loaders:
                cost = _run(loader, source, rows, given.latency_ms, given.settings)
                costs[loader.name].append(cost)
                print(tables.progress(loader.name, kind, rows, number, cost), file=sys.stderr)
    return costs


@contextmanager
def _contacts(folder: Path, kind: str, rows: int) -> Iterator[Path]:
    path = folder / f"contacts-{rows}.{kind}"
    people.write(path, rows)
    try:
        yield path
    finally:
        path.unlink()


def _run(loader: Loader, source: Path, rows: int, latency_ms: float, settings: Sequence[str]) -> Cost:
    with tempfile.TemporaryDirectory(dir=source.parent) as name, _stub(latency_ms) as url:
        folder = Path(name)
        options = [option for setting in settings for option in ("--set", setting)] if loader is LOADERS["treeload"] else []
        cost = measure([*loader.command(folder, source, url), *options], environment=_environment(), errors=folder / "stderr")
        counts = {"the stub": _stats(url)["records"], f"{loader.name}'s report": loader.created(folder)}
    for who, count in counts.items():
        if count != rows:
            raise Failed(f"{rows:,} rows, but {count:,} created, says {who}")
    return cost


def _environment() -> dict[str, str]:
    """Pass on the environment, but let bytecode be kept, as it is where programs are installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT), "TOKEN": "00D!stub"}


@contextmanager
def _stub(latency_ms: float) -> Iterator[str]:
    command = [sys.executable, str(HERE / "stub.py"), "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield orjson.loads(cast("IO[bytes]", process.stdout).readline())["url"]
        finally:
            process.terminate()


def _stats(url: str) -> dict[str, Any]:
    with urlopen(f"{url}/__stats") as reply:  # noqa: S310 - our own stub
        stats: dict[str, Any] = orjson.loads(reply.read())
        return stats


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing measured: {failed}")
