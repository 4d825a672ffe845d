"""The JSON Schema by which editors complete and check a configuration: `python -m pipeline.config.schema [PATH]`.

A configuration names it in its first line: `#:schema ./treeload.schema.json`.
"""

import sys
from pathlib import Path
from typing import Any

import orjson
from pydantic import ConfigDict
from pydantic.json_schema import GenerateJsonSchema

from pipeline.config.shape import SECTIONS
from pipeline.config.tables import Tables
from pipeline.config.units import measured

_WITH_UNIT = {
    "s": {"type": "string", "pattern": r"^([0-9.]+ *(d|h|m|s|ms) *)+$"},
    "B": {"type": "string", "pattern": "^[0-9.]+ *([kKmMgG][iI]?)?[bB]$"},
    "calls": {"type": "string", "pattern": r"^[0-9]{1,2}([.][0-9]+)? *%$"},
}


class _Described(Tables):
    """A job of treeload: one file, in which paths count from the file's own folder."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class _Untitled(GenerateJsonSchema):
    """Keys speak for themselves."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


def document() -> dict[str, Any]:
    """Describe every setting: type, bounds, default, and what it is for (its docstring)."""
    schema = _Described.model_json_schema(schema_generator=_Untitled)
    tables = schema["$defs"]
    for table in SECTIONS.values():
        for key, unit in measured(table):
            _also_with_unit(tables[table.__name__]["properties"][key], _WITH_UNIT[unit])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "treeload"}


def _also_with_unit(setting: dict[str, Any], text: dict[str, str]) -> None:
    """Allow a text with a unit where there is a number."""
    about = {key: setting.pop(key) for key in ("default", "description")}
    number = dict(setting)
    setting.clear()
    setting.update({"anyOf": [number, text], **about})


def main() -> None:
    """Write the schema to a file, or to standard output."""
    text = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_bytes(text)
    else:
        sys.stdout.buffer.write(text)


if __name__ == "__main__":
    main()
