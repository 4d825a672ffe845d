"""The way to one org: a session, a token, and what the org says about its allowance and about being left alone."""

from collections.abc import MutableMapping
from functools import partial
from typing import Self

from pipeline.clock import Clock, SystemClock
from pipeline.model.wire import Delivery, NotSent, Purpose, Reply, Request
from pipeline.policy import allowance
from pipeline.salesforce import limits
from pipeline.salesforce.errors import retry_after
from pipeline.transport.certificates import Trust
from pipeline.transport.exchange import Exchange
from pipeline.transport.logins import Login
from pipeline.transport.tokens import Tokens

_BUSY = frozenset({403, 420, 429, 503})
"""Statuses of replies beside which a Retry-After means what it says."""


class Connection:
    """Logged in from the beginning to the end of its `async with`.

    At most `concurrency` requests are on their way at the same time; `timeout` is in seconds, for a whole reply. Each call
    that leaves is counted in `calls`. `client` is what the org's log files call the sender; with `packs` larger bodies are
    compressed. `reserve` is what is left of the org's calls for others: a share below 1, or a number.
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
        reserve: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self.calls = calls
        self.reserve = reserve
        self._exchange = Exchange(concurrency=concurrency, timeout=timeout, calls=calls, client=client, packs=packs, trust=trust)
        self._tokens = Tokens(partial(login, self._exchange.send))
        self._clock = clock or SystemClock()
        self._usage: allowance.Usage | None = None
        self._begun = 0
        self._quiet_until = 0.0

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

    @property
    def last_usage(self) -> tuple[int, int] | None:
        """Calls used of the org's day, and how many it has, as the org last said."""
        return (self._usage.used, self._usage.maximum) if self._usage else None

    def calls_left(self) -> int | None:
        """Say how many calls may be made without touching the reserve, those in flight included; None if the org hasn't said."""
        return self._usage.left(self.reserve) if self._usage else None

    def quiet_for(self) -> float:
        """Say for how many seconds the org has asked to be left alone (Retry-After)."""
        return max(self._quiet_until - self._clock.monotonic(), 0.0) if self._quiet_until else 0.0

    async def renew(self, generation: int) -> None:
        """Get a fresh token, unless somebody did since that generation.

        :raises TreeloadError: there is none to be had.
        """
        await self._tokens.renew(generation)

    async def send(self, request: Request) -> Delivery:
        """Send once, with the token of the moment."""
        token = await self._tokens.current()
        number = self._begun
        self._begun += 1
        delivery = await self._exchange.send(token.instance_url, request, token.access_token)
        self._note(delivery, number)
        return delivery

    async def ask_limits(self, api_version: str) -> None:
        """Ask the org for its allowance: where replies don't say it, or to hear whether calls have come back.

        :raises TreeloadError: see `limits.decipher`.
        """
        found = limits.decipher(await self.send(limits.build(api_version)))
        self._usage = allowance.Usage(found.maximum - found.remaining, found.maximum, self._begun)

    def _note(self, delivery: Delivery, number: int) -> None:
        """Take in what stands beside a reply; of a call without that it is assumed that it was counted."""
        match delivery:
            case NotSent():
                return
            case Reply() if found := limits.usage(delivery.headers):
                known = self._usage or allowance.Usage(*found, number)
                self._usage = known.heard(*found, number, self._begun)
            case _ if self._usage:
                self._usage = self._usage.missed(self._begun)
            case _:
                pass
        if isinstance(delivery, Reply) and delivery.status in _BUSY and (seconds := retry_after(delivery)):
            self._quiet_until = max(self._quiet_until, self._clock.monotonic() + seconds)
