"""One request, one delivery, over one aiohttp session: the only place where bytes leave for the org.

What is told apart is whether the request provably stayed here. aiohttp calls `on_request_chunk_sent` just before it hands the
first byte of a body to the connection, and `on_request_headers_sent` before the headers. A request without its body can't be
executed, so whatever fails before the first of its body was not sent; all else may have been.
https://docs.aiohttp.org/en/stable/tracing_reference.html
"""

import io
import zlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from ssl import SSLContext
from types import SimpleNamespace
from typing import Self

import aiohttp

from pipeline import __version__
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply, Request
from pipeline.transport.blots import blotted
from pipeline.transport.certificates import Trust
from pipeline.transport.failures import reason
from pipeline.transport.proxies import proxy_for
from pipeline.transport.sockets import kept_alive

CONNECT_TIMEOUT = 30.0
"""Seconds for name lookup, connection and TLS."""

_KEEP_IDLE = 4.0
"""Seconds an idle connection is kept. Many servers close theirs after 5; a request that meets such a close is in doubt."""

_LARGE = 1 << 20
"""Above this size aiohttp wants a body as a stream, to write it in pieces."""

_WORTH_PACKING = 1_000
"""Bytes from which on a body is compressed, if that is wanted."""

_LEVEL = 1
"""Of zlib's nine, measured (benchmarks/README.md): higher ones take up to six times as long to save another few percent."""

_GZIP = 31
"""What zlib calls the form of gzip. It writes no time, so that the same body becomes the same bytes."""

_SELF = f"treeload/{__version__}"
_HEADERS: Mapping[str, str] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # replies are small: to unpack them costs more than it saves
    "User-Agent": _SELF,
}


@dataclass(slots=True)
class _Journey:
    """How far a request has come."""

    has_body: bool
    left: bool = False


class Exchange:
    """Sends requests, at most `concurrency` at the same time; `timeout` is in seconds, from the start to the whole reply.

    Each call that leaves is counted in `calls`. `client` is what the org's log files call the sender; by itself this program
    and its version. No default namespace is set: names of fields come from the describe, which has them whole.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_calloptions.htm
    With `packs` larger bodies go out compressed, but for those of a login.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_compression.htm
    """

    def __init__(
        self,
        *,
        concurrency: int,
        timeout: float,
        calls: MutableMapping[Purpose, int],
        client: str = "",
        packs: bool = False,
        trust: Trust | None = None,
    ) -> None:
        self._concurrency = concurrency
        self._timeout = timeout
        self._calls = calls
        self._packs = packs
        self._trust = trust or Trust()
        self._headers = {**_HEADERS, "Sforce-Call-Options": f"client={client or _SELF}"}
        self._headers_with_body = {**self._headers, "Content-Type": "application/json; charset=UTF-8"}
        self._ways: dict[str, tuple[str | None, SSLContext | bool]] = {}

    async def __aenter__(self) -> Self:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_note_headers)
        trace.on_request_chunk_sent.append(_note_body)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._concurrency, keepalive_timeout=_KEEP_IDLE, socket_factory=kept_alive),
            timeout=aiohttp.ClientTimeout(total=self._timeout, connect=CONNECT_TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(self, url: str, request: Request, token: str | None = None) -> Delivery:
        """Send once to the server at `url` (scheme, host and port), with a bearer token if one is given.

        A failure is a delivery, too; nothing is raised for it.
        """
        journey = _Journey(has_body=request.body is not None)
        try:
            return await self._deliver(url, request, token, journey)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = reason(error, left=journey.left, timeout=self._timeout, connect_timeout=CONNECT_TIMEOUT)
            return NoReply(why) if journey.left else NotSent(why)
        finally:
            if journey.left:
                self._calls[request.purpose] = self._calls.get(request.purpose, 0) + 1

    async def _deliver(self, url: str, request: Request, token: str | None, journey: _Journey) -> Reply:
        headers = {**(self._headers if request.body is None else self._headers_with_body), **request.headers}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = request.body
        if self._packs and body is not None and len(body) >= _WORTH_PACKING and request.purpose is not Purpose.LOGIN:
            body = zlib.compress(body, _LEVEL, wbits=_GZIP)
            headers["Content-Encoding"] = "gzip"
        proxy, tls = self._way(url)
        async with self._session.request(
            request.method,
            url + request.path,
            data=_as_payload(body),
            headers=headers,
            allow_redirects=False,
            proxy=proxy,
            ssl=tls,
            trace_request_ctx=journey,
        ) as response:
            said = await response.read()
            hidden = () if response.status == HTTPStatus.OK else request.secrets
            said = blotted(said, hidden if token is None else (*hidden, token))
            return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, said)

    def _way(self, url: str) -> tuple[str | None, SSLContext | bool]:
        """Find out once which proxy leads to a server, and whom TLS trusts if there is any on the way."""
        if url not in self._ways:
            proxy = proxy_for(url)
            self._ways[url] = proxy, self._tls if "https://" in f"{url} {proxy}".lower() else True
        return self._ways[url]

    @cached_property
    def _tls(self) -> SSLContext:
        return self._trust.context()


async def _note_headers(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams) -> None:
    journey: _Journey = context.trace_request_ctx
    journey.left = not journey.has_body


async def _note_body(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestChunkSentParams) -> None:
    context.trace_request_ctx.left = True


def _as_payload(body: bytes | None) -> bytes | io.BytesIO | None:
    return io.BytesIO(body) if body is not None and len(body) > _LARGE else body
