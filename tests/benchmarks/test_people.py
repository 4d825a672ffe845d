import csv
from itertools import islice
from pathlib import Path

import orjson

from benchmarks import people


def test_both_formats_hold_the_same_contacts(tmp_path: Path):
    for name in ("c.csv", "c.jsonl"):
        people.write(tmp_path / name, 500)
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [orjson.loads(line) for line in (tmp_path / "c.jsonl").read_bytes().splitlines()]
    assert len({row["Import_Key__c"] for row in rows}) == 500


def test_a_small_file_is_the_beginning_of_a_large_one():
    assert list(people.contacts(100)) == list(islice(people.contacts(5_000), 100))


def test_a_fifth_of_the_rows_need_quotes_and_one_in_a_hundred_has_a_line_end():
    rows = list(people.contacts(20_000))
    quoted = [row for row in rows if any(mark in cell for cell in row for mark in ',"\n')]
    assert 0.19 < len(quoted) / len(rows) < 0.23
    assert 0.008 < sum("\n" in cell for row in rows for cell in row) / len(rows) < 0.012
