"""Assertions of the JWT bearer flow: whether one is signed, for us, and not too old.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
https://datatracker.ietf.org/doc/html/rfc7523#section-3
"""

import base64
from typing import Any

import orjson

LIFE = 180
"""Seconds that an assertion may hold from now on."""
_PARTS = 3


def claims_of(assertion: str) -> dict[str, Any]:
    """Read the claims, whoever has signed them. Raises ValueError for what is no JWT by RS256."""
    parts = _parts(assertion)
    head, claims = orjson.loads(parts[0]), orjson.loads(parts[1])
    if not (isinstance(head, dict) and head.get("alg") == "RS256" and isinstance(claims, dict)):
        raise ValueError("no JWT that is signed by RS256")
    return claims


def is_signed(assertion: str, certificate: bytes | None) -> bool:
    """Say whether the private key of the certificate has signed a JWT."""
    signed, _, _ = assertion.rpartition(".")
    return certificate is not None and _has_signed(certificate, signed.encode(), _parts(assertion)[-1])


def _parts(assertion: str) -> list[bytes]:
    parts = assertion.split(".")
    if len(parts) != _PARTS:
        raise ValueError("no JWT: it has three parts")
    return [base64.urlsafe_b64decode(f"{part}{'=' * (-len(part) % 4)}") for part in parts]


def _has_signed(certificate: bytes, text: bytes, signature: bytes) -> bool:
    # slow to import, and only this flow needs them
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see above
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 - see above

    key = load_pem_x509_certificate(certificate).public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def is_for(audience: object, address: str) -> bool:
    """Say whether it is meant for us: the login host of production or of sandboxes, or the org's own address."""
    audiences = audience if isinstance(audience, list) else [audience]
    ours = {"https://login.salesforce.com", "https://test.salesforce.com", address}
    return any(isinstance(one, str) and one.rstrip("/") in ours for one in audiences)
