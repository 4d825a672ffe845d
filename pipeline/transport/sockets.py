"""Sockets for replies that take minutes: the machine itself keeps an idle connection in use while the org computes.

Routers and load balancers forget connections on which nothing moves, some after a few minutes; the org may take ten. Without
a sign of life the reply would be lost on its way back, and its rows would be in doubt.
"""

import socket

import aiohttp

_IDLE = 60
"""Seconds of silence before the first sign of life."""
_INTERVAL = 15
"""Seconds between further ones; after several without an answer the connection counts as broken."""


def kept_alive(address: aiohttp.AddrInfoType) -> socket.socket:
    """Make a socket that gives signs of life (RFC 9293, section 3.8.4)."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in (("TCP_KEEPIDLE", _IDLE), ("TCP_KEEPINTVL", _INTERVAL)):
        option = getattr(socket, name, None)  # not on every system
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, seconds)
    return made
