"""An org on loopback and a client that asks it, one call a line."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from pipeline.simulator import Org, serve

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and text of a plain array with one error."""
        (error,) = self.json
        return self.status, error["errorCode"], error["message"]


class Api:
    """Asks an org. A path without `/services` or `/id` at its beginning is one of v67.0."""

    def __init__(self, org: Org, url: str, session: aiohttp.ClientSession) -> None:
        self.org = org
        self.url = url
        self._session = session

    async def ask(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] = {}, **more: Any
    ) -> Reply:
        absolute = path if path.startswith(("/services", "/id")) else f"/services/data/v67.0{path}"
        sent = {"Authorization": f"Bearer {self.org.token if token is None else token}", **headers}
        async with self._session.request(method, self.url + absolute, headers=sent, **more) as response:
            return Reply(response.status, response.headers, await response.read())

    async def tree(self, object_name: str, *records: Mapping[str, Any] | bytes) -> Reply:
        """Post records, one a line; those without attributes get `r1`, `r2` ..."""
        lines = [_line(object_name, number, record) for number, record in enumerate(records, 1)]
        return await self.ask("POST", f"/composite/tree/{object_name}", data=b'{"records":[\n' + b",\n".join(lines) + b"\n]}")

    async def create(self, object_name: str, **fields: Any) -> Reply:
        return await self.ask("POST", f"/sobjects/{object_name}/", data=orjson.dumps(fields))

    async def query(self, soql: str) -> Reply:
        return await self.ask("GET", "/query/", params={"q": soql})

    async def rows(self, soql: str) -> list[dict[str, Any]]:
        """Give the rows of a query, without their attributes."""
        reply = await self.query(soql)
        assert reply.status == 200, reply.body
        return [{key: value for key, value in row.items() if key != "attributes"} for row in reply.json["records"]]


def _line(object_name: str, number: int, record: Mapping[str, Any] | bytes) -> bytes:
    if isinstance(record, bytes):
        return record
    return orjson.dumps({"attributes": {"type": object_name, "referenceId": f"r{number}"}, **record})


class ManualClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, **delta: float) -> None:
        self.time += timedelta(**delta)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def org(clock: ManualClock) -> Iterator[Org]:
    org = Org(clock=clock)
    yield org
    org.close()


@asynccontextmanager
async def asking(org: Org) -> AsyncIterator[Api]:
    async with serve(org) as served, aiohttp.ClientSession() as session:
        yield Api(org, served.url, session)


@pytest.fixture
def make_api() -> Callable[[Org], AbstractAsyncContextManager[Api]]:
    """Serve an org that a test made itself."""
    return asking


@pytest.fixture
async def api(org: Org) -> AsyncIterator[Api]:
    async with asking(org) as api:
        yield api


@pytest.fixture
def fixture() -> Callable[[str], Any]:
    """Read a recorded JSON file."""
    return lambda name: orjson.loads((FIXTURES / name).read_bytes())


@pytest.fixture
def shape() -> Callable[[Any], Any]:
    """Reduce JSON to its shape: names and types, of a list those of all its items together."""
    return _shape


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        shapes = [_shape(inner) for inner in value]
        return [shape for number, shape in enumerate(shapes) if shape not in shapes[:number]]
    return type(value).__name__
