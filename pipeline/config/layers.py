"""Settings from outside the file: environment variables over the file, `--set` over both."""

import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.shape import SECTIONS, unknown

PREFIX = "TREELOAD_"
_NAMED_BY_THE_JOB = {("mapping", "columns"), ("mapping", "constants")}
"""Tables whose keys are names of columns and fields: there upper and lower case are kept."""
_TABLES_NAMED_BY_THE_JOB = ("mapping", "fields")
"""The table whose keys are names of fields, each with a table of settings."""


@dataclass(frozen=True, slots=True)
class Override:
    """One value from outside the file; `label` is how messages name where it comes from."""

    label: str
    keys: tuple[str, ...]
    value: Any


@dataclass(slots=True)
class Overrides:
    """All values from outside in the order in which they count, and what could not be read as one."""

    values: list[Override] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def add(self, label: str, keys: tuple[str, ...], text: str) -> None:
        """Add one, with its value still as text."""
        try:
            "".join((*keys, text)).encode()
        except UnicodeEncodeError:
            self.findings.append(f"{ascii(label)[1:-1]}: not UTF-8: set the terminal to UTF-8")
        else:
            self.values.append(Override(label, keys, _value(text)))


def collect(environ: Mapping[str, str], arguments: Sequence[str]) -> Overrides:
    """Read `TREELOAD_SECTION__KEY=value` and `section.key=value`; a value that is no TOML value is text."""
    overrides = Overrides()
    for name in sorted(environ):
        if name.startswith(PREFIX) and "__" in name.removeprefix(PREFIX):
            _from_environment(name, environ[name], overrides)
    for number, argument in enumerate(arguments, 1):
        _from_argument(number, argument, overrides)
    return overrides


def overlay(tree: MutableMapping[str, Any], override: Override) -> str | None:
    """Put one value into the tree of the file; say what is in the way if it can't be."""
    *path, last = override.keys
    for depth, key in enumerate(path, 1):
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            return f"{override.label}: {'.'.join(path[:depth])} is a value, and nothing can be set inside it"
    tree[last] = override.value
    return None


def _from_environment(name: str, text: str, overrides: Overrides) -> None:
    parts = name.removeprefix(PREFIX).split("__")
    keys = tuple(part.lower() for part in parts)
    if keys[:2] in _NAMED_BY_THE_JOB:
        keys = (*keys[:2], *parts[2:])
    elif keys[:2] == _TABLES_NAMED_BY_THE_JOB:
        keys = (*keys[:2], *parts[2:3], *keys[3:4], *parts[4:])
    if all(keys):
        overrides.add(name, keys, text)
    else:
        overrides.findings.append(
            f"{name}: a name with __ is a setting: write {PREFIX}SECTION__KEY, such as {PREFIX}SEND__CONCURRENCY"
        )


def _from_argument(number: int, argument: str, overrides: Overrides) -> None:
    """Read one `--set`. Before its key is known to be one it isn't repeated: perhaps it is a secret."""
    for place, letter in enumerate(argument):
        if letter == "=" and (keys := _keys(argument[:place])):
            if keys[0] in SECTIONS:
                overrides.add(f"--set {argument[:place].strip()}", keys, argument[place + 1 :])
            else:
                tree: dict[str, object] = {keys[0]: {}} if len(keys) > 1 else {keys[0]: 0}
                overrides.findings.append(f"--set number {number}: {unknown(keys[:1], tree)}")
            return
    overrides.findings.append(f'--set number {number}: write section.key=value, such as send.concurrency=4 or job.name="a b"')


def _keys(text: str) -> tuple[str, ...]:
    """Read a dotted key, as TOML has them; nothing if it is none."""
    try:
        tree: Any = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(tree, dict) and len(tree) == 1:
        [(key, tree)] = tree.items()
        keys.append(key)
    return tuple(keys) if tree == 0 else ()


def _value(text: str) -> Any:
    try:
        tree = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return tree["value"] if len(tree) == 1 else text
