"""What is wrong with a configuration: every mistake a line of its own, `file:line: key: what is wrong`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pipeline.errors import UsageError

Keys = tuple[str | int, ...]
"""Where a value stands: `("org", "auth", "token")`; a number counts in a list, from 0."""

_BARE = r"[A-Za-z0-9_-]+"


class Misconfigured(UsageError):
    """The configuration is wrong. `findings` has one line for each mistake; none of them repeats a value."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = list(findings)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the value at `keys`."""

    keys: Keys
    text: str


def dotted(keys: Keys) -> str:
    """Write keys as people do: `org.auth.token`, `mapping.columns."First Name"`, `mapping.ignore, item 2`."""
    names = [key if re.fullmatch(_BARE, key) else orjson.dumps(key).decode() for key in keys if isinstance(key, str)]
    return ".".join(names) + "".join(f", item {key + 1}" for key in keys if isinstance(key, int))
