"""Servers on this machine: one that keeps to HTTP, and one that does with a connection whatever a test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest
from aiohttp import web
from multidict import CIMultiDictProxy


class Heard(NamedTuple):
    """A request as it reached the server, and the client's port."""

    method: str
    path: str
    headers: CIMultiDictProxy[str]
    body: bytes
    port: int


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Answer], Awaitable[tuple[str, list[Heard]]]]]:
    """Start a web server; get its address, and what it hears."""
    runners: list[web.AppRunner] = []

    async def start(answer: Answer) -> tuple[str, list[Heard]]:
        heard: list[Heard] = []

        async def listen(request: web.Request) -> web.StreamResponse:
            port = request.transport.get_extra_info("peername")[1] if request.transport else 0
            heard.append(Heard(request.method, request.path_qs, request.headers, await request.read(), port))
            return await answer(request)

        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", listen)
        runner = web.AppRunner(app, shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}", heard

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def talk() -> AsyncIterator[Callable[[Talk], Awaitable[int]]]:
    """Start a server that hands each connection to a function; get its port."""
    servers: list[asyncio.Server] = []

    async def start(converse: Talk) -> int:
        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await converse(reader, writer)
            finally:
                writer.close()

        server = await asyncio.start_server(run, "127.0.0.1", 0)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture
def free_port(unused_tcp_port: int) -> int:
    """Return a port at which nobody listens."""
    return unused_tcp_port
