"""Assertions for the JWT bearer flow, signed with RS256. The libraries are slow to import, so only who signs does it.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pipeline.errors import UsageError

_LIFE = 120
"""Seconds that an assertion holds. The vendor's page allows three minutes; the rest is for a clock that is ahead of the org's."""


class Signer:
    """Signs with one private key, which is read and parsed at the first use. Not for two threads at the same time."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._key: Any = None

    def sign(self, client_id: str, username: str, audience: str, now: datetime) -> str:
        """Make an assertion that holds for some minutes from `now`.

        :raises UsageError: the private key can't be used.
        """
        import jwt  # noqa: PLC0415 - see above

        if self._key is None:
            self._key = _parsed(self._read())
        claims = {"iss": client_id, "sub": username, "aud": audience, "exp": int(now.timestamp()) + _LIFE}
        return jwt.encode(claims, self._key, algorithm="RS256")


def _parsed(text: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - see above

    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise UsageError(
            "org.auth.private_key is encrypted: write it without a password (openssl pkey), readable for you only"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError("org.auth.private_key is no private key in PEM form: -----BEGIN PRIVATE KEY----- and so on") from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageError("org.auth.private_key is no RSA key, and the org takes no others for this: make one (openssl genrsa)")
    return key
