"""The way to one org, against a server that wants a valid token."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from pipeline.errors import AccessRefused, OrgUnavailable
from pipeline.model.wire import NotSent, Purpose, Reply, Request
from pipeline.transport.connection import Connection
from pipeline.transport.logins import ClientCredentials, GivenToken

Serving = Callable[..., Awaitable[tuple[str, list[Any]]]]
LOAD = Request("POST", "/services/data/v67.0/composite/tree/Contact", Purpose.LOAD, b"{}")


class Org:
    """Gives tokens and accepts the last one only."""

    def __init__(self) -> None:
        self.tokens = 0
        self.url = ""

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path == "/services/oauth2/token":
            self.tokens += 1
            return web.json_response({"access_token": f"t{self.tokens}", "instance_url": self.url})
        if request.headers["Authorization"] != f"Bearer t{self.tokens}":
            return web.json_response([{"errorCode": "INVALID_SESSION_ID", "message": "gone"}], status=401)
        usage = {"Sforce-Limit-Info": "api-usage=25/5000"} if request.method == "POST" else {}
        return web.json_response({}, status=201, headers=usage)


def connect(url: str, calls: Counter[Purpose]) -> Connection:
    login = ClientCredentials(url, lambda: "key", lambda: "secret")
    return Connection(login, concurrency=4, timeout=30, calls=calls)


async def test_it_logs_in_once_and_sends_with_the_token(serve: Serving):
    org, calls = Org(), Counter[Purpose]()
    org.url, heard = await serve(org)
    async with connect(org.url, calls) as connection:
        assert connection.generation == 1
        for _ in range(2):
            delivery = await connection.send(LOAD)
            assert isinstance(delivery, Reply)
            assert delivery.status == 201
    assert [request.headers.get("Authorization") for request in heard] == [None, "Bearer t1", "Bearer t1"]
    assert calls == {Purpose.LOGIN: 1, Purpose.LOAD: 2}


async def test_requests_go_to_the_address_that_came_with_the_token(serve: Serving):
    org = Org()
    login_url, asked = await serve(org)
    org.url, heard = await serve(org)
    async with connect(login_url, Counter()) as connection:
        await connection.send(LOAD)
    assert [request.path for request in asked] == ["/services/oauth2/token"]
    assert [request.path for request in heard] == [LOAD.path]


async def test_many_whose_session_has_ended_share_one_new_token(serve: Serving):
    org, calls = Org(), Counter[Purpose]()
    org.url, _ = await serve(org)

    async def load(connection: Connection) -> int:
        generation = connection.generation
        delivery = await connection.send(LOAD)
        if isinstance(delivery, Reply) and delivery.status == 401:
            await connection.renew(generation)
            delivery = await connection.send(LOAD)
        assert isinstance(delivery, Reply)
        return delivery.status

    async with connect(org.url, calls) as connection:
        org.tokens += 1  # whoever asked first has lost the session
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(load(connection)) for _ in range(20)]
        assert {task.result() for task in tasks} == {201}
        assert connection.generation == 2
    assert calls[Purpose.LOGIN] == 2


async def test_usage_is_what_the_org_last_said(serve: Serving):
    org = Org()
    org.url, _ = await serve(org)
    async with connect(org.url, Counter()) as connection:
        assert connection.last_usage is None
        await connection.send(LOAD)
        assert connection.last_usage == (25, 5000)
        await connection.send(Request("GET", "/services/data", Purpose.LIMITS))
        assert connection.last_usage == (25, 5000)


async def test_a_refused_login_opens_nothing(serve: Serving):
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": "invalid_client", "error_description": "invalid client credentials"}, status=400)

    url, _ = await serve(refuse)
    with pytest.raises(AccessRefused, match="invalid client credentials") as refused:
        async with connect(url, Counter()):
            pass
    assert "secret=" not in str(refused.value)


async def test_an_org_that_cannot_be_reached_opens_nothing(free_port: int):
    calls = Counter[Purpose]()
    with pytest.raises(OrgUnavailable, match="no connection to"):
        async with connect(f"http://127.0.0.1:{free_port}", calls):
            pass
    assert calls.total() == 0


async def test_a_given_token_that_has_run_out_cannot_be_renewed(free_port: int):
    login = GivenToken(f"http://127.0.0.1:{free_port}", lambda: "00D!x")
    async with Connection(login, concurrency=1, timeout=30, calls=Counter()) as connection:
        assert isinstance(await connection.send(LOAD), NotSent)
        with pytest.raises(AccessRefused, match="has expired"):
            await connection.renew(connection.generation)


class Turned:
    """A clock that is turned by hand."""

    at = 1_000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Careful:
    """An org that says what it is asked to say."""

    headers: Mapping[str, str] = {}
    status = 200

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path.endswith("/limits"):
            return web.json_response({"DailyApiRequests": {"Max": 1_000, "Remaining": 250}})
        return web.json_response([], status=self.status, headers=self.headers)


def given(url: str, clock: Turned, reserve: float = 0.0) -> Connection:
    login = GivenToken(url, lambda: "00D!x")
    return Connection(login, concurrency=1, timeout=30, calls=Counter(), reserve=reserve, clock=clock)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "Sun, 22 Nov 2026 10:02:00 GMT", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 120),
        ({"Retry-After": "soon"}, 0),
        ({}, 0),
    ],
)
async def test_the_org_is_left_alone_as_long_as_it_asks(serve: Serving, headers: Mapping[str, str], seconds: float):
    org, clock = Careful(), Turned()
    org.status, org.headers = 503, headers
    url, _ = await serve(org)
    async with given(url, clock) as connection:
        assert connection.quiet_for() == 0
        await connection.send(LOAD)
        assert connection.quiet_for() == seconds
        clock.at += 20
        assert connection.quiet_for() == max(seconds - 20, 0)
        clock.at += 1_000
        assert connection.quiet_for() == 0


async def test_beside_a_reply_that_is_no_refusal_it_means_nothing(serve: Serving):
    org = Careful()
    org.headers = {"Retry-After": "60"}
    url, _ = await serve(org)
    async with given(url, Turned()) as connection:
        await connection.send(LOAD)
        assert connection.quiet_for() == 0


async def test_a_shorter_wait_does_not_end_a_longer_one(serve: Serving):
    org, clock = Careful(), Turned()
    org.status = 503
    url, _ = await serve(org)
    async with given(url, clock) as connection:
        for seconds in ("60", "5"):
            org.headers = {"Retry-After": seconds}
            await connection.send(LOAD)
        assert connection.quiet_for() == 60


async def test_what_is_left_is_known_from_the_replies_and_from_the_limits(serve: Serving):
    org = Careful()
    url, _ = await serve(org)
    async with given(url, Turned(), reserve=0.2) as connection:
        assert connection.calls_left() is None
        org.headers = {"Sforce-Limit-Info": "api-usage=700/1000"}
        await connection.send(LOAD)
        assert connection.calls_left() == 100
        org.headers = {}
        await connection.send(LOAD)  # of which nothing is heard
        assert (connection.calls_left(), connection.last_usage) == (99, (700, 1_000))
        await connection.ask_limits("67.0")
        assert (connection.calls_left(), connection.last_usage) == (50, (750, 1_000))
        assert connection.calls[Purpose.LIMITS] == 1
