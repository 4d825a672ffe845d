"""A pretend org that costs next to nothing, so that the client is what is measured. How the API behaves, the embedded org knows.

    python benchmarks/stub.py [--port N] [--latency-ms N]      prints one JSON line with its url once it listens

It creates whatever it is sent as `composite/tree/Contact`, plain or gzipped. `GET /__stats` counts requests, records, the bytes
of these bodies, the most requests in flight, and the CPU seconds of this process; `GET /__starts` lists the moments at which
trees came, in seconds.
"""

import argparse
import asyncio
import re
import time
import zlib
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import NamedTuple, cast

import orjson

FIELDS = {  # of Contact, with type and length
    "Id": ("id", 18),
    "Import_Key__c": ("string", 40),
    "FirstName": ("string", 40),
    "LastName": ("string", 80),
    "Email": ("email", 80),
    "Phone": ("phone", 40),
    "MailingCity": ("string", 40),
    "MailingCountry": ("string", 80),
    "Title": ("string", 128),
    "Birthdate": ("date", 0),
    "Description": ("textarea", 32_000),
}

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALLOWANCE = 5_000_000
_REFERENCE = re.compile(rb'"referenceId":\s*"(\w+)')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_VERSION = re.compile(rb"/services/data/v\d+\.\d")
_BLANK_LINE = b"\r\n\r\n"
_GZIP = b"\x1f\x8b"
_BETWEEN = b'{"referenceId":"'
_HEAD = (
    b"HTTP/1.1 %s\r\nContent-Type: application/json;charset=UTF-8\r\nSforce-Limit-Info: api-usage=%d/%d\r\n"
    b"Content-Length: %d\r\n\r\n"
)


class Body(NamedTuple):
    """Where the body of a request stands."""

    buffer: bytearray
    begin: int
    end: int


class Org:
    """What was asked of it, and what it says. It keeps no records."""

    def __init__(self) -> None:
        self.requests = 0
        self.records = 0
        self.bytes = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.starts: list[float] = []
        self._endings = _endings()
        self._routes: dict[tuple[bytes, bytes], Callable[[], object]] = {
            (b"GET", b"/__stats"): self.stats,
            (b"GET", b"/__starts"): lambda: self.starts,
            (b"GET", b"/limits"): lambda: {"DailyApiRequests": {"Max": _ALLOWANCE, "Remaining": _ALLOWANCE - self.requests}},
            (b"GET", b"/sobjects/Contact/describe"): describe,
            (b"POST", b"/services/oauth2/token"): lambda: {"access_token": "00D!stub", "token_type": "Bearer", "scope": "api"},
        }

    def answer(self, method: bytes, target: bytes, body: Body) -> bytes:
        """Answer one request with the whole reply."""
        path = _VERSION.sub(b"", target.partition(b"?")[0], count=1).rstrip(b"/")
        self.requests += not path.startswith(b"/__")
        if method == b"POST" and path == b"/composite/tree/Contact":
            return self._reply(b"201 Created", self._tree(body))
        if route := self._routes.get((method, path)):
            return self._reply(b"200 OK", orjson.dumps(route()))
        error = {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
        return self._reply(b"404 Not Found", orjson.dumps([error]))

    def stats(self) -> dict[str, float]:
        """Count what has happened so far, this request not included."""
        return {
            "requests": self.requests,
            "records": self.records,
            "bytes": self.bytes,
            "most_in_flight": self.most_in_flight,
            "cpu_seconds": time.process_time(),
        }

    def _tree(self, body: Body) -> bytes:
        self.starts.append(time.perf_counter())
        self.bytes += body.end - body.begin
        if body.buffer.startswith(_GZIP, body.begin):
            plain = zlib.decompress(body.buffer[body.begin : body.end], wbits=31)
            references = _REFERENCE.findall(plain)
        else:
            references = _REFERENCE.findall(*body)
        self.records += len(references)
        pieces = [b""] * (2 * len(references))
        pieces[::2] = references
        pieces[1::2] = islice(self._endings, len(references))
        results = (_BETWEEN + b"".join(pieces)).removesuffix(b"," + _BETWEEN).removesuffix(_BETWEEN)
        return b'{"hasErrors":false,"results":[' + results + b"]}"

    def _reply(self, status: bytes, body: bytes) -> bytes:
        return _HEAD % (status, self.requests, _ALLOWANCE, len(body)) + body


def _endings() -> Iterator[bytes]:
    """Make what follows each reference in a reply: a new id, the end of its result and the beginning of the next.

    An id's last three characters say which letters of each five are upper case. Ids that differ only in their last two letters
    share the rest, so their ends are made once for each pattern of upper case before them.
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
    """
    pairs = ["".join(pair) for pair in product(_DIGITS, repeat=2)]
    ends: dict[str, list[bytes]] = {}
    for high in product(_DIGITS, repeat=3):
        start = "003gK00000" + "".join(high)
        pattern = _check("".join(high))
        if pattern not in ends:
            checks = [_check("003gK") + _check("00000") + _check("".join(high) + pair) for pair in pairs]
            ends[pattern] = [f'{pair}{check}"}},'.encode() + _BETWEEN for pair, check in zip(pairs, checks, strict=True)]
        beginning = f'","id":"{start}'.encode()
        for end in ends[pattern]:
            yield beginning + end


def _check(five: str) -> str:
    return _CHECK[sum(1 << place for place, letter in enumerate(five) if letter.isupper())]


def describe() -> dict[str, object]:
    """Describe Contact, as far as the benchmarks use it."""
    return {
        "name": "Contact",
        "label": "Contact",
        "keyPrefix": "003",
        "createable": True,
        "childRelationships": [],
        "recordTypeInfos": [],
        "fields": [_field(name, *FIELDS[name]) for name in FIELDS],
    }


def _field(name: str, kind: str, length: int) -> dict[str, object]:
    key = name == "Import_Key__c"
    return {
        "name": name,
        "label": name,
        "type": kind,
        "length": length,
        "custom": key,
        "unique": key,
        "externalId": key,
        "createable": name != "Id",
        "updateable": name != "Id",
        "nillable": name not in {"Id", "LastName"},
        "defaultedOnCreate": name == "Id",
        "restrictedPicklist": False,
        "picklistValues": [],
        "referenceTo": [],
        "digits": 0,
        "precision": 0,
        "scale": 0,
        "htmlFormatted": False,
    }


class Connection(asyncio.BufferedProtocol):
    """One keep-alive connection: requests with a Content-Length in, replies out, one after the other.

    It reads into one buffer of its own: a new one for each read would cost as much as all the rest.
    """

    _transport: asyncio.Transport

    def __init__(self, org: Org, later: Callable[[Callable[[], None]], object] | None = None) -> None:
        """Answer through `later`, if it is given: it calls back when the latency is over."""
        self._org = org
        self._later = later
        self._buffer = bytearray(262_144)
        self._held = 0
        self._wanted = 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's own signature
        """Say where the next bytes go."""
        if self._held == len(self._buffer):
            self._buffer *= 2
        return memoryview(self._buffer)[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        """Answer every request that is whole now."""
        self._held += nbytes
        while self._held >= self._wanted:
            body = self._buffer.find(_BLANK_LINE, 0, self._held) + len(_BLANK_LINE)
            length = _LENGTH.search(self._buffer, 0, body)
            whole = body + int(length[1] if length else 0)
            if body < len(_BLANK_LINE) or self._held < whole:
                self._wanted = max(whole, self._held + 1)
                return
            self._answer(body, whole)
            self._buffer[: self._held - whole] = self._buffer[whole : self._held]
            self._held -= whole
            self._wanted = 1

    def _answer(self, body: int, end: int) -> None:
        method, target, _ = self._buffer[:body].split(b" ", 2)
        org = self._org
        org.in_flight += 1
        org.most_in_flight = max(org.most_in_flight, org.in_flight)
        reply = org.answer(bytes(method), bytes(target), Body(self._buffer, body, end))
        if self._later is None:
            self._finish(reply)
        else:
            self._later(lambda: self._finish(reply))

    def _finish(self, reply: bytes) -> None:
        self._org.in_flight -= 1
        self._transport.write(reply)


async def serve(port: int, latency: float) -> None:
    """Serve on loopback until the process is ended. `latency` in seconds."""
    org, loop = Org(), asyncio.get_running_loop()
    later = (lambda answer: loop.call_later(latency, answer)) if latency else None
    server = await loop.create_server(lambda: Connection(org, later), "127.0.0.1", port)
    port = server.sockets[0].getsockname()[1]
    print(orjson.dumps({"url": f"http://127.0.0.1:{port}"}).decode(), flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    arguments = argparse.ArgumentParser(description="a pretend org for benchmarks")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--latency-ms", type=float, default=0)
    given = arguments.parse_args()
    asyncio.run(serve(given.port, given.latency_ms / 1_000))


if __name__ == "__main__":
    main()
