"""Bad days: a plan's faults, done to requests as they come.

They happen between a request that was let in, counted and read, and the endpoint that would answer it. What a fault does before
it asks the endpoint happens before the commit; what it does afterwards, after the commit and before the answer.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from pipeline.simulator import refusals
from pipeline.simulator.errors import ApiError
from pipeline.simulator.fault_answers import altered, half, instead, locked
from pipeline.simulator.fault_plan import WITH_RESULTS, Fault
from pipeline.simulator.fault_turns import LOCKED, Struck, Turns, records
from pipeline.simulator.locks import LOCKING, Locks, NotLocked
from pipeline.simulator.org import Org
from pipeline.simulator.replies import JSON, reply
from pipeline.simulator.wire import Answer

Endpoint = Callable[[], Answer]
"""The endpoint with the request in it: calling it is the commit. Raises ApiError."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""Linger, for no time: the connection ends with a reset."""


class Faults:
    """Does what the turns say for as long as a server runs; `stop` ends what waits and forgets what was to be created later."""

    def __init__(self, org: Org, turns: Turns) -> None:
        self._org = org
        self._turns = turns
        self._stopped = asyncio.Event()
        self._later: set[asyncio.TimerHandle] = set()
        self._hold = turns.plan.locks
        self._locks = Locks(org, turns.plan.locks) if turns.plan.locks else None

    async def answer(self, request: web.Request, name: str, body: bytes, endpoint: Endpoint) -> web.StreamResponse:
        """Answer a request to the endpoint of this name, if need be in a bad way. Raises ApiError."""
        struck = self._turns.take(name, body)
        if struck is None:
            return reply(await self._undisturbed(request, name, body, endpoint))
        match struck.fault.do:
            case "changed" | "masked":
                return reply(altered(struck.fault, _outcome(endpoint)))
            case "late":
                self._commit_later(struck.fault.seconds, endpoint)
                return _cut(request) if struck.fault.status is None else reply(instead(struck))
            case do if do in refusals.KINDS and name in WITH_RESULTS:
                return reply(self._refusing(struck.fault, endpoint))
            case _:
                outcome = _outcome(endpoint) if struck.fault.when == "after_commit" else None
                return await self._happen(request, struck, endpoint, outcome)

    async def stop(self, _app: web.Application) -> None:
        """Cut what hangs, answer what is slow, and create nothing any more."""
        self._stopped.set()
        for timer in self._later:
            timer.cancel()
        self._later.clear()

    def _refusing(self, fault: Fault, endpoint: Endpoint) -> Answer:
        """Let the org write what isn't refused."""
        self._org.refusal = refusals.Refusal(fault)
        try:
            return _outcome(endpoint)
        finally:
            self._org.refusal = None

    async def _happen(
        self, request: web.Request, struck: Struck, endpoint: Endpoint, outcome: Answer | None
    ) -> web.StreamResponse:
        fault = struck.fault
        match fault.do:
            case "drop":
                return _cut(request, reset=fault.reset)
            case "hang":
                await self._wait(fault.seconds)
                return _cut(request)
            case "slow":
                await self._wait(fault.seconds)
                return reply(outcome or endpoint())
            case "truncated":
                return await _break_off(request, outcome)
            case "expired":
                self._org.expire_tokens()
                return reply(instead(struck))
            case _:
                return reply(instead(struck))

    async def _undisturbed(self, request: web.Request, name: str, body: bytes, endpoint: Endpoint) -> Answer:
        """Let the org do it; if rows are locked, as soon as they are free, and only after a while."""
        if self._locks is None or self._hold is None or name not in LOCKING:
            return endpoint()
        try:
            async with self._locks.taken(request.match_info["object"], tuple(records(body))):
                await self._wait(self._hold.hold)
                return endpoint()
        except NotLocked as missed:
            self._turns.happened[LOCKED] += 1
            return locked(missed.records, missed.parents)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    def _commit_later(self, seconds: float, endpoint: Endpoint) -> None:
        def commit() -> None:
            self._later.discard(timer)
            _outcome(endpoint)

        timer = asyncio.get_running_loop().call_later(seconds, commit)
        self._later.add(timer)


def _outcome(endpoint: Endpoint) -> Answer:
    """Let the org do it, and keep a refusal as the answer that it would have been."""
    try:
        return endpoint()
    except ApiError as error:
        return Answer(error.status, error.body)


def _cut(request: web.Request, *, reset: bool = False) -> web.StreamResponse:
    """Cut the connection without an answer. The response is for the server only: it reaches nobody."""
    if request.transport is not None:
        if reset:
            request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        request.transport.abort()
    return web.Response()


async def _break_off(request: web.Request, outcome: Answer | None) -> web.StreamResponse:
    """Announce a whole answer, send half of it, and close the connection."""
    answer, beginning = half(outcome)
    headers = {"Content-Type": JSON, **answer.headers, "Content-Length": str(len(answer.body()))}
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    await response.write(beginning)
    if request.transport is not None:
        request.transport.close()  # unlike abort, it sends what was written
    return response
