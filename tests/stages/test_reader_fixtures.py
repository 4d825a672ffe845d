"""Real files of others, by the way that a run takes: to the rows of another reader, cell for cell, or refused as is known."""

import csv
import io
import json  # noqa: TID251 - another reader than the one that is tested
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.formats.rules import ReadRules
from pipeline.model.row import InputFile
from pipeline.model.run import ReadCounts
from pipeline.model.tally import Tally
from pipeline.stages.reader import Reader, inspect
from pipeline.stop import Stop
from tests.stages.test_reader import flow

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted(path for folder in ("csv", "reader", "jsonl", "large", "trees") for path in (FIXTURES / folder).rglob("*.*"))

NOT_UTF8 = "set read.encoding to what it is"
NO_ROWS = "set read.allow_empty if that is fine"
RAGGED = "mend the header or the rows, or set read.delimiter"
NOT_THE_HEADER = "remove what stands above the header, or set read.delimiter"
NAMELESS = "name or remove them"
SAME_NAME = "rename all but one"
NO_ENDING = "or set read.format"
ONE_OBJECT = "put the records into [ ]"

REFUSED = {
    "csv/dataloader/hardDeleteEmptyCsvFileTemplate.csv": NO_ROWS,
    "csv/snowfakery/badcsv_too_many_columns.csv": RAGGED,
    "csv/snowfakery/empty.csv": NO_ROWS,
    "reader/commons-csv/csv-167.csv": NOT_THE_HEADER,  # comments
    "reader/commons-csv/test.csv": RAGGED,  # comments
    "reader/commons-csv/testCSV246.csv": RAGGED,  # comments
    "reader/csv-spectrum/json/location_coordinates.json": ONE_OBJECT,
    "reader/datablist-broken/broken-encoding-windows-1252.csv": NOT_UTF8,
    "reader/duckdb/auto_duplicate_header_collision.csv": SAME_NAME,
    "reader/duckdb/auto_missing_many_col.csv": NAMELESS,
    "reader/duckdb/auto_sample.csv": NAMELESS,
    "reader/duckdb/auto_skip_row.csv": NOT_THE_HEADER,
    "reader/duckdb/auto_varchar_single_line.csv": NO_ROWS,
    "reader/duckdb/rejects_frankstein_nightmare.csv": NOT_UTF8,
    "reader/duckdb/rejects_multiple_errors_multiple_errors.csv": RAGGED,
    "reader/duckdb-afl/25.csv": NO_ROWS,
    "reader/duckdb-afl/3977_case_3.csv": NO_ROWS,
    "reader/duckdb-afl/4.csv": NO_ROWS,
    "reader/duckdb-afl/4234_test_fuzz_4234.csv": RAGGED,
    "reader/duckdb-afl/5.csv": NO_ROWS,
}
REFUSED |= {
    f"reader/duckdb/rejects_multiple_errors_invalid_utf_{name}.csv": NOT_UTF8
    for name in ("cast", "less", "max_line", "more", "unquoted")
}
REFUSED |= {f"reader/duckdb-afl/{name}.csv": NOT_UTF8 for name in ("2", "10", "12", "14", "16", "18", "21")}
REFUSED |= {f"reader/duckdb-afl/{name}.csv": NOT_UTF8 for name in ("4086_case_2", "4496_crashes_case_0", "4793_crashes_case_0")}
REFUSED |= {
    f"reader/duckdb-afl/3977_case_{number}.csv": NOT_UTF8
    for number in (
        *(1, 7, 11, 13, 15, 17, 19, 20, 22, 24, 26, 28, 31, 33, 35, 37, 39, 40, 42, 44, 46, 48, 51, 53, 55, 57, 59),
        *(60, 62, 64, 66, 68, 71, 73, 75, 77, 79, 80, 82, 84, 86, 88),
    )
}
REFUSED |= {
    f"reader/json-test-suite-transform/object_{name}.json": ONE_OBJECT
    for name in ("key_nfc_nfd", "key_nfd_nfc", "same_key_different_values", "same_key_same_value", "same_key_unclear_values")
}
REFUSED |= {f"reader/json-test-suite-transform/string_{n}_invalid_codepoint{'s' * (n > 1)}.json": NOT_UTF8 for n in (1, 2, 3)}


def name(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


@dataclass
class Read:
    """What a reader makes of a file: its rows and what is no row, by line."""

    rows: dict[int, Any] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)
    blank: int = 0


async def ours(file: InputFile, rules: ReadRules) -> tuple[ReadCounts, Read]:
    counts, arrived = await flow(Reader(rules, Tally(), Stop()), file)
    read = Read()
    for _, block in arrived:
        read.rows |= dict(zip(block.lines, block.rows, strict=True))
        read.unreadable |= {row.line for row in block.unreadable}
        read.blank += block.blank
    assert counts == ReadCounts(
        lines=read.blank + len(read.unreadable) + len(read.rows),
        blank=read.blank,
        unreadable=len(read.unreadable),
        rows=len(read.rows),
        complete=True,
    )
    return counts, read


def text_of(path: Path) -> str:
    """Decode as the byte order mark says; bytes that are none become surrogates."""
    source = path.read_bytes()
    marked = source.startswith((b"\xff\xfe", b"\xfe\xff"))
    return source.decode("utf-16") if marked else source.decode("utf-8-sig", errors="surrogateescape")


def is_text(text: str) -> bool:
    return "\0" not in text and text == text.encode(errors="replace").decode()


def csv_read(path: Path, delimiter: str) -> tuple[Read, int, bool]:
    """Read with Python's csv; give also how many physical lines there are, and whether each row is one of them."""
    text = text_of(path)
    lines = io.StringIO(text, newline="").readlines()
    whole = text if text.endswith(("\n", "\r")) else text + "\n"
    reader = csv.reader(io.StringIO(whole + "the end", newline=""), delimiter=delimiter)
    parsed, ends = [], [0]
    for row in reader:
        parsed.append(row)
        ends.append(reader.line_num)
    if parsed[-1] == ["the end"]:
        parsed.pop()
        ends.pop()
    read, width = Read(), 0
    for row, (before, end) in zip(parsed, pairwise(ends), strict=True):
        if not row:
            read.blank += 1
        elif not width:
            width = len(row)
        elif len(row) == width and is_text("".join(lines[before:end])) and not row[-1].endswith("the end"):
            read.rows[before + 1] = row
        else:
            read.unreadable.add(before + 1)
    return read, len(lines), len(parsed) == len(lines)


def json_read(path: Path) -> Read:
    found = json.loads(path.read_bytes())
    elements = found["records"] if isinstance(found, dict) else found
    objects = {number: value for number, value in enumerate(elements, 1) if isinstance(value, dict)}
    return Read(objects, {*range(1, len(elements) + 1)} - {*objects})


def json_lines_read(path: Path) -> Read:
    read = Read()
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if line.strip():
            read.rows[number] = json.loads(line)
        else:
            read.blank += 1
    return read


def refusal(path: Path) -> str | None:
    try:
        inspect(path, 1, ReadRules())
    except InputError as error:
        return str(error)
    return None


READABLE = [path for path in FILES if name(path) not in REFUSED and path.suffix != ".singer"]


def test_nothing_is_refused_but_what_is_known_to_be():
    assert {*REFUSED} <= {name(path) for path in FILES}
    assert (len(READABLE), len(REFUSED)) == (204, 85)


@pytest.mark.parametrize(("file", "advice"), [*REFUSED.items(), ("jsonl/singer/camelcase.singer", NO_ENDING)])
def test_a_refusal_is_one_line_that_names_the_file_and_says_what_to_do(file: str, advice: str):
    said = refusal(FIXTURES / file)
    assert said is not None
    assert said.startswith(f"{FIXTURES / file}: ")
    assert advice in said
    assert "\n" not in said


@pytest.mark.parametrize("path", [path for path in READABLE if path.suffix in {".csv", ".tsv"}], ids=name)
async def test_a_csv_file_is_read_as_by_another_reader(path: Path):
    file = inspect(path, 1, ReadRules())
    counts, read = await ours(file, ReadRules())
    expected, physical, one_line_a_row = csv_read(path, file.delimiter)
    assert read == expected
    assert not one_line_a_row or counts.lines == physical - 1


@pytest.mark.parametrize("path", [path for path in READABLE if path.suffix == ".json"], ids=name)
async def test_an_array_is_read_as_by_another_reader(path: Path):
    _, read = await ours(inspect(path, 1, ReadRules()), ReadRules())
    assert read == json_read(path)


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in {".jsonl", ".ndjson", ".singer"}], ids=name)
async def test_json_lines_are_read_as_by_another_reader(path: Path):
    rules = ReadRules(format="jsonl" if path.suffix == ".singer" else "auto")
    _, read = await ours(inspect(path, 1, rules), rules)
    assert read == json_lines_read(path)
