import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.simulator.ledger import Entry, Ledger, Transaction, read

values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"))
entries = st.builds(
    Entry, st.just("Contact"), st.text("abc", min_size=1), st.none() | st.text("abc"), st.dictionaries(st.text("abc"), values)
)
transactions = st.builds(
    Transaction,
    st.just("2026-03-04T05:06:07.890Z"),
    st.integers(1, 9999),
    st.text("/ab"),
    st.lists(entries, max_size=3).map(tuple),
)


def one(reference: str = "r1") -> Transaction:
    entry = Entry("Contact", "003SM0000000001YAA", reference, {"LastName": "Lee"})
    return Transaction("2026-03-04T05:06:07.890Z", 7, "/services/data/v67.0/composite/tree/Contact", (entry,))


def written(path: Path, *written: Transaction) -> Path:
    ledger = Ledger(path)
    for transaction in written:
        ledger.append(transaction)
    ledger.close()
    return path


@settings(max_examples=30)
@given(st.lists(transactions, max_size=4))
def test_what_was_appended_is_read(tmp_path_factory: pytest.TempPathFactory, appended: list[Transaction]):
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    assert list(read(written(path, *appended))) == appended


def test_a_transaction_is_one_line_in_the_documented_form(tmp_path: Path):
    line: dict[str, Any] = orjson.loads(written(tmp_path / "ledger.jsonl", one()).read_bytes())
    assert line == {
        "time": "2026-03-04T05:06:07.890Z",
        "request": 7,
        "path": "/services/data/v67.0/composite/tree/Contact",
        "records": [{"object": "Contact", "id": "003SM0000000001YAA", "referenceId": "r1", "fields": {"LastName": "Lee"}}],
    }


def test_only_its_owner_may_read_it(tmp_path: Path):
    path = tmp_path / "ledger.jsonl"
    path.touch(0o644)
    assert written(path, one()).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [1, 20, 150])
def test_a_torn_last_line_is_cut_away(tmp_path: Path, cut: int):
    path = written(tmp_path / "ledger.jsonl", one("r1"), one("r2"))
    path.write_bytes(path.read_bytes()[:-cut])
    assert [transaction.records[0].referenceId for transaction in read(path)] == ["r1"]
    assert list(read(written(path, one("r3")))) == [one("r1"), one("r3")]


def test_a_torn_only_line_is_cut_away(tmp_path: Path):
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"time":"2026' + b"x" * 100_000)
    assert list(read(written(path, one()))) == [one()]


def test_a_torn_line_longer_than_the_window_is_cut_away(tmp_path: Path):
    path = written(tmp_path / "ledger.jsonl", one())
    path.write_bytes(path.read_bytes() + b"x" * 200_000)
    assert list(read(written(path))) == [one()]
    assert path.read_bytes().endswith(b"\n")


def test_what_is_no_regular_file_is_refused_and_left_alone(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o644)
    with pytest.raises(OSError, match="not a regular file"):
        Ledger(pipe)
    assert pipe.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("content", [b"LastName,Email\nLee,", b"{}", b'{"records": []}', b"\n"])
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path: Path, content: bytes):
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    path.chmod(0o640)
    with pytest.raises(ValueError, match=r"people\.csv: not a ledger: name a new file"):
        Ledger(path)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("line", [b'{"time":"x"', b'{"time":"x"}', b'{"time":"x","request":1,"path":"","records":[{"a":1}]}'])
def test_a_line_that_is_no_transaction_is_named(tmp_path: Path, line: bytes):
    path = written(tmp_path / "ledger.jsonl", one())
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ValueError, match=r"ledger\.jsonl: line 2: not a transaction"):
        list(read(path))
