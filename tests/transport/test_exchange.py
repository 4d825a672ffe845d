"""One request, one delivery: whether it provably stayed here is told apart at every phase of failing."""

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from pipeline import __version__
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply, Request
from pipeline.transport.exchange import Exchange

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Talking = Callable[[Talk], Awaitable[int]]
Serving = Callable[..., Awaitable[tuple[str, list[Any]]]]

LOAD = Request("POST", "/services/data/v67.0/composite/tree/Contact", Purpose.LOAD, b'{"records":[]}')
READ = Request("GET", "/services/data/v67.0/limits?x=1", Purpose.LIMITS)
CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def exchange(limit: float = 30.0, concurrency: int = 4) -> AsyncIterator[tuple[Exchange, Counter[Purpose]]]:
    calls: Counter[Purpose] = Counter()
    async with Exchange(concurrency=concurrency, timeout=limit, calls=calls) as opened:
        yield opened, calls


async def delivered(url: str, request: Request = LOAD, limit: float = 30.0) -> tuple[Delivery, int]:
    """Send once; give the delivery and the number of calls that were counted."""
    async with exchange(limit) as (way, calls):
        return await way.send(url, request, "token"), calls.total()


async def hello(_: web.Request) -> web.Response:
    return web.json_response({"ok": True}, status=201, headers={"Sforce-Limit-Info": "api-usage=25/5000"})


async def whole_request(reader: asyncio.StreamReader) -> None:
    """Read a request to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))


# ------------------------------------------------------------------ what is sent


async def test_a_load_is_posted_as_it_is_with_its_length(serve: Serving):
    url, heard = await serve(hello)
    await delivered(url)
    (request,) = heard
    assert (request.method, request.path, request.body) == (LOAD.method, LOAD.path, LOAD.body)
    assert request.headers["Authorization"] == "Bearer token"
    assert request.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert request.headers["Content-Length"] == str(len(LOAD.body or b""))
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == f"treeload/{__version__}"
    assert request.headers["Sforce-Call-Options"] == f"client=treeload/{__version__}"
    assert "Transfer-Encoding" not in request.headers


async def test_a_read_has_no_body_and_keeps_its_query(serve: Serving):
    url, heard = await serve(hello)
    await delivered(url, READ)
    (request,) = heard
    assert (request.method, request.path, request.body) == ("GET", "/services/data/v67.0/limits?x=1", b"")
    assert "Content-Type" not in request.headers


async def test_a_login_goes_without_a_token_and_with_its_own_headers(serve: Serving):
    url, heard = await serve(hello)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with exchange() as (way, _):
        await way.send(url, Request("POST", "/services/oauth2/token", Purpose.LOGIN, b"a=b", form))
    (request,) = heard
    assert "Authorization" not in request.headers
    assert request.headers.getall("Content-Type") == ["application/x-www-form-urlencoded"]


async def test_a_path_that_is_encoded_already_is_left_alone(serve: Serving):
    url, heard = await serve(hello)
    await delivered(url, Request("GET", "/services/data/v67.0/sobjects/..%2Flimits/describe", Purpose.DESCRIBE))
    assert heard[0].path == "/services/data/v67.0/sobjects/..%2Flimits/describe"


async def test_a_body_of_megabytes_goes_out_whole(serve: Serving):
    url, heard = await serve(hello)
    body = bytes(range(256)) * 10_000
    await delivered(url, Request("POST", "/services/x", Purpose.LOAD, body))
    (request,) = heard
    assert request.body == body
    assert request.headers["Content-Length"] == str(len(body))
    assert request.headers["Content-Type"] == "application/json; charset=UTF-8"


async def test_requests_one_after_the_other_share_a_connection(serve: Serving):
    url, heard = await serve(hello)
    async with exchange() as (way, _):
        for _ in range(3):
            await way.send(url, LOAD)
    assert len({request.port for request in heard}) == 1


async def test_cookies_are_not_kept(serve: Serving):
    async def with_cookie(_: web.Request) -> web.Response:
        response = web.Response()
        response.set_cookie("BrowserId", "x")
        return response

    url, heard = await serve(with_cookie)
    url = url.replace("127.0.0.1", "localhost")  # no client keeps cookies of a bare address
    async with exchange() as (way, _):
        await way.send(url, LOAD)
        await way.send(url, LOAD)
    assert [request.headers.get("Cookie") for request in heard] == [None, None]


async def test_no_more_requests_are_on_their_way_than_allowed(serve: Serving):
    here, most = 0, 0
    full = asyncio.Event()

    async def busy(_: web.Request) -> web.Response:
        nonlocal here, most
        here += 1
        most = max(most, here)
        if here == 3:
            full.set()
        await full.wait()
        here -= 1
        return web.Response()

    url, heard = await serve(busy)
    async with exchange(concurrency=3) as (way, _), asyncio.TaskGroup() as group:
        for _ in range(12):
            group.create_task(way.send(url, LOAD))
    assert (most, len(heard)) == (3, 12)


# ------------------------------------------------------------------ what comes back


async def test_a_reply_is_whole_and_its_headers_are_lower_case(serve: Serving):
    url, _ = await serve(hello)
    delivery, calls = await delivered(url)
    assert isinstance(delivery, Reply)
    assert (delivery.status, delivery.body) == (201, b'{"ok": true}')
    assert delivery.headers["sforce-limit-info"] == "api-usage=25/5000"
    assert calls == 1


async def test_a_redirect_is_a_reply_and_is_not_followed(serve: Serving):
    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    url, heard = await serve(moved)
    delivery, _ = await delivered(url)
    assert isinstance(delivery, Reply)
    assert (delivery.status, delivery.headers["location"], len(heard)) == (307, "/elsewhere", 1)


async def test_a_compressed_reply_is_unpacked(serve: Serving):
    async def packed(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"x" * 9000), headers={"Content-Encoding": "gzip"})

    url, heard = await serve(packed)
    delivery, _ = await delivered(url, Request("GET", "/x", Purpose.DESCRIBE, headers={"Accept-Encoding": "gzip"}))
    assert isinstance(delivery, Reply)
    assert delivery.body == b"x" * 9000
    assert heard[0].headers.getall("Accept-Encoding") == ["gzip"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
async def test_an_error_status_is_a_reply_like_any_other(status: int, serve: Serving):
    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=status, body=b"why")

    url, _ = await serve(fail)
    delivery, calls = await delivered(url)
    assert isinstance(delivery, Reply)
    assert (delivery.status, delivery.body, calls) == (status, b"why", 1)


# ------------------------------------------------------------------ what provably stayed here


async def test_a_refused_connection_is_not_sent(free_port: int):
    delivery, calls = await delivered(f"http://127.0.0.1:{free_port}")
    assert isinstance(delivery, NotSent)
    assert delivery.reason.startswith(f"no connection to 127.0.0.1:{free_port} (")
    assert calls == 0


async def test_an_unknown_name_is_not_sent():
    delivery, calls = await delivered("http://nowhere.invalid")
    assert delivery == NotSent("the name nowhere.invalid is not known")
    assert calls == 0


async def test_a_server_without_tls_is_not_sent_to(talk: Talking):
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    port = await talk(plain)
    delivery, calls = await delivered(f"https://127.0.0.1:{port}")
    assert delivery == NotSent(f"no TLS connection to 127.0.0.1:{port}")
    assert calls == 0


async def test_a_server_that_closes_during_tls_is_not_sent_to(talk: Talking):
    async def close(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    delivery, calls = await delivered(f"https://127.0.0.1:{await talk(close)}")
    assert isinstance(delivery, NotSent)
    assert calls == 0


async def test_a_timeout_while_connecting_is_not_sent(talk: Talking):
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    delivery, calls = await delivered(f"https://127.0.0.1:{await talk(silent)}", limit=0.05)
    assert delivery == NotSent("no connection within 0.05 seconds")
    assert calls == 0


async def test_a_timeout_in_the_line_for_a_connection_is_not_sent(talk: Talking):
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    url = f"http://127.0.0.1:{await talk(silent)}"
    async with exchange(limit=1.0, concurrency=1) as (way, calls), asyncio.TaskGroup() as group:
        tasks = [group.create_task(way.send(url, LOAD)) for _ in range(2)]
    assert [type(task.result()) for task in tasks] == [NoReply, NotSent]
    assert calls.total() == 1


# ------------------------------------------------------------------ what may have been executed


async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await whole_request(reader)


async def hang_up_at_the_first_byte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.transport.abort()


async def half_a_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole_request(reader)
    writer.write(CREATED[:-1])


async def half_a_chunk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole_request(reader)
    writer.write(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")


async def half_a_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole_request(reader)
    writer.write(b"HTTP/1.1 201 Crea")


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole_request(reader)
    writer.write(b"220 mail.example ESMTP\r\n\r\n")


async def broken_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole_request(reader)
    writer.write(b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!")


async def reset_after_the_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await whole_request(reader)
    writer.transport.abort()


@pytest.mark.parametrize(
    ("converse", "words"),
    [
        (hang_up, "the connection was closed before a reply came"),
        (hang_up_at_the_first_byte, "the connection"),
        (reset_after_the_request, "the connection"),
        (half_a_head, "the connection was closed before a reply came"),
        (half_a_body, "the reply broke off"),
        (half_a_chunk, "the reply broke off"),
        (broken_gzip, "the reply broke off"),
        (no_http, "the reply is no HTTP"),
    ],
)
async def test_a_request_that_left_without_a_whole_reply_is_in_doubt(converse: Talk, words: str, talk: Talking):
    delivery, calls = await delivered(f"http://127.0.0.1:{await talk(converse)}")
    assert isinstance(delivery, NoReply)
    assert delivery.reason.startswith(words)
    assert calls == 1


async def test_silence_after_the_request_is_in_doubt(talk: Talking):
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    delivery, calls = await delivered(f"http://127.0.0.1:{await talk(silent)}", limit=1.0)
    assert delivery == NoReply("no whole reply within 1 seconds")
    assert calls == 1


async def test_silence_within_the_reply_is_in_doubt(talk: Talking):
    replied = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        writer.write(CREATED[:-1])
        replied.set()
        await reader.read()

    url = f"http://127.0.0.1:{await talk(stall)}"
    limit = 0.05
    delivery, _ = await delivered(url, limit=limit)
    while not replied.is_set():  # a busy machine needs more than that to come to the reply
        limit *= 8
        delivery, _ = await delivered(url, limit=limit)
    assert delivery == NoReply(f"no whole reply within {limit:g} seconds")


async def test_a_load_is_never_sent_twice_by_itself(talk: Talking):
    heard = 0

    async def once_then_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await whole_request(reader)
        heard += 1
        writer.write(CREATED)
        await whole_request(reader)
        heard += 1

    url = f"http://127.0.0.1:{await talk(once_then_hang_up)}"
    async with exchange() as (way, calls):
        assert isinstance(await way.send(url, LOAD), Reply)
        assert isinstance(await way.send(url, LOAD), NoReply)
    assert heard == 2
    assert calls == {Purpose.LOAD: 2}


async def test_a_cancelled_request_is_counted_and_leaves_the_way_open(talk: Talking):
    arrived = asyncio.Event()

    async def silent_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await whole_request(reader)
        if arrived.is_set():
            writer.write(CREATED)
            return
        arrived.set()
        await reader.read()

    url = f"http://127.0.0.1:{await talk(silent_once)}"
    async with exchange(concurrency=1) as (way, calls):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(way.send(url, LOAD))
            await arrived.wait()
            task.cancel()
        assert task.cancelled()
        assert isinstance(await way.send(url, LOAD), Reply)
    assert calls == {Purpose.LOAD: 2}


# ------------------------------------------------------------------ through a proxy


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(proxy: str) -> None:
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)

    return use


async def test_a_proxy_that_cannot_be_reached_means_not_sent(free_port: int, through: Callable[[str], None]):
    through(f"http://user:secret@127.0.0.1:{free_port}")
    delivery, calls = await delivered("https://org.invalid")
    assert delivery == NotSent("the proxy can't be reached")
    assert calls == 0


async def test_a_proxy_that_refuses_means_not_sent(talk: Talking, through: Callable[[str], None]):
    heads: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    through(f"http://127.0.0.1:{await talk(refuse)}")
    delivery, calls = await delivered("https://org.invalid")
    assert delivery == NotSent("the proxy refuses the connection with HTTP 407")
    assert calls == 0
    assert heads[0].startswith(b"CONNECT org.invalid:443 HTTP/1.1\r\n")
    assert b"token" not in heads[0]


async def test_a_proxy_that_hangs_up_means_not_sent(talk: Talking, through: Callable[[str], None]):
    async def hang_up_on_connect(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    through(f"http://127.0.0.1:{await talk(hang_up_on_connect)}")
    delivery, calls = await delivered("https://org.invalid")
    assert isinstance(delivery, NotSent)
    assert calls == 0


async def test_the_org_is_told_another_name_where_one_is_set(serve: Serving):
    url, heard = await serve(hello)
    async with Exchange(concurrency=1, timeout=30, calls={}, client="nightly/2") as way:
        await way.send(url, READ)
    assert heard[0].headers["Sforce-Call-Options"] == "client=nightly/2"
