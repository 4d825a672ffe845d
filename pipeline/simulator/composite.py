"""composite and composite/graph: up to 25 requests in one that counts as one; later ones may refer to earlier answers.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_subrequest_result.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph.htm
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pipeline.simulator.errors import ApiError
from pipeline.simulator.inner import answer
from pipeline.simulator.org import Org
from pipeline.simulator.references import filled, filled_url
from pipeline.simulator.wire import Answer, Call, malformed, parse

MOST_REQUESTS = 25
MOST_QUERIES = 5
"""Of queries and collections."""
MOST_GRAPHS = 75
MOST_NODES = 500
_MANY = re.compile(r"/services/data/[^/]+/(query|queryAll|composite/sobjects)(/|$)")
_REFERENCE = re.compile(r"[A-Za-z0-9]\w*", re.ASCII)
_FAILED = 400
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


class _Halt(Exception):
    """Something failed where all is to be done or nothing."""


def composite(org: Org, call: Call) -> Answer:
    """Answer every subrequest, in order: 200 whatever became of them. Raises ApiError for what is no composite request."""
    document = parse(call.body)
    asked = _asked(document)
    _check(asked, MOST_REQUESTS)
    if sum(_MANY.match(one["url"].partition("?")[0]) is not None for one in asked) > MOST_QUERIES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"A request can't have more than {MOST_QUERIES} queries or collections.")
    answers = _together(org, call, asked) if document.get("allOrNone") is True else _each(org, call, asked, halting=False)
    return Answer(200, {"compositeResponse": _told(asked, answers)})


def graph(org: Org, call: Call) -> Answer:
    """Answer graphs: the requests of one are all done or none. 200 whatever became of them."""
    document = parse(call.body)
    graphs = document.get("graphs") if isinstance(document, dict) else None
    if not isinstance(graphs, list) or not all(isinstance(one, dict) and isinstance(one.get("graphId"), str) for one in graphs):
        raise malformed('The value of "graphs" has to be a list of objects, each with a graphId')
    if len(graphs) > MOST_GRAPHS or sum(len(_asked(one)) for one in graphs) > MOST_NODES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"A request can't have more than {MOST_GRAPHS} graphs and {MOST_NODES} nodes.")
    for one in graphs:
        _check(_asked(one), MOST_NODES)
    return Answer(200, {"graphs": [_graph(org, call, one) for one in graphs]})


def _graph(org: Org, call: Call, one: Mapping[str, Any]) -> dict[str, Any]:
    answers = _together(org, call, one["compositeRequest"])
    good = all(part.status < _FAILED for part in answers)
    told = {"compositeResponse": _told(one["compositeRequest"], answers)}
    return {"graphId": one["graphId"], "graphResponse": told, "isSuccessful": good}


def _asked(document: Any) -> list[dict[str, Any]]:
    asked = document.get("compositeRequest") if isinstance(document, dict) else None
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise malformed('The value of "compositeRequest" has to be a list of objects')
    return asked


def _check(asked: Sequence[Mapping[str, Any]], most: int) -> None:
    """Look at the subrequests together, before any of them is dealt with. Raises ApiError."""
    if not asked:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 subrequest is required")
    if len(asked) > most:
        raise ApiError(400, "LIMIT_EXCEEDED", f"A request can't have more than {most} subrequests.")
    for key in ("method", "url", "referenceId"):
        if any(not isinstance(one.get(key), str) or not one[key] for one in asked):
            raise ApiError(400, "INVALID_INPUT", f"Include a {key} for each subrequest in the request.")
    references = [one["referenceId"] for one in asked]
    for reference in references:
        if _REFERENCE.fullmatch(reference) is None:
            rule = "must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
            raise ApiError(400, "INVALID_INPUT", f"Provided referenceId ('{reference}') {rule}")
    if len(set(references)) < len(references):
        raise ApiError(400, "INVALID_INPUT", "Duplicate ReferenceId provided in the request.")


def _together(org: Org, call: Call, asked: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Answer all, and take back what was done if one fails: then all others are halted."""
    answers: list[Answer] = []
    try:
        with org.together():
            answers += _each(org, call, asked, halting=True)
            _halt_at(answers[-1])
    except _Halt:
        halted = Answer(_FAILED, [{"message": _HALTED, "errorCode": "PROCESSING_HALTED"}])
        *good, bad = answers
        return [*(halted for _ in good), bad, *(halted for _ in asked[len(answers) :])]
    return answers


def _halt_at(last: Answer) -> None:
    if last.status >= _FAILED:
        raise _Halt


def _each(org: Org, call: Call, asked: Sequence[Mapping[str, Any]], *, halting: bool) -> list[Answer]:
    """Answer one after another; with `halting` none after one that fails."""
    answers: list[Answer] = []
    bodies: dict[str, Any] = {}
    for one in asked:
        answers.append(_one(org, call, one, bodies))
        if answers[-1].status < _FAILED:
            bodies[one["referenceId"]] = _body(answers[-1])
        elif halting:
            break
    return answers


def _one(org: Org, call: Call, one: Mapping[str, Any], bodies: Mapping[str, Any]) -> Answer:
    try:
        url = filled_url(one["url"], bodies)
        body = orjson.dumps(filled(one["body"], bodies)) if one.get("body") is not None else b""
    except ApiError as error:
        return Answer(error.status, error.body)
    return answer(org, call, one["method"], url, body)


def _told(asked: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [
        {
            "body": _body(one),
            "httpHeaders": dict(one.headers),
            "httpStatusCode": one.status,
            "referenceId": part["referenceId"],
        }
        for part, one in zip(asked, answers, strict=True)
    ]


def _body(one: Answer) -> Any:
    return (orjson.loads(one.content) if one.content else None) if isinstance(one.content, bytes) else one.content
