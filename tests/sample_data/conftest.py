import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def folder() -> Path:
    return ROOT / "sample_data"


@pytest.fixture(scope="session")
def people(folder: Path) -> list[tuple[int, list[str]]]:
    """Give the physical line where each row of people.csv starts, and its cells; a byte that is not UTF-8 is a lone surrogate."""
    text = (folder / "people.csv").read_text(encoding="utf-8", errors="surrogateescape")
    return list(_rows(text))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    line = 1
    for cells in rows:
        yield line, cells
        line = rows.line_num + 1


@pytest.fixture(scope="session")
def leads(folder: Path) -> list[bytes]:
    return (folder / "leads.jsonl").read_bytes().splitlines()


@pytest.fixture(scope="session")
def named_lines(folder: Path) -> dict[str, list[int]]:
    """Give the lines that README.md names as bad, by file."""
    sections = re.split(r"^## ", (folder / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {
        section.split("\n", 1)[0]: [int(line) for line in re.findall(r"^\| (\d+) \|", section, flags=re.MULTILINE)]
        for section in sections
    }


@pytest.fixture(scope="session")
def lengths() -> dict[str, dict[str, int]]:
    """Give the most characters of each field of Contact and Lead, as their describes have them; 0 where there is no bound."""
    describes = ROOT / "tests" / "fixtures" / "describe"
    return {
        name: {
            field["name"]: field["length"] for field in orjson.loads((describes / f"{name}_describe.json").read_bytes())["fields"]
        }
        for name in ("Contact", "Lead")
    }
