"""What went wrong on the way, in a few plain words. Nothing here repeats an address with a password or a token in it."""

import aiohttp


def reason(error: Exception, *, left: bool, timeout: float, connect_timeout: float) -> str:
    """Say why no reply came. `left` tells whether the request may have left; the limits are in seconds."""
    return _after(error, timeout) if left else _before(error, min(timeout, connect_timeout))


def _before(error: Exception, limit: float) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} is not known"
        case aiohttp.ClientProxyConnectionError():
            return "the proxy can't be reached"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy refuses the connection with HTTP {error.status}"
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {error.host} is not trusted: name its authority in org.ca_file, if that is a private one"
        case aiohttp.ClientSSLError():
            return f"no TLS connection to {error.host}:{error.port}"
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host}:{error.port} ({error.os_error.strerror or type(error.os_error).__name__})"
        case TimeoutError():
            return f"no connection within {limit:g} seconds"
        case _:
            return f"no connection ({type(error).__name__})"


def _after(error: Exception, limit: float) -> str:
    match error:
        case TimeoutError():
            return f"no whole reply within {limit:g} seconds"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed before a reply came"
        case aiohttp.ClientPayloadError():
            return "the reply broke off"
        case aiohttp.ClientResponseError():
            return "the reply is no HTTP"
        case _:
            return f"the connection broke ({type(error).__name__})"
