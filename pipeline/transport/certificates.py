"""Whom TLS trusts: the machine's certificates, loaded once, and only if an org is reached by TLS.

aiohttp loads them twice while it is imported, which is an eighth of the whole start. Here it is imported without that: the
contexts that it makes for itself trust nobody, so a request that is not given `trusted()` fails.
"""

import ssl


def _load_none(_: ssl.SSLContext) -> None:
    pass


ssl.SSLContext.set_default_verify_paths = _load_none  # type: ignore[assignment] # mypy counts the instance twice
import aiohttp  # noqa: E402, F401 - while certificates are not loaded; it stays in sys.modules

del ssl.SSLContext.set_default_verify_paths  # what is there now was inherited


def trusted() -> ssl.SSLContext:
    """Load what the machine trusts; the environment may name others (`SSL_CERT_FILE`, `SSL_CERT_DIR`)."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
