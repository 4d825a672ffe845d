"""Secrets that come back: an error page may repeat the request that it is about, and what it says goes into reports and logs."""

import html
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

import orjson

SHORTEST = 12
"""Characters of a secret that is looked for. The vendor's tokens and secrets are longer; a shorter one might stand in what the
org says of records, and that must stay as it is."""
_BLOT = b"[secret]"
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
"""Characters that stay themselves in whatever way they are written."""


def blotted(body: bytes, secrets: Iterable[str]) -> bytes:
    """Blot secrets out of a body, as they are and as forms, addresses, pages and JSON write them.

    A body without any of them costs a search for the longest plain piece of each.
    """
    for secret in secrets:
        if len(secret) >= SHORTEST and max(_PLAIN.findall(secret), key=len, default="").encode() in body:
            for written in _ways_to_write(secret):
                body = body.replace(written, _BLOT)
    return body


def _ways_to_write(secret: str) -> list[bytes]:
    """List the ways, the longest first: none leaves a piece of another."""
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    texts.add(orjson.dumps(secret).decode()[1:-1])
    return sorted({text.encode() for text in texts if text}, key=len, reverse=True)
