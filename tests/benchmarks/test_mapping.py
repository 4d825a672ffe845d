import subprocess
import sys
from pathlib import Path

from benchmarks import mapping, people

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "mapping.py"


def test_made_fields_are_loaded_and_measured(tmp_path: Path):
    arguments = ["--rows", "300", "--runs", "1", "--format", "csv", "--folder", str(tmp_path / "var")]
    ran = subprocess.run([sys.executable, str(PROGRAM), *arguments], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert ran.stdout.startswith("csv 300 rows: ")
    assert not list((tmp_path / "var").iterdir())


def test_foreign_rows_hold_what_the_contacts_hold():
    for contact, row in zip(people.contacts(50), mapping.foreigners(50), strict=True):
        assert row[1] == f"{contact[1]} {contact[2]}"
        assert len(row) == len(mapping.COLUMNS)
