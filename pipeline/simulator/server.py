"""The org on the wire: paths, who is let in, what is counted.

Middlewares, from the outside in: what goes wrong becomes an answer; the token; the allowance; how much runs at once; the
latency. Then the request is read; if the org has a plan of faults, they happen there (`faults.py`); innermost is the endpoint.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from pipeline.simulator import limits, versions
from pipeline.simulator.compressed import unpacked
from pipeline.simulator.errors import ApiError, not_found, session_expired
from pipeline.simulator.faults import Faults
from pipeline.simulator.org import Org
from pipeline.simulator.pages import Pages
from pipeline.simulator.replies import JSON, reply
from pipeline.simulator.routes import ROUTES, UNKNOWN, Route
from pipeline.simulator.uploads import received
from pipeline.simulator.wire import Answer, Call

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LONGEST_LINE = 16384
"""Bytes of a request line or header; the vendor's limit is that of all of them together."""
_LARGEST_BODY = 64 * 2**20
_PATIENCE = 2.0
"""Seconds that requests under way get when the server stops."""
_SCHEMES = frozenset({"bearer", "oauth"})
_ORG = web.AppKey("org", Org)
_FAULTS = web.AppKey("faults", Faults)
_TWICE = ".slash"
"""Ends the names of routes whose path begins with two slashes: the Salesforce CLI puts one behind the address of the org."""
_BY_NAME = {route.name: route for route in ROUTES}
_METERED = web.RequestKey("metered", bool)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    url: str


@asynccontextmanager
async def serve(org: Org, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Serve the org until the block is left, by TLS if there is a context; with port 0 on any free port. The org stays open."""
    runner = web.AppRunner(
        application(org),
        access_log=None,
        auto_decompress=False,  # it unpacks without a limit
        shutdown_timeout=_PATIENCE,
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        yield Served(f"{'https' if tls else 'http'}://{host}:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def application(org: Org) -> web.Application:
    """Make the application: routes, and the middlewares in their order."""
    layers = (_answering, _letting_in, _metering, _crowding, _taking_time)
    app = web.Application(middlewares=layers, client_max_size=_LARGEST_BODY)
    app[_ORG] = org
    app.on_response_prepare.append(_say_usage)
    if org.faults is not None:
        app[_FAULTS] = faults = Faults(org, org.faults)
        app.on_shutdown.append(faults.stop)
    for route in ROUTES:
        path = f"{route.path}{{slash:/?}}"
        app.router.add_route(route.method, path, _handler(route), name=route.name)
        app.router.add_route(route.method, f"/{path}", _handler(route), name=f"{route.name}{_TWICE}")
    return app


def _handler(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        parts = request.match_info
        if "version" in parts:
            versions.check(parts["version"])
        base = f"{request.scheme}://{request.host}"
        upload = await _upload(request) if route.takes_upload else None
        body = b"" if upload is not None else await _body(request)
        path = f"/{request.path.lstrip('/')}"
        call = Call(request.method, path, base, parts, request.query, request.headers, body, upload)
        org = request.app[_ORG]
        if org.faults is None:
            return reply(route.endpoint(org, call))
        return await request.app[_FAULTS].answer(request, route.name, call.body, partial(route.endpoint, org, call))

    return handle


async def _upload(request: web.Request) -> Pages:
    headers = request.headers
    return await received(request.content.iter_any(), headers.get("Content-Type", ""), headers.get("Content-Encoding", ""))


async def _body(request: web.Request) -> bytes:
    """Read the whole body, chunked or not, and unpack it, up to a size: a few kilobytes may be meant to become gigabytes."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", f"The request body has more than {_LARGEST_BODY} bytes") from error
    except web.RequestPayloadError as error:
        raise ApiError(400, "JSON_PARSER_ERROR", "The request body can't be read") from error
    return unpacked(body, request.headers.get("Content-Encoding", ""), _LARGEST_BODY)


@web.middleware
async def _answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    request.app[_ORG].calls[_route(request).name] += 1
    try:
        return await handler(request)
    except ApiError as error:
        return _refusal(error)
    except web.HTTPNotFound:
        return _refusal(not_found())
    except web.HTTPMethodNotAllowed as error:
        allowed = ",".join(sorted(error.allowed_methods))
        message = f"HTTP Method '{error.method}' not allowed. Allowed are {allowed}"
        return _refusal(ApiError(405, "METHOD_NOT_ALLOWED", message))
    except ConnectionResetError:  # the client is gone before its request was whole: nobody hears an answer
        return web.Response(status=400)


@web.middleware
async def _letting_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    if _route(request).needs_token:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in _SCHEMES or not request.app[_ORG].lets_in(token.strip()):
            raise session_expired()
    return await handler(request)


@web.middleware
async def _metering(request: web.Request, handler: Handler) -> web.StreamResponse:
    org = request.app[_ORG]
    if _route(request).metered:
        request[_METERED] = True
        if not org.allowance.take(org.now()):
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    return await handler(request)


@web.middleware
async def _crowding(request: web.Request, handler: Handler) -> web.StreamResponse:
    with request.app[_ORG].traffic.passing(_route(request).name):
        return await handler(request)


@web.middleware
async def _taking_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    if seconds := request.app[_ORG].latency or request.app[_ORG].traffic.draw():
        await asyncio.sleep(seconds)  # noqa: TID251 - a server's slowness; no code is shared with the client
    return await handler(request)


async def _say_usage(request: web.Request, response: web.StreamResponse) -> None:
    if request.get(_METERED, False) and response.headers.get("Content-Type") == JSON:  # others don't know it
        response.headers["Sforce-Limit-Info"] = limits.usage(request.app[_ORG])


def _route(request: web.Request) -> Route:
    return _BY_NAME.get((request.match_info.route.name or "").removesuffix(_TWICE), UNKNOWN)


def _refusal(error: ApiError) -> web.Response:
    return reply(Answer(error.status, error.body))
