"""Bodies in several parts, each with a name.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm
"""

import re

from pipeline.simulator.errors import ApiError

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'content-disposition:[^\r\n]*\bname="?([^";\r\n]+)"?', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def parts_of(body: bytes, content_type: str) -> dict[str, bytes]:
    """Read the parts by their names. Raises ApiError for a body that has none."""
    boundary = _BOUNDARY.search(content_type)
    sections = re.split(rb"\r?\n--" + re.escape(boundary[1].encode()), b"\n" + body) if boundary else []
    parts = {}
    for section in sections[1:]:
        if section.startswith(b"--"):
            break
        head, *content = _BLANK_LINE.split(section, maxsplit=1)
        named = _NAME.search(head)
        if named and content:
            parts[named[1].decode(errors="replace")] = content[0]
    if not parts:
        raise ApiError(400, "INVALID_MULTIPART_REQUEST", "The multipart body has no parts that could be read")
    return parts
