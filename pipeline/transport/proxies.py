"""Which proxy leads to a server: what the machine's environment says (`HTTPS_PROXY`, `NO_PROXY` ...)."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy, None for the direct way. This machine itself is never asked for through a proxy."""
    server = urlsplit(url)
    if server.hostname in _LOOPBACK or proxy_bypass(server.netloc):
        return None
    proxy = getproxies().get(server.scheme)
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
