import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.config.schema import document
from pipeline.config.shape import LOGINS

COMMITTED = Path(__file__).parents[2] / "configs" / "treeload.schema.json"


def settings(tables: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for table, content in tables.items():
        for key, setting in content["properties"].items():
            yield f"{table}.{key}", setting


def write(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["schema", *arguments])
    monkeypatch.delitem(sys.modules, "pipeline.config.schema")
    runpy.run_module("pipeline.config.schema", run_name="__main__")


def test_the_committed_schema_is_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(monkeypatch, str(tmp_path / "schema.json"))
    assert (tmp_path / "schema.json").read_bytes() == COMMITTED.read_bytes(), "run: poe schema"


def test_without_a_path_the_schema_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
):
    write(monkeypatch)
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == COMMITTED.read_bytes()


def test_every_setting_says_what_it_is_for():
    undescribed = {name for name, setting in settings(document()["$defs"]) if not setting.get("description")}
    assert undescribed == {f"{login.__name__}.kind" for login in LOGINS.values()}


def test_unknown_keys_are_refused_in_every_table():
    assert all(table["additionalProperties"] is False for table in [document(), *document()["$defs"].values()])


def test_bounds_defaults_and_units_are_there():
    send = document()["$defs"]["SendRules"]["properties"]
    assert {"minimum": 1, "maximum": 200, "default": 200}.items() <= send["chunk_records"].items()
    number, text = send["chunk_bytes"]["anyOf"]
    assert number == {"type": "integer", "minimum": 1_000, "maximum": 50_000_000}
    assert text["type"] == "string"
    assert send["chunk_bytes"]["default"] == 10_000_000


def test_the_schema_is_the_same_every_time():
    assert orjson.dumps(document()) == orjson.dumps(document())
