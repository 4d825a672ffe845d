"""Accounts and their contacts in two files, as the configuration that comes with the program loads them."""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]
FILES = ("accounts.csv", "account_contacts.csv")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Load both files; return the folder of state and reports."""
    folder = tmp_path_factory.mktemp("accounts")
    environ = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH"}} | {"HOME": str(folder)}
    places = [f"--set=job.state={folder}/state", f"--set=job.reports={folder}/reports"]
    command = [sys.executable, "-m", "pipeline", "run", "configs/accounts.toml", *places]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 3, done.stderr
    return folder


@pytest.fixture(scope="module")
def results(loaded: Path) -> list[dict[str, str]]:
    with (loaded / "reports/latest/results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_contact_is_under_the_account_that_has_its_number(loaded: Path, results: list[dict[str, str]]):
    lines = (loaded / "state/embedded-org.jsonl").read_bytes().splitlines()
    held = {entry["id"]: entry for line in lines for entry in orjson.loads(line)["records"]}
    assert Counter(entry["object"] for entry in held.values()) == {"Account": 56, "Contact": 226}
    numbers: dict[str, str] = {}
    for name, column in zip(FILES, ("Customer No", "Customer"), strict=True):
        with (ROOT / "sample_data" / name).open(encoding="utf-8", newline="") as file:
            rows = {str(line): row for line, row in enumerate(csv.DictReader(file), start=2)}
        for made in (row for row in results if row["file"] == name and row["id"]):
            account = held[made["id"]]["fields"].get("AccountId", made["id"])
            assert numbers.setdefault(account, rows[made["line"]][column]) == rows[made["line"]][column]


def test_the_readme_names_every_row_that_something_is_wrong_with(
    results: list[dict[str, str]], named_lines: dict[str, list[int]]
):
    wrong = [row for row in results if row["state"] == "rejected_here" and row["error_code"] != "FAMILY"]
    shared = [row for row in wrong if row["file"] == "account_contacts.csv" and row["error_code"] == "NOT_UNIQUE_IN_FILE"]
    assert len(shared) == 3
    for name in FILES:
        assert [int(row["line"]) for row in wrong if row["file"] == name and row not in shared] == named_lines[name]
    assert len(results) == 300
