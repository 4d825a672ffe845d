"""Numbers of a JSON line as they stand there: what a float makes of them may have other digits."""

import re
from decimal import Decimal
from functools import cache

import orjson


def as_written(value: float, key: str, line: bytes) -> str | None:
    """Return the number behind a key, digit for digit; None if the float has lost some of them, or it isn't found."""
    found = _number_of(key).search(line)
    if found is None or Decimal(found[1].decode()) != Decimal(orjson.dumps(value).decode()):
        return None
    return found[1].decode()


@cache
def _number_of(key: str) -> re.Pattern[bytes]:
    return re.compile(re.escape(orjson.dumps(key)) + rb"\s*:\s*(-?[0-9][0-9.eE+-]*)")
