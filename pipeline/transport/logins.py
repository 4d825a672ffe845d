"""Ways to a token. Secrets come in as functions that read them, so that none is kept longer than it is needed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from pipeline.errors import AccessRefused, TreeloadError
from pipeline.model.wire import Delivery, Request
from pipeline.salesforce import oauth
from pipeline.salesforce.oauth import Token
from pipeline.salesforce.oauth_advice import Grant
from pipeline.transport.assertions import Signer

Send = Callable[[str, Request], Awaitable[Delivery]]
"""Sends a request, without a token, to the server at an address."""


class Login(Protocol):
    """A way to a token."""

    async def __call__(self, send: Send) -> Token:
        """Get a token.

        :raises TreeloadError: there is none.
        """
        ...


class GivenToken:
    """A token that somebody else got. When it has run out it is read again: perhaps there is a fresh one by now."""

    def __init__(self, instance_url: str, read: Callable[[], str]) -> None:
        self._instance_url = instance_url
        self._read = read
        self._last: str | None = None

    async def __call__(self, send: Send) -> Token:  # noqa: ARG002 - nobody needs to be asked
        """Read the token."""
        token = self._read()
        if token == self._last:
            raise AccessRefused(
                "the access token has expired or is not valid; get a fresh one, put it where org.auth.token points, and run again"
            )
        self._last = token
        return oauth.check(Token(token, self._instance_url))


class ClientCredentials:
    """Asks the org for a token in the name of a connected app."""

    def __init__(self, login_url: str, client_id: Callable[[], str], client_secret: Callable[[], str]) -> None:
        self._login_url = login_url
        self._client_id = client_id
        self._client_secret = client_secret

    async def __call__(self, send: Send) -> Token:
        """Ask."""
        request = oauth.build(self._client_id(), self._client_secret())
        return oauth.decipher(await send(self._login_url, request), self._login_url)


class JwtBearer:
    """Asks the org for a token with an assertion that an app's private key has signed. The key is read once."""

    def __init__(
        self,
        login_url: str,
        client_id: Callable[[], str],
        username: str,
        private_key: Callable[[], str],
        *,
        audience: str,
        now: Callable[[], datetime],
    ) -> None:
        self._login_url = login_url
        self._client_id = client_id
        self._username = username
        self._audience = audience or oauth.audience_of(login_url)
        self._signer = Signer(private_key)
        self._now = now

    async def __call__(self, send: Send) -> Token:
        """Sign and ask. Signing takes milliseconds, reading the key tens of them: a thread does both."""
        about = (self._client_id(), self._username, self._audience, self._now())
        assertion = await asyncio.to_thread(self._signer.sign, *about)
        delivery = await send(self._login_url, oauth.build_jwt(assertion))
        return oauth.decipher(delivery, self._login_url, Grant.JWT_BEARER, self._now())


class Keeper(Protocol):
    """Where a refresh token lies. All of it may block."""

    def hold(self) -> Callable[[], None]:
        """Keep other commands from it, until what is returned is called."""
        ...

    def read(self) -> str:
        """Read it."""
        ...

    def keep(self, secret: str) -> None:
        """Put another one there."""
        ...


class RefreshToken:
    """Asks the org for a token with a refresh token. Where the org gives another refresh token with it, that one is kept.

    Each refresh token is then good for one use only, so nobody else may use the same one meanwhile. `tell` says to a person
    that one could not be kept.
    https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
    """

    def __init__(
        self,
        login_url: str,
        client_id: Callable[[], str],
        client_secret: Callable[[], str] | None,
        *,
        keeper: Keeper,
        tell: Callable[[str], None],
    ) -> None:
        self._login_url = login_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._keeper = keeper
        self._tell = tell
        self._unkept: str | None = None

    async def __call__(self, send: Send) -> Token:
        """Ask; once more if somebody who doesn't keep to the lock has put a new refresh token there meanwhile."""
        release = await asyncio.to_thread(self._keeper.hold)
        try:
            used = self._unkept or self._keeper.read()
            try:
                token = await self._ask(send, used)
            except AccessRefused:
                fresh = self._keeper.read()
                if self._unkept or fresh == used:
                    raise
                used = fresh
                token = await self._ask(send, used)
            if token.refresh_token is not None and token.refresh_token != used:
                await self._replace(token.refresh_token)
        finally:
            release()
        return token

    async def _ask(self, send: Send, refresh_token: str) -> Token:
        secret = self._client_secret() if self._client_secret is not None else None
        request = oauth.build_refresh(refresh_token, self._client_id(), secret)
        return oauth.decipher(await send(self._login_url, request), self._login_url, Grant.REFRESH_TOKEN)

    async def _replace(self, refresh_token: str) -> None:
        try:
            await asyncio.to_thread(self._keeper.keep, refresh_token)
        except TreeloadError as error:
            self._unkept = refresh_token
            self._tell(
                f"the org has replaced the refresh token, and the new one can't be kept: {error}. This command goes on with it; "
                "the next one can't log in until you have authorised the app anew"
            )
        else:
            self._unkept = None
