"""Documents are run: what they say of codes, commands, states, folders and the sample is held against the program."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from pipeline.cli import COMMANDS
from pipeline.errors import ExitCode
from pipeline.model.lifecycle import RowState, drawing
from pipeline.stages.reporter.results import HEADER

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text()
MAP = (TOP / "pipeline/README.md").read_text()
DOCUMENTS = [path for path in TOP.rglob("*.md") if not {".venv", "var"} & set(path.parts)]


def first_cells(text: str, heading: str) -> list[str]:
    """First cell of each row of the table whose header begins with a cell."""
    table = text[text.index(f"| {heading} |") :].split("\n\n", maxsplit=1)[0]
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


def test_every_exit_code_is_documented_and_no_other():
    assert [int(code) for code in first_cells(README, "code")] == sorted(ExitCode)


def test_every_command_is_documented_and_no_other():
    assert [cell.split()[1] for cell in first_cells(README, "command")] == [
        name for name in ("init", "run", "check", "describe", "resolve", "report", "status", "simulate") if name in COMMANDS
    ]
    assert len(COMMANDS) == 8


def test_every_state_of_a_row_is_documented_and_no_other():
    assert {cell.strip("`") for cell in first_cells(README, "state of a row")} == set(RowState)


def test_the_columns_of_results_are_the_documented_ones():
    assert HEADER.decode().strip() in README


def test_the_lifecycle_is_drawn_from_its_table():
    assert f"```mermaid\n{drawing()}\n```\n" in MAP


def test_the_map_names_every_room():
    rooms = {path.name for path in (TOP / "pipeline").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    modules = {path.stem for path in (TOP / "pipeline").glob("*.py")} - {"__init__", "__main__"}
    for name in rooms | modules:
        assert re.search(rf"`{name}(/|\.py)?`", MAP), name


def test_the_two_commands_of_the_readme_are_those_of_ci():
    (check,) = [line for line in README.splitlines() if line.endswith(".venv/bin/poe check")]
    ci = [line.strip() for line in (TOP / ".ci/run").read_text().splitlines()]
    assert [part.strip() for part in check.split("&&")] == ci[-3:]


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory) -> tuple[subprocess.CompletedProcess, dict]:
    home = tmp_path_factory.mktemp("home")
    places = ["--set", f"job.state={home}/state", "--set", f"job.reports={home}/reports"]
    command = [sys.executable, "-m", "pipeline", "run", "configs/quickstart.toml", *places]
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(TOP)}
    done = subprocess.run(command, cwd=TOP, env=environ, capture_output=True, text=True, check=False, timeout=100)
    return done, orjson.loads((home / "reports/latest/summary.json").read_bytes())


def test_the_quickstart_does_what_the_readme_shows(quickstart):
    done, summary = quickstart
    assert done.returncode == 3
    shown = README[README.index("  lines read  ") :].split("\n\n")[0]
    assert shown in done.stdout
    assert summary["balanced"]


def test_the_bad_rows_of_the_sample_are_those_that_the_readme_names(quickstart):
    _, summary = quickstart
    sentence = README[README.index("Twelve rows of the sample") :].split("[sample_data")[0]
    named = {int(line) for line in re.findall(r"\d{3,}", sentence)}
    assert len(named) == 12
    assert {group["first_line"] for group in summary["errors"]} <= named


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_links_between_documents_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target
