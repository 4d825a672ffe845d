"""An answer on its way out, as aiohttp sends it."""

from collections.abc import AsyncIterator

from aiohttp import web

from pipeline.simulator.wire import Answer, Stream

JSON = "application/json;charset=UTF-8"
"""The type of all that the org itself says."""


def reply(answer: Answer) -> web.Response:
    """Make the response: JSON, unless the answer says something else."""
    body = _sent(answer.content) if isinstance(answer.content, Stream) else answer.body()
    return web.Response(body=body, status=answer.status, headers={"Content-Type": JSON, **answer.headers})


async def _sent(stream: Stream) -> AsyncIterator[bytes]:
    """Make the pieces one by one, as the client takes them."""
    for piece in stream.pieces():
        yield piece
