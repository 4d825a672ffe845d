"""References from one subrequest to the answer of an earlier one: `@{newAccount.id}`, `@{found.records[0].Id}`.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/using_composite_resources_composite.htm
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from pipeline.simulator.errors import ApiError

_REFERENCE = re.compile(r"@\{([A-Za-z0-9]\w*)((?:\.\w+|\[\d+\]|\.\[\d+\])*)\}", re.ASCII)
_STEP = re.compile(r"\.?\[(\d+)\]|\.(\w+)")
_MISSING = object()


def filled_url(url: str, answers: Mapping[str, Any]) -> str:
    """Put in an address what references stand for, encoded. Raises ApiError for one that stands for nothing."""
    return _REFERENCE.sub(lambda found: quote(_text(_value(found, answers)), safe=""), url)


def filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """Put in a body what references stand for; one that is a whole text becomes the value itself. Raises ApiError."""
    if isinstance(value, dict):
        return {name: filled(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, answers) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _value(whole, answers)
    return _REFERENCE.sub(lambda found: _text(_value(found, answers)), value)


def _value(found: re.Match[str], answers: Mapping[str, Any]) -> Any:
    value = answers.get(found[1], _MISSING)
    for index, name in _STEP.findall(found[2]):
        value = _step(value, index, name)
    if value is _MISSING:
        named = found[0][2:-1]
        message = f"Invalid reference specified. No value for {named} found in {found[1]}"
        raise ApiError(400, "PROCESSING_HALTED", message)
    return value


def _step(value: Any, index: str, name: str) -> Any:
    if index:
        return value[int(index)] if isinstance(value, list) and int(index) < len(value) else _MISSING
    return value.get(name, _MISSING) if isinstance(value, dict) else _MISSING


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
