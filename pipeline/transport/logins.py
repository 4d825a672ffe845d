"""Ways to a token. Secrets come in as functions that read them, so that none is kept longer than it is needed."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from pipeline.errors import AccessRefused
from pipeline.model.wire import Delivery, Request
from pipeline.salesforce import oauth
from pipeline.salesforce.oauth import Token

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
