"""Bodies as they come over the wire: plain, or compressed with gzip or deflate.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_compression.htm
"""

import zlib

from pipeline.simulator.errors import ApiError

_GZIP = 31
_ZLIB = 15
_RAW = -15
_ZLIB_MARK = 8
"""The low half of the first byte of what zlib writes; what has another one has no header at all, as some send it."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """Undo Content-Encoding. Raises ApiError: 413 for more than `most` bytes (no more are unpacked), 400 for what is broken."""
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        return body
    if kind not in {"gzip", "deflate"}:
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Encoding {encoding} isn't supported")
    plain = bytearray()
    rest = body
    while True:  # gzip may have several members
        unpacking = zlib.decompressobj(_window(kind, rest))
        try:
            plain += unpacking.decompress(rest, most + 1 - len(plain))
        except zlib.error as error:
            raise _broken(encoding) from error
        if len(plain) > most:
            raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", f"The request body has more than {most} bytes")
        if not unpacking.eof:
            raise _broken(encoding)
        rest = unpacking.unused_data
        if not rest:
            return bytes(plain)


def _window(kind: str, body: bytes) -> int:
    if kind == "gzip":
        return _GZIP
    return _ZLIB if body[:1] and body[0] & 0x0F == _ZLIB_MARK else _RAW


def _broken(encoding: str) -> ApiError:
    return ApiError(400, "JSON_PARSER_ERROR", f"The request body can't be read as Content-Encoding {encoding}")
