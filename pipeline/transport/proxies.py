"""Which proxy leads to a server: what the machine's environment says (`HTTPS_PROXY`, `NO_PROXY` ...)."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pipeline.errors import UsageError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SCHEMES = frozenset({"http", "https"})


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy, None for the direct way. This machine itself is never asked for through a proxy.

    :raises UsageError: what is set is no address of a proxy; it isn't repeated, for it may hold a password.
    """
    server = urlsplit(url)
    if server.hostname in _LOOPBACK or proxy_bypass(server.netloc):
        return None
    proxy = getproxies().get(server.scheme)
    if not proxy:
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    if not _can_be_one(address):
        raise UsageError(
            f"{server.scheme.upper()}_PROXY in the environment is no address of a proxy: write http://host:port, or "
            "http://user:password@host:port, where : / @ of a password are %3A %2F %40"
        )
    return address


def _can_be_one(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port  # looked at here, it may be none
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname) and port != 0
