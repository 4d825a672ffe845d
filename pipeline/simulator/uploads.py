"""Bodies that are taken piece by piece: the rows of a bulk job.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm
"""

import zlib
from collections.abc import AsyncIterator

from pipeline.simulator.errors import ApiError
from pipeline.simulator.pages import Pages

LARGEST = 100_000_000
"""Bytes: with what the vendor's encoding adds they are the 150 MB that an upload may have."""
_ANY_HEADER = 47
"""Tells zlib to look by itself whether it is gzip."""


async def received(pieces: AsyncIterator[bytes], content_type: str, encoding: str) -> Pages:
    """Take CSV, unpacked on the way. Raises ApiError: 413 for too much, 415 for what isn't CSV, 400 for what is broken."""
    if content_type.partition(";")[0].strip().lower() != "text/csv":
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Type {content_type or 'is missing'}: rows are sent as text/csv")
    unpacking = zlib.decompressobj(_ANY_HEADER) if encoding.strip().lower() in {"gzip", "deflate"} else None
    pages = Pages()
    try:
        async for piece in pieces:
            pages.append(unpacking.decompress(piece) if unpacking is not None else piece)
            if pages.size > LARGEST:
                raise ApiError(413, "REQUEST_ENTITY_TOO_LARGE", f"The upload has more than {LARGEST} bytes")  # noqa: TRY301 - one way out
        if unpacking is not None and not unpacking.eof:
            raise zlib.error  # noqa: TRY301 - one way out
    except zlib.error as error:
        pages.close()
        raise ApiError(400, "CLIENT_INPUT_ERROR", f"The body can't be read as Content-Encoding {encoding}") from error
    except BaseException:
        pages.close()
        raise
    return pages
