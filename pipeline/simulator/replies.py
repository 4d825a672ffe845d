"""An answer on its way out, as aiohttp sends it."""

from aiohttp import web

from pipeline.simulator.wire import Answer

JSON = "application/json;charset=UTF-8"
"""The type of all that the org itself says."""


def reply(answer: Answer) -> web.Response:
    """Make the response: JSON, unless the answer says something else."""
    return web.Response(body=answer.body(), status=answer.status, headers={"Content-Type": JSON, **answer.headers})
