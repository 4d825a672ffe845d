"""A plan of the Salesforce CLI: which tree files to load into which objects, in which order.

`sf data export tree --plan` writes it, `sf data import tree --plan` reads it: a list of `{"sobject": ..., "files": [...]}`. Old
plans say `saveRefs` and `resolveRefs` besides. Today's CLI passes over both and always resolves references; so do we.
https://developer.salesforce.com/docs/atlas.en-us.sfdx_dev.meta/sfdx_dev/sfdx_dev_test_data_example.htm
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import orjson

from pipeline.errors import InputError
from pipeline.formats.flaws import flaw, twice
from pipeline.formats.json_keys import repeated_key
from pipeline.formats.tree_file import BLANKS
from pipeline.formats.window import BOM

_KEYS = ("sobject", "files", "saveRefs", "resolveRefs")
_FLAGS = ("saveRefs", "resolveRefs")
_SHAPE = '[{"sobject": "Account", "files": ["Accounts.json"]}, ...]'


@dataclass(frozen=True, slots=True)
class Step:
    """Files of one object."""

    object: str
    """The object of the records in these files, by its API name; not of their children."""
    files: tuple[str, ...]
    """As the plan has them: from its folder on."""


def is_plan(text: bytes) -> bool:
    """Tell whether a `.json` file is a plan and no array of records, by its first bytes: it begins with a step."""
    start = text.removeprefix(BOM).lstrip(BLANKS).removeprefix(b"[").lstrip(BLANKS).removeprefix(b"{").lstrip(BLANKS)
    key, colon, _ = start.partition(b":")
    return bool(colon) and key.rstrip(BLANKS).lower() in {f'"{name}"'.lower().encode() for name in _KEYS}


def read_plan(name: str, text: bytes) -> tuple[Step, ...]:
    """Read a whole plan; its steps are in the order in which they are loaded.

    :raises InputError: with a line for everything that is wrong, each with the step it is in.
    """
    steps = _list_of_steps(name, text.removeprefix(BOM))
    faults = [
        f"step {number}{_object_of(step)}: {fault}" for number, step in enumerate(steps, 1) for fault in _faults_of_step(step)
    ]
    faults += _named_twice(steps)
    if faults:
        raise InputError("\n".join(f"{name}: {fault}" for fault in faults))
    return tuple(Step(step["sobject"], tuple(step["files"])) for step in steps)


def _list_of_steps(name: str, text: bytes) -> list[Any]:
    reason = flaw(text, 0)
    steps: Any = None
    if not reason:
        try:
            steps = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            reason = f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        else:
            key = repeated_key(text)
            reason = None if key is None else twice(key)
    if reason:
        raise InputError(f"{name}: is no plan: {reason}")
    if not isinstance(steps, list) or not steps:
        raise InputError(f"{name}: is no plan, which is a list of steps: {_SHAPE}")
    return steps


def _object_of(step: Any) -> str:
    name = step.get("sobject") if isinstance(step, Mapping) else None
    return f" ({name})" if isinstance(name, str) and name.isidentifier() else ""


def _faults_of_step(step: Any) -> Iterator[str]:
    if not isinstance(step, Mapping):
        yield f"must be an object, as in {_SHAPE}"
        return
    yield from (f"unknown key {key!r}{_meant(key)}" for key in step if key not in _KEYS)
    match step.get("sobject"):
        case None:
            yield "sobject is missing: the name of the object that its files hold"
        case str(name) if name.isidentifier():
            pass
        case _:
            yield 'sobject must be the name of an object: "Account"'
    yield from _faults_of_files(step.get("files"))
    for key in _FLAGS:
        if not isinstance(step.get(key, False), bool):
            yield f"{key} must be true or false"


def _faults_of_files(files: Any) -> Iterator[str]:
    if not isinstance(files, list):
        yield "files is missing" if files is None else 'files must be a list of names: ["Accounts.json"]'
    elif not files:
        yield "files is empty"
    else:
        for number, file in enumerate(files, 1):
            if not isinstance(file, str) or not file.strip() or "\0" in file:
                yield f'files, item {number} must be the name of a file: "Accounts.json"'


def _meant(key: str) -> str:
    near = get_close_matches(key.lower(), [known.lower() for known in _KEYS], n=1)
    return f"; did you mean {next(known for known in _KEYS if known.lower() == near[0])}?" if near else "; remove it"


def _named_twice(steps: list[Any]) -> Iterator[str]:
    """Find files whose records would be loaded twice."""
    first: dict[str, int] = {}
    for number, step in enumerate(steps, 1):
        files = step.get("files") if isinstance(step, Mapping) else None
        for file in files if isinstance(files, list) else ():
            if isinstance(file, str) and file in first:
                yield f"step {number}{_object_of(step)}: {file} is named twice, first in step {first[file]}"
            elif isinstance(file, str):
                first[file] = number
