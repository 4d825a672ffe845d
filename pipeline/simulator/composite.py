"""composite: several requests in one call. Queries only: they go here when they are too long for an address.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline.simulator import query
from pipeline.simulator.errors import ApiError, not_found
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call, parse

MOST_PARTS = 25
MOST_QUERIES = 5


def composite(org: Org, call: Call) -> Answer:
    """Answer each part in its order: 200, with a status and a body for each. Raises ApiError for the whole request."""
    body = parse(call.body)
    parts = body.get("compositeRequest") if isinstance(body, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise ApiError(400, "JSON_PARSER_ERROR", "Missing required field [compositeRequest]")
    if len(parts) > MOST_PARTS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"The composite request can contain no more than {MOST_PARTS} subrequests")
    if sum("/query" in str(part.get("url")) for part in parts) > MOST_QUERIES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"The composite request can contain no more than {MOST_QUERIES} queries")
    return Answer(200, {"compositeResponse": [_part(org, call, part) for part in parts]})


def _part(org: Org, call: Call, part: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = _answer(org, call, part)
    except ApiError as error:
        answer = Answer(error.status, error.body)
    return {
        "body": answer.content,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": part.get("referenceId"),
    }


def _answer(org: Org, call: Call, part: dict[str, Any]) -> Answer:
    if part.get("method") != "GET":
        raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{part.get('method')}' not allowed. Allowed are GET")
    address = urlsplit(str(part.get("url")))
    inner = replace(call, method="GET", path=address.path, query=dict(parse_qsl(address.query)), body=b"")
    path = address.path.rstrip("/")
    if path == f"{call.version}/query":
        return query.query(org, inner)
    if path.startswith(f"{call.version}/query/"):
        return query.more(org, replace(inner, parts={**call.parts, "locator": path.rpartition("/")[2]}))
    raise not_found()
