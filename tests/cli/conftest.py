import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.leaks import leaks

PEOPLE = """\
First Name,Last Name,Email,Birthdate
Anna,Müller,anna@example.org,1990-01-31
Łukasz,Kowalczyk,lukasz@example.org,
Zoë,O'Brien,zoe@example.org,1985-12-24
"""

CONFIG = """\
[job]
name = "people"
object = "Contact"
input = "people.csv"
state = "state"
reports = "reports"

[org]
url = "embedded"

[mapping.columns]
"First Name" = "FirstName"
"Last Name" = "LastName"
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """Lines for people: all but the log's."""
        return [line for line in self.err.splitlines() if not line.startswith("{")]


@dataclass
class Desk:
    """A folder with a job in it, and the real command to work on it."""

    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "LANG"}}
        return kept | {"HOME": str(self.folder / "home"), "NO_COLOR": "1"}

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "pipeline", *args]

    def treeload(self, *args: str, **environ: str) -> Ran:
        done = subprocess.run(
            self.command(*args),
            cwd=self.folder,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert leaks((done.stdout + done.stderr).encode()) == []
        return Ran(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def summary(self) -> dict:
        return orjson.loads((self.folder / "reports/latest/summary.json").read_bytes())

    def results(self) -> list[dict[str, str]]:
        header, *lines = (self.folder / "reports/latest/results.csv").read_text().splitlines()
        return [dict(zip(header.split(","), line.split(","), strict=False)) for line in lines]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    (tmp_path / "home").mkdir()
    desk.write("people.csv", PEOPLE)
    desk.write("people.toml", CONFIG)
    return desk


@dataclass
class Served:
    url: str
    token: str
    client_id: str
    client_secret: str
    ledger: Path
    process: subprocess.Popen


@pytest.fixture
def served(desk: Desk) -> Iterator[Served]:
    """Serve an embedded org that stands alone, by the real command."""
    with serving(desk) as served:
        yield served


@contextmanager
def serving(desk: Desk, *options: str) -> Iterator[Served]:
    """Serve one with further options of the command."""
    ledger = desk.folder / "org.jsonl"
    process = subprocess.Popen(
        desk.command("simulate", "--ledger", str(ledger), "--latency", "0.02", *options),
        cwd=desk.folder,
        env=desk.environ,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process:
        ready = orjson.loads(process.stdout.readline())
        yield Served(**ready, ledger=ledger, process=process)
        process.terminate()


@pytest.fixture
def poor(desk: Desk) -> Iterator[Served]:
    """Serve an org whose day has four calls, to which the desk's job goes."""
    with serving(desk, "--allowance", "4") as served:
        auth = f'url = "{served.url}"\n[org.auth]\nkind = "client_credentials"\nclient_id = "{served.client_id}"'
        desk.write("people.toml", CONFIG.replace('url = "embedded"', f'{auth}\nclient_secret = "env:ORG_SECRET"'))
        yield served
