"""The endpoint `query`: what the org has, page by page.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import parsed, read_failed

LONGEST_PATH = 8_000
"""Bytes of a path. The org takes 16,384 with all headers, but a proxy on the way may take less."""

_REFERENCE = "query"
_COMPRESSED: Mapping[str, str] = {"Accept-Encoding": "gzip"}
"""A page has up to 2,000 records."""

_FURTHER = re.compile(r"/services/data/[!-~]+")
_SPECIAL = re.compile("[\\\\'\\x00-\\x1f\\x7f\\u0085\\u2028\\u2029\\ud800-\\udfff]")
_ESCAPES = {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"}


@dataclass(frozen=True, slots=True)
class Page:
    """Records as the org answers them, and the path of the next page, if there is one."""

    records: list[dict[str, Any]]
    next: str | None


def quoted(text: str) -> str:
    r"""Write a text as a literal of SOQL. Control characters are escaped: any other escape than `\uXXXX` and a few is refused.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
    """
    return f"'{_SPECIAL.sub(_escaped, text)}'"


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}"


def build(api_version: str, soql: str, purpose: Purpose) -> Request:
    """Ask for the first page. `api_version` is like `67.0`.

    A query that makes the path too long goes in the body of a composite request, as the vendor advises.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm
    """
    base = f"/services/data/v{api_version}"
    path = f"{base}/query?q={quote(soql, safe='')}"
    if len(path) <= LONGEST_PATH:
        return Request("GET", path, purpose, headers=_COMPRESSED)
    part = {"method": "GET", "url": path, "referenceId": _REFERENCE}
    return Request("POST", f"{base}/composite", purpose, orjson.dumps({"compositeRequest": [part]}), _COMPRESSED)


def build_more(path: str, purpose: Purpose) -> Request:
    """Ask for a further page, by `Page.next`.

    :raises ValueError: if this is no path of the API: it would carry the token elsewhere.
    """
    if not _FURTHER.fullmatch(path):
        raise ValueError(f"{path!r} is not the path of a further page")
    return Request("GET", path, purpose, headers=_COMPRESSED)


def decipher(delivery: Delivery, what: str) -> Page:
    """Read a page, whichever way it was asked for. `what` goes after "can't" in an error: "read the records of Contact".

    A page must say that it is the last or where the next one is: otherwise, what is missing would seem not to exist.

    :raises TreeloadError: see `read_failed`.
    """
    answer = parsed(delivery.body) if isinstance(delivery, Reply) and delivery.status == HTTPStatus.OK else None
    part = None
    match answer:
        case {"compositeResponse": [{"httpStatusCode": int(status), "body": body}]}:
            page = _page(body) if status == HTTPStatus.OK else None
            part = _alone(status, body) if page is None else None
        case _:
            page = _page(answer)
    if page is None:
        raise read_failed(part or delivery, what)
    return page


def _page(answer: Any) -> Page | None:
    match answer:
        case {"done": True, "records": list(records)} if "nextRecordsUrl" not in answer:
            further = None
        case {"done": False, "records": list(records), "nextRecordsUrl": str(further)} if _FURTHER.fullmatch(further):
            pass
        case _:
            return None
    return Page(records, further) if all(isinstance(record, dict) for record in records) else None


def _alone(status: int, body: Any) -> Reply | None:
    """Make a part of a composite the reply that it would have been by itself."""
    try:
        return Reply(status, {}, orjson.dumps(body))
    except orjson.JSONEncodeError:  # nested deeper than can be written again
        return None
