"""The connected app through which clients log in: what it knows of them, and which refresh tokens are good.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
"""

import secrets
from typing import Literal

_REFRESH_TOKEN_BYTES = 48


class ConnectedApp:
    """Client id and secret; the certificate (PEM) whose private key signs assertions; refresh tokens.

    With `rotates` each use of a refresh token gives another, and the used one is good no longer. `tokens` is the form of the
    access tokens: opaque, or a JWT.
    """

    def __init__(
        self,
        *,
        client_id: str = "embedded",
        client_secret: str = "embedded",  # noqa: S107 - guards nothing: the org is pretended
        certificate: bytes | None = None,
        rotates: bool = False,
        tokens: Literal["opaque", "jwt"] = "opaque",
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.certificate = certificate
        self.rotates = rotates
        self.tokens = tokens
        self.refresh_tokens: set[str] = set()
        """Those that are good."""

    def authorise(self, refresh_token: str = "") -> str:
        """Give a refresh token, as after a user's authorisation in a browser; or take one for good that was given before."""
        token = refresh_token or f"5Aep861{secrets.token_urlsafe(_REFRESH_TOKEN_BYTES).replace('-', '.')}"
        self.refresh_tokens.add(token)
        return token

    def use(self, refresh_token: str) -> str | None:
        """Give the refresh token that takes the place of the used one, if the app rotates them. Raises KeyError for a bad one."""
        if refresh_token not in self.refresh_tokens:
            raise KeyError(refresh_token)
        if not self.rotates:
            return None
        self.refresh_tokens.remove(refresh_token)
        return self.authorise()
