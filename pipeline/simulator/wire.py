"""A request and its answer as values, so that the endpoints know nothing of the server around them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.simulator.errors import ApiError
from pipeline.simulator.pages import Pages
from pipeline.simulator.places import line_and_column


@dataclass(frozen=True, slots=True)
class Call:
    """A request, whole: `parts` are the named parts of its path, `base` is the address it was sent to."""

    method: str
    path: str
    base: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    upload: Pages | None = None
    """The body, where it may be too large for memory; `body` is empty then."""

    @property
    def version(self) -> str:
        """The path up to the version: `/services/data/v67.0`."""
        return f"/services/data/{self.parts['version']}"


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is made while it is sent."""

    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what becomes the JSON body; bytes are JSON already, and a stream is what it is."""

    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Write the JSON."""
        if isinstance(self.content, Stream):
            return b"".join(self.content.pieces())
        return self.content if isinstance(self.content, bytes) else orjson.dumps(self.content)


def parse(body: bytes) -> Any:
    """Read a JSON body. Raises ApiError (JSON_PARSER_ERROR) with line and column."""
    if not body:
        raise malformed("The HTTP entity body is required, but this request has no entity body.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise malformed(_unexpected(body, error)) from error


def malformed(message: str, place: tuple[int, int] | None = None) -> ApiError:
    """Make the answer of the vendor's JSON parser, at a line and column."""
    where = f" at [line:{place[0]}, column:{place[1]}]" if place else ""
    return ApiError(400, "JSON_PARSER_ERROR", f"{message}{where}")


def _unexpected(body: bytes, error: orjson.JSONDecodeError) -> str:
    text = body.decode(errors="replace")
    line, column = line_and_column(text, min(error.pos, len(text)))
    where = f"at [line:{line}, column:{column}]"
    if error.pos >= len(text.rstrip()):
        return f"Unexpected end-of-input {where}"
    character = text[error.pos]
    return f"Unexpected character ('{character}' (code {ord(character)})) {where}"
