"""Why no reply came, in plain words."""

import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from pipeline.transport.failures import reason

KEY = ConnectionKey("org.example", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "Name or service not known")), "the name org.example is not known"),
        (aiohttp.ClientProxyConnectionError(KEY, OSError(111, "refused")), "the proxy can't be reached"),
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("self-signed")),
            "the certificate of org.example is not trusted: name its authority in org.ca_file, if that is a private one",
        ),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version")), "no TLS connection to org.example:443"),
        (
            aiohttp.ClientConnectorError(KEY, OSError(111, "Connection refused")),
            "no connection to org.example:443 (Connection refused)",
        ),
        (aiohttp.ClientConnectorError(KEY, OSError()), "no connection to org.example:443 (OSError)"),
        (TimeoutError(), "no connection within 30 seconds"),
        (aiohttp.ConnectionTimeoutError(), "no connection within 30 seconds"),
        (aiohttp.InvalidURL(URL("http://a")), "no connection (InvalidURL)"),
    ],
)
def test_what_failed_before_a_byte_left_is_said_plainly(error: Exception, words: str):
    assert reason(error, left=False, timeout=630, connect_timeout=30) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "no whole reply within 630 seconds"),
        (aiohttp.SocketTimeoutError(), "no whole reply within 630 seconds"),
        (aiohttp.ServerDisconnectedError(), "the connection was closed before a reply came"),
        (aiohttp.ClientPayloadError("token=secret"), "the reply broke off"),
        (aiohttp.ClientOSError(104, "reset"), "the connection broke (ClientOSError)"),
    ],
)
def test_what_failed_after_that_is_said_plainly(error: Exception, words: str):
    assert reason(error, left=True, timeout=630, connect_timeout=30) == words
