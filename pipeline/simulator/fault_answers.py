"""What is answered on a bad day: in the org's place, or the org's own answer altered."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pipeline.simulator.errors import RecordError
from pipeline.simulator.fault_plan import WRITES, Fault
from pipeline.simulator.fault_turns import Sent, Struck
from pipeline.simulator.wire import Answer

_CREATED = 201
_SHORTER = 17
_HTML = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1><p>Please try again later.</p></body></html>\n"
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."
_MASKED = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
_HALF = b'{"hasErrors":false,"results":['
"""The beginning of an answer that nothing was done for."""


def instead(struck: Struck) -> Answer:
    """Answer in the org's place."""
    fault = struck.fault
    status = fault.status or HTTPStatus.OK
    match fault.do:
        case "html":
            return Answer(status, _HTML.format(_phrase(status)).encode(), {"Content-Type": "text/html;charset=UTF-8"})
        case "empty":
            return Answer(status, b"", {"Content-Type": "application/octet-stream"})
        case "foreign":
            return Answer(status, {"status": "ok", "data": {"items": [], "next": None}}, {"Content-Type": "application/json"})
        case "row_lock" | "rule" | "stray_halted":
            return _naming(struck, status)
        case _:
            return _refusing(fault, status)


def locked(culprits: Sequence[Sent], parents: Sequence[str]) -> Answer:
    """Refuse records whose parents others hold."""
    ids = ",".join(parents)
    message = f"unable to obtain exclusive access to this record or {len(parents)} records: {ids}"
    fault = Fault(number=0, do="row_lock", on=WRITES, code="UNABLE_TO_LOCK_ROW", message=message)
    return _naming(Struck(fault, culprits, culprits), HTTPStatus.BAD_REQUEST)


def half(answer: Answer | None) -> tuple[Answer, bytes]:
    """Give an answer, and the half of its body that is sent; without an answer, one of a creation that wasn't."""
    if answer is None:
        return Answer(_CREATED, _HALF * 2), _HALF
    body = answer.body()
    return answer, body[: len(body) // 2]


def altered(fault: Fault, answer: Answer) -> Answer:
    """Alter what the org answered: what it created, or the ids that it named."""
    if fault.do == "masked":
        return Answer(answer.status, _masked(answer.content), answer.headers)
    if answer.status != _CREATED:
        return answer
    results = _CHANGES[fault.how]([*answer.content["results"]])
    return Answer(answer.status, {**answer.content, "results": results}, answer.headers)


def _refusing(fault: Fault, status: int) -> Answer:
    """Refuse the request as such: in the API's own form if there is a code, else in nobody's."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if not fault.code:
        text = fault.message or f"{status} {_phrase(status)}"
        return Answer(status, text.encode(), {**headers, "Content-Type": "text/plain;charset=UTF-8"})
    error: dict[str, Any] = {"message": fault.message or _phrase(status), "errorCode": fault.code}
    if fault.fields or fault.do == "trigger":
        error["fields"] = list(fault.fields)
    return Answer(status, [error], headers)


def _naming(struck: Struck, status: int) -> Answer:
    """Refuse records by name; in a single create, which has no names, in the form of an array."""
    fault = struck.fault
    culprits = struck.fitting[:1] if fault.naming == "first" else struck.fitting
    error = RecordError(fault.code, fault.message, fault.fields)
    if culprits[0].reference is None:
        return Answer(status, [error.in_array()])
    wrong: list[tuple[Sent, RecordError]] = [(record, error) for record in culprits]
    if fault.do == "stray_halted":
        halted = RecordError("PROCESSING_HALTED", _HALTED)
        wrong = [(record, error if record is culprits[0] else halted) for record in struck.sent]
    results = [{"referenceId": record.reference, "errors": [found.in_tree()]} for record, found in wrong]
    return Answer(status, {"hasErrors": True, "results": results})


def _masked(content: Any) -> Any:
    """Hide the ids in DUPLICATE_VALUE, as an org does from a user who can't see the other record."""
    if isinstance(content, list):
        return [_masked(item) for item in content]
    if not isinstance(content, dict):
        return content
    if content.get("statusCode", content.get("errorCode")) == "DUPLICATE_VALUE":
        return {**content, "message": _MASKED}
    return {key: _masked(value) if key in {"results", "errors"} else value for key, value in content.items()}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"


Results = list[dict[str, Any]]


def _without_the_last(results: Results) -> Results:
    return results[:-1]


def _renamed(results: Results) -> Results:
    return [{**results[0], "referenceId": f"{results[0]['referenceId']}x"}, *results[1:]]


def _same_id_twice(results: Results) -> Results:
    if len(results) == 1:
        return results * 2
    return [*results[:-1], {**results[-1], "id": results[0]["id"]}]


def _malformed_id(results: Results) -> Results:
    return [{**results[0], "id": results[0]["id"][:_SHORTER]}, *results[1:]]


_CHANGES: Mapping[str, Callable[[Results], Results]] = {
    "missing": _without_the_last,
    "renamed": _renamed,
    "twice": _same_id_twice,
    "malformed_id": _malformed_id,
}
