"""What goes over the wire, as values: a request, and what came of sending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Purpose(StrEnum):
    """Why a call was made; the report counts calls by it."""

    LOGIN = "login"
    DESCRIBE = "describe"
    LIMITS = "limits"
    LOOKUP = "lookup"
    LOAD = "load"
    ISOLATION = "isolation"
    RETRY = "retry"
    EVIDENCE = "evidence"


NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """A call of the org's REST API. `path` starts with `/services/`."""

    method: str
    path: str
    purpose: Purpose
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What of the body nobody may read in a reply that refuses it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply: status, headers (lower-case names) and the complete body, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request certainly never left (name lookup, refused connection, TLS failure): nothing was done."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoReply:
    """The request left, in whole or in part, and no whole reply came back: it may have been executed."""

    reason: str


Delivery = Reply | NotSent | NoReply
