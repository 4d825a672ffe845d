"""composite/batch: up to 25 requests in one that know nothing of each other, each counted as one.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
"""

from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.simulator.errors import ApiError
from pipeline.simulator.inner import answer
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call, malformed, parse

MOST_REQUESTS = 25
_ROOT = "/services/data/"
_FAILED = 400
_HALTED = {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}


def batch(org: Org, call: Call) -> Answer:
    """Answer every request, in order; with `haltOnError` none after one that fails. 200 whatever became of them."""
    document = parse(call.body)
    asked = document.get("batchRequests") if isinstance(document, dict) else None
    if not isinstance(asked, list) or not all(_is_request(one) for one in asked):
        raise malformed('The value of "batchRequests" has to be a list of objects, each with method and url')
    if len(asked) > MOST_REQUESTS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"A request can't have more than {MOST_REQUESTS} subrequests.")
    results: list[dict[str, Any]] = []
    failed = False
    for number, one in enumerate(asked):
        if failed and document.get("haltOnError") is True:
            results.append({"statusCode": 412, "result": [_HALTED]})
            continue
        told = _one(org, call, one, counted=number > 0)
        failed = failed or told.status >= _FAILED
        body = (orjson.loads(told.content) if told.content else None) if isinstance(told.content, bytes) else told.content
        results.append({"statusCode": told.status, "result": body})
    return Answer(200, {"hasErrors": failed, "results": results})


def _is_request(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("method"), str) and isinstance(one.get("url"), str)


def _one(org: Org, call: Call, one: Mapping[str, Any], *, counted: bool) -> Answer:
    """Answer one; the first is counted already, as the request that they come in."""
    if counted and not org.allowance.take(org.now()):
        return Answer(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
    url = one["url"] if one["url"].startswith("/") else _ROOT + one["url"]
    body = orjson.dumps(one["richInput"]) if one.get("richInput") is not None else b""
    return answer(org, call, one["method"], url, body)
