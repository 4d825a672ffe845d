"""Measure what a check costs: `python benchmarks/checking.py [--rows 100000 1000000] [--runs 5]`.

`treeload check` holds rows of ten typed fields (typed.py) against a kept describe, so no org takes part. What is counted is
explained in measure.py. A run counts only if the check says that all rows are clean.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks import typed
from benchmarks.measure import Cost, Failed, measure

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """
[job]
name = "benchmark"
object = "{object}"
input = "rows.csv"

[org]
url = "embedded"
"""


def main() -> None:
    """Measure each number of rows, after one small run that isn't counted and compiles the bytecode."""
    arguments = argparse.ArgumentParser(description="CPU and memory that a check takes")
    arguments.add_argument("--rows", type=int, nargs="+", default=[100_000])
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--folder", type=Path, default=ROOT / "var", help="where files may be for a while")
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        _costs(Path(folder), 1_000, 1)
        for rows in given.rows:
            costs = _costs(Path(folder), rows, given.runs)
            cpu = [cost.cpu / rows * 100_000 for cost in costs]
            peak, wall = max(cost.peak for cost in costs), median(cost.wall for cost in costs)
            spread = f"{median(cpu):.2f} CPU s / 100k rows ({min(cpu):.2f} - {max(cpu):.2f})"
            print(f"{rows:,} rows: {spread}, {wall:.1f} s, {peak:.0f} MB")


def _costs(folder: Path, rows: int, runs: int) -> list[Cost]:
    config = folder / "benchmark.toml"
    config.write_text(CONFIG.format(object=typed.OBJECT), encoding="utf-8")
    describe = folder / "describe.json"
    describe.write_bytes(typed.describe())
    typed.write(folder / "rows.csv", rows)
    command = [sys.executable, "-m", "pipeline", "check", str(config), "--describe", str(describe)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPATH": str(ROOT)}
    return [measure(command, environment=environment, errors=folder / "stderr") for _ in range(runs)]


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing measured: {failed}")
