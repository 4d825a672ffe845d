"""composite: up to 25 requests in one, which counts as one. Of them, those that read.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_subrequest_result.htm
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from pipeline.simulator import describe, limits, query, sobjects, versions
from pipeline.simulator.errors import ApiError, not_found
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call, malformed, parse

MOST_REQUESTS = 25
MOST_QUERIES = 5
_VERSION = r"/services/data/(?P<version>[^/]+)"
_READABLE: Sequence[tuple[re.Pattern[str], Callable[[Org, Call], Answer]]] = (
    (re.compile(rf"{_VERSION}/query/?"), query.query),
    (re.compile(rf"{_VERSION}/query/(?P<locator>[^/]+)/?"), query.more),
    (re.compile(rf"{_VERSION}/limits/?"), limits.limits),
    (re.compile(rf"{_VERSION}/sobjects/(?P<object>[^/]+)/describe/?"), describe.describe),
    (re.compile(rf"{_VERSION}/sobjects/(?P<object>[^/]+)/(?P<id>[^/]+)/?"), sobjects.get),
)
_QUERY = re.compile(rf"{_VERSION}/query(/|$)")
_REFERENCE = re.compile(r"[A-Za-z0-9]\w*", re.ASCII)
_FAILED = 400
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


def composite(org: Org, call: Call) -> Answer:
    """Answer every subrequest, in order: 200 whatever became of them. Raises ApiError for what is no composite request."""
    document = parse(call.body)
    asked = document.get("compositeRequest") if isinstance(document, dict) else None
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise malformed('The value of "compositeRequest" has to be a list of objects')
    _check(asked)
    answers = [_answer(org, call, one) for one in asked]
    if document.get("allOrNone") is True:
        answers = _all_or_none(answers)
    told = [_told(one["referenceId"], answer) for one, answer in zip(asked, answers, strict=True)]
    return Answer(200, {"compositeResponse": told})


def _check(asked: Sequence[Mapping[str, Any]]) -> None:
    """Look at the subrequests together, before any of them is dealt with. Raises ApiError."""
    if not asked:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 subrequest is required")
    if len(asked) > MOST_REQUESTS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"A request can't have more than {MOST_REQUESTS} subrequests.")
    for key in ("method", "url", "referenceId"):
        if any(not isinstance(one.get(key), str) or not one[key] for one in asked):
            raise ApiError(400, "INVALID_INPUT", f"Include a {key} for each subrequest in the request.")
    if sum(_QUERY.match(one["url"].partition("?")[0]) is not None for one in asked) > MOST_QUERIES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"A request can't have more than {MOST_QUERIES} queries among its subrequests.")
    references = [one["referenceId"] for one in asked]
    for reference in references:
        if _REFERENCE.fullmatch(reference) is None:
            rule = "must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
            raise ApiError(400, "INVALID_INPUT", f"Provided referenceId ('{reference}') {rule}")
    if len(set(references)) < len(references):
        raise ApiError(400, "INVALID_INPUT", "Duplicate ReferenceId provided in the request.")


def _answer(org: Org, call: Call, one: Mapping[str, Any]) -> Answer:
    try:
        return _read(org, call, one["method"], one["url"])
    except ApiError as error:
        return Answer(error.status, error.body)


def _read(org: Org, call: Call, method: str, url: str) -> Answer:
    if method != "GET":
        raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are GET")
    path, _, asked = url.partition("?")
    for pattern, endpoint in _READABLE:
        if found := pattern.fullmatch(path):
            versions.check(found["version"])
            parts = {name: unquote(part) for name, part in found.groupdict().items()}
            parameters = dict(parse_qsl(asked, keep_blank_values=True))
            return endpoint(org, Call(method, path, call.base, parts, parameters, call.headers, b""))
    raise not_found()


def _all_or_none(answers: Sequence[Answer]) -> list[Answer]:
    """Take back what succeeded beside what failed."""
    if all(answer.status < _FAILED for answer in answers):
        return list(answers)
    halted = Answer(_FAILED, [{"message": _HALTED, "errorCode": "PROCESSING_HALTED"}])
    return [halted if answer.status < _FAILED else answer for answer in answers]


def _told(reference: str, answer: Answer) -> dict[str, Any]:
    body = parse(answer.content) if isinstance(answer.content, bytes) else answer.content
    return {"body": body, "httpHeaders": dict(answer.headers), "httpStatusCode": answer.status, "referenceId": reference}
