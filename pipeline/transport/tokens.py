"""The access token in use, and a fresh one when it has run out: asked for once, however many want it."""

import asyncio
from collections.abc import Awaitable, Callable

from pipeline.errors import TreeloadError
from pipeline.salesforce.oauth import Token


class Tokens:
    """Holds one token at a time. `generation` counts them, from 1; 0 says that there was none yet."""

    def __init__(self, login: Callable[[], Awaitable[Token]]) -> None:
        self._login = login
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._failures = 0
        self._failure: TreeloadError | None = None
        self.generation = 0

    async def current(self) -> Token:
        """Give the token; log in if there is none yet.

        :raises TreeloadError: what the login raises.
        """
        while self._token is None:
            await self.renew(0)
        return self._token

    async def renew(self, generation: int) -> None:
        """Log in again, unless somebody did since the token of this generation. A failure is that of all who wait for it.

        :raises TreeloadError: what the login raises.
        """
        failures = self._failures
        async with self._lock:
            if self.generation != generation:
                return
            if self._failure is not None and self._failures != failures:  # whoever waited meanwhile asks no second time
                raise self._failure
            try:
                self._token = await self._login()
            except TreeloadError as error:
                self._failures += 1
                self._failure = error
                raise
            self.generation += 1
