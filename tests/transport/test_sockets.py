"""Sockets that give signs of life."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import AddrInfoType, web

from pipeline.model.wire import Purpose, Request
from pipeline.transport import exchange
from pipeline.transport.sockets import kept_alive


def test_a_socket_gives_signs_of_life():
    with kept_alive((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 0))) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


async def test_every_connection_to_the_org_is_such_a_socket(
    serve: Callable[..., Awaitable[tuple[str, list[Any]]]], monkeypatch: pytest.MonkeyPatch
):
    made: list[socket.socket] = []

    def watched(address: AddrInfoType) -> socket.socket:
        made.append(kept_alive(address))
        return made[-1]

    async def hello(_: web.Request) -> web.Response:
        return web.Response()

    monkeypatch.setattr(exchange, "kept_alive", watched)
    url, _ = await serve(hello)
    async with exchange.Exchange(concurrency=1, timeout=30, calls={}) as way:
        await way.send(url, Request("GET", "/services", Purpose.LIMITS))
    assert len(made) == 1
