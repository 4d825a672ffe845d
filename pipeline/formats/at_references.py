"""References in rows of JSON, as the Salesforce CLI writes them: `"AccountId": "@AccountRef1"` names a record by its referenceId.

https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_test_data_example.htm
"""

from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.formats.json_members import joined, members

SIGN = "@"
HINT = b'"@'
"""What the bytes of a row have in which something may be referred to."""


def references_in(row: Mapping[str, Any]) -> dict[str, str]:
    """Find the keys whose values may be references, with the names that these give."""
    return {key: value[1:] for key, value in row.items() if type(value) is str and value.startswith(SIGN)}


def filled(row: Mapping[str, Any], raw: bytes, values: Mapping[str, str]) -> tuple[dict[str, Any], bytes]:
    """Put other values into a row; all else stays as it was written, digit for digit."""
    parts = [
        b"%b:%b" % (orjson.dumps(member.key), orjson.dumps(values[member.key])) if member.key in values else member.whole
        for member in members(raw)
    ]
    return {**row, **values}, joined(parts)
