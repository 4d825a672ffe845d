"""What is compared: each loader says what to run, and what the run says it has done."""

import sys
from pathlib import Path
from typing import Protocol

import orjson

from benchmarks.measure import Failed

NAIVE = Path(__file__).with_name("naive.py")
CONFIG = """
[job]
name = "benchmark"
object = "Contact"
input = {input}
state = "state"
reports = "reports"

[org]
url = "{url}"
auth = {{ kind = "access_token", token = "env:TOKEN" }}

[send]
requests_per_second = 0
concurrency = 10
"""


class Loader(Protocol):
    """Something that loads a file into an org."""

    name: str

    def command(self, folder: Path, source: Path, url: str) -> list[str]:
        """Prepare an empty folder, and say what to run."""
        ...

    def created(self, folder: Path) -> int:
        """Read from what the run left in the folder how many records it says it has created."""
        ...


class Treeload:
    """The command `treeload run`."""

    name = "treeload"

    def command(self, folder: Path, source: Path, url: str) -> list[str]:
        """Write the configuration."""
        config = folder / "benchmark.toml"
        config.write_text(CONFIG.format(input=orjson.dumps(str(source)).decode(), url=url), encoding="utf-8")
        return [sys.executable, "-m", "pipeline", "run", str(config)]

    def created(self, folder: Path) -> int:
        """Ask the report."""
        summary = orjson.loads((folder / "reports" / "latest" / "summary.json").read_bytes())
        if not summary["balanced"]:
            raise Failed(f"the report doesn't balance: {summary['imbalances']}")
        return int(summary["totals"]["created"])


class Naive:
    """The script in naive.py."""

    name = "naive"

    def command(self, folder: Path, source: Path, url: str) -> list[str]:
        """Name the file for the ids."""
        return [sys.executable, str(NAIVE), url, str(source), str(folder / "ids.csv")]

    def created(self, folder: Path) -> int:
        """Count the ids."""
        with (folder / "ids.csv").open("rb") as file:
            return sum(1 for _ in file)


LOADERS: dict[str, Loader] = {loader.name: loader for loader in (Treeload(), Naive())}
"""The last one is what the others are compared with."""
