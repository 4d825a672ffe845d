"""Bodies that go out compressed: the same request, in fewer bytes, and as provable as before."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from pipeline.model.wire import NoReply, NotSent, Purpose, Request
from pipeline.transport.exchange import Exchange

Talking = Callable[[Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]], Awaitable[int]]
Serving = Callable[..., Awaitable[tuple[str, list[Any]]]]
READ = Request("GET", "/services/data/v67.0/limits?x=1", Purpose.LIMITS)


async def hello(_: web.Request) -> web.Response:
    return web.json_response({"ok": True}, status=201)


@asynccontextmanager
async def packing() -> AsyncIterator[Exchange]:
    async with Exchange(concurrency=1, timeout=30, calls={}, packs=True) as way:
        yield way


@pytest.mark.parametrize("purpose", [Purpose.LOAD, Purpose.ISOLATION, Purpose.RETRY])
async def test_a_body_is_packed_where_that_is_wanted_and_says_so(serve: Serving, purpose: Purpose):
    url, heard = await serve(hello)
    body = b'{"records":[' + b'{"LastName":"Lee"},' * 100 + b"{}]}"
    async with packing() as way:
        await way.send(url, Request("POST", "/services/x", purpose, body))
    (request,) = heard
    assert request.headers["Content-Encoding"] == "gzip"
    assert int(request.headers["Content-Length"]) < len(body) / 5
    assert "Transfer-Encoding" not in request.headers
    assert request.body == body  # the server has unpacked it


async def test_what_is_small_goes_as_it_is_and_so_does_a_login(serve: Serving):
    url, heard = await serve(hello)
    async with packing() as way:
        await way.send(url, Request("POST", "/services/x", Purpose.LOAD, b"x" * 999))
        await way.send(url, Request("POST", "/services/oauth2/token", Purpose.LOGIN, b"assertion=" + b"x" * 5_000))
        await way.send(url, READ)
    assert ["Content-Encoding" in request.headers for request in heard] == [False, False, False]


async def test_the_same_body_becomes_the_same_bytes(talk: Talking):
    sent: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
        sent.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    port = await talk(listen)
    async with packing() as way:
        for _ in range(2):
            await way.send(f"http://127.0.0.1:{port}", Request("POST", "/services/x", Purpose.LOAD, b"a,b" * 1_000))
    assert sent[0] == sent[1]
    assert gzip.decompress(sent[0]) == b"a,b" * 1_000


async def test_a_packed_body_that_has_begun_to_leave_may_have_been_executed(talk: Talking):
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(1)

    port = await talk(hang_up)
    async with packing() as way:
        delivery = await way.send(f"http://127.0.0.1:{port}", Request("POST", "/services/x", Purpose.LOAD, b"a,b" * 1_000))
    assert isinstance(delivery, NoReply)


async def test_a_packed_body_that_found_nobody_was_not_sent(free_port: int):
    async with packing() as way:
        delivery = await way.send(f"http://127.0.0.1:{free_port}", Request("POST", "/services/x", Purpose.LOAD, b"a,b" * 1_000))
    assert isinstance(delivery, NotSent)
