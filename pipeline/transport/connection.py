"""The way to one org: a session, a token, and what the org says about its allowance."""

from collections.abc import MutableMapping
from functools import partial
from typing import Self

from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.salesforce import limits
from pipeline.transport.certificates import Trust
from pipeline.transport.exchange import Exchange
from pipeline.transport.logins import Login
from pipeline.transport.tokens import Tokens


class Connection:
    """Logged in from the beginning to the end of its `async with`.

    At most `concurrency` requests are on their way at the same time; `timeout` is in seconds, for a whole reply. Each call
    that leaves is counted in `calls`. `client` is what the org's log files call the sender; with `packs` larger bodies are
    compressed.
    """

    def __init__(
        self,
        login: Login,
        *,
        concurrency: int,
        timeout: float,
        calls: MutableMapping[Purpose, int],
        client: str = "",
        packs: bool = False,
        trust: Trust | None = None,
    ) -> None:
        self.calls = calls
        self._exchange = Exchange(concurrency=concurrency, timeout=timeout, calls=calls, client=client, packs=packs, trust=trust)
        self._tokens = Tokens(partial(login, self._exchange.send))
        self.last_usage: tuple[int, int] | None = None
        """Calls used of the org's day, and how many it has, as the org last said."""

    async def __aenter__(self) -> Self:
        await self._exchange.__aenter__()
        try:
            await self._tokens.current()
        except BaseException:
            await self._exchange.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exchange.__aexit__()

    @property
    def generation(self) -> int:
        """Counts tokens: a request is sent with the token of the generation at that moment."""
        return self._tokens.generation

    async def address(self) -> str:
        """Say where requests go: scheme, host and port, as the login gave it."""
        return (await self._tokens.current()).instance_url

    async def renew(self, generation: int) -> None:
        """Get a fresh token, unless somebody did since that generation.

        :raises TreeloadError: there is none to be had.
        """
        await self._tokens.renew(generation)

    async def send(self, request: Request) -> Delivery:
        """Send once, with the token of the moment."""
        token = await self._tokens.current()
        delivery = await self._exchange.send(token.instance_url, request, token.access_token)
        if isinstance(delivery, Reply):
            self.last_usage = limits.usage(delivery.headers) or self.last_usage
        return delivery
