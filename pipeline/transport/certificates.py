"""Whom TLS trusts, and who we are for it: certificates, loaded once, and only if an org is reached by TLS.

aiohttp loads the machine's twice while it is imported, which is an eighth of the whole start. Here it is imported without that:
the contexts that it makes for itself trust nobody, so a request that is not given one of ours fails.
"""

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pipeline.errors import UsageError


def _load_none(_: ssl.SSLContext) -> None:
    pass


ssl.SSLContext.set_default_verify_paths = _load_none  # type: ignore[assignment] # mypy counts the instance twice
import aiohttp  # noqa: E402, F401 - while certificates are not loaded; it stays in sys.modules

del ssl.SSLContext.set_default_verify_paths  # what is there now was inherited


_LARGEST_KEY = 1 << 15
"""Characters that a private key may have, with certificates beside it; a pipe holds so many without a reader."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Who is trusted besides those whom the machine trusts, and what shows who we are. All files are PEM."""

    ca_file: str = ""
    """Certificates of authorities."""
    certificate: str = ""
    """Our certificate, and those that lead from it to an authority which the org trusts.
    https://help.salesforce.com/s/articleView?id=000383575"""
    key: Callable[[], str] | None = None
    """Reads the certificate's private key."""

    def context(self) -> ssl.SSLContext:
        """Load what the machine trusts (the environment may name others: `SSL_CERT_FILE`, `SSL_CERT_DIR`), and the files.

        :raises UsageError: a file can't be used.
        """
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        if self.ca_file:
            _trust(context, self.ca_file)
        if self.certificate and self.key is not None:
            _identify(context, self.certificate, self.key())
        return context


def _trust(context: ssl.SSLContext, ca_file: str) -> None:
    if "-----BEGIN" not in _text("org.ca_file", ca_file):
        raise _not_pem("org.ca_file", ca_file)
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError:
        raise _not_pem("org.ca_file", ca_file) from None


def _identify(context: ssl.SSLContext, certificate: str, key: str) -> None:
    if "-----BEGIN CERTIFICATE-----" not in _text("org.client_certificate", certificate):
        raise _not_pem("org.client_certificate", certificate)
    if "PRIVATE KEY-----" not in key or len(key) > _LARGEST_KEY:
        raise UsageError("org.client_key is no private key in PEM form: -----BEGIN PRIVATE KEY----- and so on")
    try:
        with _as_file(key) as path:
            context.load_cert_chain(certificate, path, password=_refuse)
    except OSError:  # an SSLError is one; why it failed gets lost where the key is read from a pipe
        raise UsageError(
            f"org.client_key can't be used with org.client_certificate ({certificate}): "
            "check that both are whole and belong together"
        ) from None


def _text(setting: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="latin-1")
    except OSError as error:
        raise UsageError(f"{setting}: {path}: {error.strerror}: put the certificate there, readable for this user") from None


def _not_pem(setting: str, path: str) -> UsageError:
    return UsageError(f"{setting}: {path} holds no certificate in PEM form: -----BEGIN CERTIFICATE----- and so on")


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Give a path at which a text can be read once. OpenSSL takes keys from files only; so this one comes to no disk."""
    reading, writing = os.pipe()
    try:
        os.write(writing, text.encode())
        os.close(writing)
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def _refuse() -> NoReturn:
    """Answer when OpenSSL asks for a password; it would ask at the terminal."""
    raise UsageError("org.client_key is encrypted: write it without a password (openssl pkey), readable for you only")
