"""Durations, sizes and shares as people write them: `"10m"` for 600 seconds, `"5MB"` for 5,000,000 bytes, `"20%"` for 0.2."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, get_args

from annotated_types import Unit

_DURATION = "".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?)\s*{unit}\s*)?" for unit in ("d", "h", "m", "s", "ms"))
_SECONDS = {"d": Decimal(86_400), "h": Decimal(3_600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_SIZE = r"(\d+(?:\.\d+)?)\s*([kmg]i?)?b"
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


def seconds(text: str) -> float:
    """Read a duration.

    :raises ValueError: if it has no unit, or is none.
    """
    found = re.fullmatch(_DURATION, text.strip(), re.ASCII)
    parts = {unit: number for unit, number in found.groupdict().items() if number} if found else {}
    if not parts:
        raise ValueError('must be a duration: seconds as a number, or with units, such as "10m", "1h30m" or "500ms"')
    return float(sum(Decimal(number) * _SECONDS[unit] for unit, number in parts.items()))


def size(text: str) -> int:
    """Read a size in bytes.

    :raises ValueError: if it has no unit, or is none, or ends within a byte.
    """
    found = re.fullmatch(_SIZE, text.strip(), re.ASCII | re.IGNORECASE)
    amount = Decimal(found[1]) * _BYTES[(found[2] or "").lower()] if found else None
    if amount is None or amount != int(amount):
        raise ValueError('must be a size: bytes as a whole number, or with a unit, such as "5MB" or "5MiB"')
    return int(amount)


def share(text: str) -> float:
    """Read a share as a fraction.

    :raises ValueError: if it is none, or all of it.
    """
    found = re.fullmatch(r"(\d{1,2}(?:\.\d+)?)\s*%", text.strip(), re.ASCII)
    if found is None:
        raise ValueError('must be a number of calls, or a share below 100 %, such as "20%"')
    return float(Decimal(found[1]) / 100)


READERS: Mapping[str, Callable[[str], float | int]] = {"s": seconds, "B": size, "calls": share}
"""How a text becomes a number, by the unit that a setting's annotation names."""


def measured(table: type) -> Iterator[tuple[str, str]]:
    """List the settings of a table that have a unit: each with its unit."""
    for setting in fields(table):
        for note in get_args(setting.type)[1:]:
            if isinstance(note, Unit):
                yield setting.name, note.unit


def in_plain_numbers(values: Mapping[str, Any], table: type) -> tuple[dict[str, Any], dict[str, str]]:
    """Turn the texts of a table's durations, sizes and shares into numbers; say what is wrong with those that can't be."""
    plain, wrong = dict(values), {}
    for key, unit in measured(table):
        if isinstance(text := values.get(key), str):
            try:
                plain[key] = READERS[unit](text)
            except ValueError as error:
                wrong[key] = str(error)
                del plain[key]
    return plain, wrong
