"""A folder with all that a client needs to log in by each flow, each file for its owner only.

    client.secret   the secret of the app
    app.key         the private key that signs assertions (PEM)
    app.crt         its certificate, which the app has
    refresh.token   a refresh token; a client puts another there where the app rotates them

What is there already is taken over, so that an org that starts again knows the clients that it had.
"""

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.simulator.connected_app import ConnectedApp

_SECRET_BYTES = 32
_KEY_BITS = 2048
_VALID = timedelta(days=365)


def equip(folder: Path, *, rotates: bool) -> ConnectedApp:
    """Make the app, and the files for its clients. Raises OSError, and ValueError for what is there and is none of these."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret, key, certificate, refresh = (folder / name for name in ("client.secret", "app.key", "app.crt", "refresh.token"))
    if not secret.exists():
        _write(secret, f"{secrets.token_urlsafe(_SECRET_BYTES)}\n".encode())
    if not certificate.exists():
        private, public = _key_pair()
        _write(key, private)
        _write(certificate, public)
    app = ConnectedApp(client_secret=_text(secret), certificate=certificate.read_bytes(), rotates=rotates)
    if refresh.exists():
        app.authorise(_text(refresh))
    else:
        _write(refresh, f"{app.authorise()}\n".encode())
    return app


def _text(path: Path) -> str:
    text = path.read_text(encoding="ascii").strip()
    if not text:
        raise ValueError(f"{path}: is empty: remove it, and another is made")
    return text


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _key_pair() -> tuple[bytes, bytes]:
    """Make a private key and a certificate that it has signed itself, both as PEM."""
    # slow to import, and only a new folder needs them
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415 - see above

    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "embedded")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALID)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)
