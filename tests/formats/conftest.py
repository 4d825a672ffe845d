from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.formats.csv_rows import CsvReading
from pipeline.formats.head import read_head
from pipeline.formats.json_array import ArrayReading
from pipeline.formats.json_lines import JsonReading
from pipeline.formats.rules import ReadRules
from pipeline.model.row import AnyBlock, Unreadable


@dataclass
class Contents:
    """All blocks of a file as one."""

    rows: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    blank: int = 0

    def add(self, block: AnyBlock):
        assert len(block.rows) == len(block.lines) == len(block.offsets) == len(block.raw)
        self.rows += block.rows
        self.raw += block.raw
        self.lines += block.lines
        self.offsets += block.offsets
        self.unreadable += block.unreadable
        self.blank += block.blank


Read = Callable[..., Contents]


def contents(reading: CsvReading | JsonReading | ArrayReading, source: bytes, size: int) -> Contents:
    found = Contents()
    for start in range(0, len(source), size):
        for block in reading.feed(source[start : start + size]):
            found.add(block)
    for block in reading.end():
        found.add(block)
    return found


@pytest.fixture(scope="session")
def read_csv() -> Read:
    def read(source: bytes, *, columns: int | None = None, size: int = 65_536, rules: ReadRules | None = None) -> Contents:
        rules = rules or ReadRules(delimiter=",")
        if columns is not None:
            return contents(CsvReading(["x"] * columns, replace(rules, delimiter=",")), source, size)
        head = read_head("x.csv", "csv", source, rules, whole=True)
        rules = replace(rules, delimiter=head.delimiter)
        return contents(CsvReading(head.columns, rules, corrected=head.corrected), source, size)

    return read


@pytest.fixture(scope="session")
def read_json() -> Read:
    def read(source: bytes, *, size: int = 65_536, rules: ReadRules | None = None) -> Contents:
        return contents(JsonReading(rules or ReadRules()), source, size)

    return read


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return Path(__file__).parent.parent / "fixtures"
