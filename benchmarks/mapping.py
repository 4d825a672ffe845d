"""Measure what made fields cost: `python benchmarks/mapping.py [--rows 100000] [--format csv jsonl] [--runs 5]`.

The contacts of people.py are loaded twice in turns: as they are, and as another system might have written them, so that two
columns are renamed, a name is split into two fields, a date is read in its form, a country is mapped and an address is stripped.
Both are held against the describe (`mapping.check`). What is counted is explained in measure.py.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks import people
from benchmarks.loaders import Treeload
from benchmarks.measure import Failed
from benchmarks.run import ROOT, WARM_UP_ROWS, _run

COLUMNS = ("Import_Key__c", "Full Name", "Mail", "Tel.", "Town", "Land", "Title", "Born", "Description")
CODE = 8
"""Letters of a country's code."""
CHECKED = "\n[mapping]\ncheck = true\n"
MADE = """
[mapping.columns]
"Tel." = "Phone"
Town = "MailingCity"

[mapping.fields]
FirstName = { from = "Full Name", part = "first" }
LastName = { from = "Full Name", part = "last" }
Email = { from = "Mail", clean = ["strip"] }
Birthdate = { from = "Born", date = "%d.%m.%Y" }
"""


class Mapped(Treeload):
    """treeload with a mapping of its own."""

    def __init__(self, name: str, mapping: str) -> None:
        self.name = name
        self._mapping = mapping

    def command(self, folder: Path, source: Path, url: str) -> list[str]:
        """Write the configuration with the mapping."""
        command = super().command(folder, source, url)
        with (folder / "benchmark.toml").open("a", encoding="utf-8") as config:
            config.write(self._mapping)
        return command


def main() -> None:
    """Measure both in turns, after one small run of each that isn't counted."""
    arguments = argparse.ArgumentParser(description="CPU that made fields take")
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--format", nargs="+", choices=["csv", "jsonl"], default=["csv", "jsonl"])
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--folder", type=Path, default=ROOT / "var", help="where files may be for a while")
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        for kind in given.format:
            _compare(Path(name), kind, WARM_UP_ROWS, 1)
            plain, made = _compare(Path(name), kind, given.rows, given.runs)
            ratios = [one / other for one, other in zip(made, plain, strict=True)]
            said = f"{median(plain):.2f} CPU s as they are, {median(made):.2f} CPU s with made fields"
            print(f"{kind} {given.rows:,} rows: {said}, ratio {median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})")


def _compare(folder: Path, kind: str, rows: int, runs: int) -> tuple[list[float], list[float]]:
    as_they_are, foreign = folder / f"plain.{kind}", folder / f"foreign.{kind}"
    people.write(as_they_are, rows)
    write(foreign, rows)
    loaders = (Mapped("plain", CHECKED), as_they_are), (Mapped("made", CHECKED + MADE + _countries()), foreign)
    costs: tuple[list[float], list[float]] = [], []
    for _ in range(runs):
        for (loader, source), found in zip(loaders, costs, strict=True):
            found.append(_run(loader, source, rows, 0, ()).cpu)
    return costs


def foreigners(rows: int) -> Iterator[tuple[str, ...]]:
    """Make contacts as another system writes them, their cells in the order of COLUMNS."""
    for key, first, last, mail, phone, town, country, title, born, about in people.contacts(rows):
        year, month, day = born.split("-")
        code = country[:CODE].upper()
        yield key, f"{first} {last}", f" {mail}", phone, town, code, title, f"{int(day)}.{month}.{year}", about


def write(path: Path, rows: int) -> None:
    """Write a file of these, in the format that its ending says."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as text:
            csv.writer(text, lineterminator="\n").writerows([COLUMNS, *foreigners(rows)])
    else:
        path.write_bytes(b"".join(orjson.dumps(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in foreigners(rows)))


def _countries() -> str:
    names = sorted({row[people.FIELDS.index("MailingCountry")] for row in people.contacts(1_000)})
    values = ", ".join(f'"{name[:CODE].upper()}" = "{name}"' for name in names)
    return f'MailingCountry = {{ from = "Land", values = {{ {values} }} }}\n'


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing measured: {failed}")
