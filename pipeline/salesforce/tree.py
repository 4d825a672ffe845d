"""The endpoint `composite/tree`: up to 200 records a request, all of them or none.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm

How the bytes of a request come about: `encoder` puts attributes in front of the fields of each record, once; `build` joins
records, one a line. Record i stands on line i + 2 of the body, so an error that names a line names a record.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from pipeline.model.outcome import (
    Created,
    Exhausted,
    InDoubt,
    Outcome,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import FieldError
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply, Request
from pipeline.salesforce.errors import (
    LIMIT_CODE,
    PARSER_CODE,
    SYMPATHETIC_CODES,
    UNAVAILABLE_CODE,
    allowance_gone,
    api_errors,
    excerpt,
    has_code,
    parsed,
    record_errors,
    retry_after,
    told,
)
from pipeline.salesforce.ids import are_record_ids

FIRST_RECORD_LINE = 2

_DONE = frozenset({200, 201})
_REFUSING = frozenset({400, 403, 404, 405, 410, 413, 414, 415, 431})
_THROTTLING = frozenset({420, 429})
_PLACE = re.compile(r"\[line:\s?([0-9]{1,9}), column:\s?[0-9]{1,9}\]")


def encoder(object_name: str, constants: Mapping[str, object]) -> Callable[[Sequence[str], Sequence[bytes]], list[bytes]]:
    """Return a function that makes the records of rows from their references and their fields.

    Fields are one JSON object a row, without blanks around it and without line ends in it; `constants` are put before them.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite_sobject_tree.htm
    """
    start = f'{{"attributes":{{"type":"{object_name}","referenceId":"'.encode()
    end = b'"},' + orjson.dumps(dict(constants))[1:-1] + b"," * bool(constants)
    alone = end.removesuffix(b",") + b"}"

    def encode(references: Sequence[str], fields: Sequence[bytes]) -> list[bytes]:
        return [
            b"".join((start, reference.encode(), end, record[1:]) if b'"' in record else (start, reference.encode(), alone))
            for reference, record in zip(references, fields, strict=True)
        ]

    return encode


def build(api_version: str, object_name: str, records: Sequence[bytes], purpose: Purpose) -> Request:
    """Make the request that creates these records. `api_version` is like `67.0`."""
    path = f"/services/data/v{api_version}/composite/tree/{quote(object_name, safe='')}"
    return Request("POST", path, purpose, b'{"records":[\n%b\n]}' % b",\n".join(records))


def decipher(delivery: Delivery, references: Sequence[str]) -> Outcome:
    """Say what came of a request for records with these references, given in the order in which they were sent.

    Results are joined by reference, never by position: the org answers in an order of its own.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/responses_composite_sobject_tree.htm
    """
    match delivery:
        case Reply(status) if status in _DONE:
            return _done(delivery, references)
        case Reply(status) if status in _THROTTLING:
            return Throttled(_told(delivery), retry_after(delivery))
        case Reply():
            return _failed(delivery, references)
        case NotSent(reason):
            return Unavailable(reason)
        case NoReply(reason):
            return InDoubt(reason)


def _done(reply: Reply, references: Sequence[str]) -> Outcome:
    answer = parsed(reply.body)
    if not isinstance(answer, dict) or answer.get("hasErrors") is not False or not isinstance(answer.get("results"), list):
        return _odd(reply, "it is not the answer to a tree")
    results = answer["results"]
    try:
        ids = {result["referenceId"]: result["id"] for result in results}
        faulty = b'"errors"' in reply.body and any(result.get("errors") for result in results)
        complete = len(ids) == len(results) == len(references) and ids.keys() == set(references)
        sound = are_record_ids(ids.values()) and len(set(ids.values())) == len(ids)
    except (AttributeError, KeyError, TypeError):
        return _odd(reply, "a result is not a reference with an id")
    if faulty:
        return _odd(reply, "a result has errors though the reply says it has none")
    if not complete:
        return _odd(reply, "its references are not exactly those that were sent")
    if not sound:
        return _odd(reply, "an id comes twice or is none")
    return Created(ids)


def _failed(reply: Reply, references: Sequence[str]) -> Outcome:
    """Read a reply whose status speaks of failure. That counts only with the API's own JSON: a proxy may have spoken."""
    answer = parsed(reply.body)
    if reply.status == HTTPStatus.BAD_REQUEST and isinstance(answer, dict) and answer.get("hasErrors") is True:
        return _rejected(reply, answer.get("results"), references)
    errors = api_errors(answer)
    if not errors:
        return _odd(reply, "it is not the API's own answer")
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return SessionExpired(told(errors))
    if reply.status in _REFUSING:
        return _refused(reply, errors, references)
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE and {UNAVAILABLE_CODE, LIMIT_CODE} & {error.code for error in errors}:
        return Unavailable(told(errors), retry_after(reply))
    return _odd(reply, "it doesn't say that nothing was done")


def _refused(reply: Reply, errors: tuple[FieldError, ...], references: Sequence[str]) -> Outcome:
    if allowance_gone(errors):
        return Exhausted(told(errors))
    if has_code(errors, LIMIT_CODE):
        return Throttled(told(errors), retry_after(reply))
    culprits = _culprits_by_line(errors, references)
    return Rejected(culprits) if culprits else Refused(reply.status, errors)


def _culprits_by_line(errors: tuple[FieldError, ...], references: Sequence[str]) -> dict[str, tuple[FieldError, ...]]:
    """Find the records that a parser error names by their line in the body."""
    culprits: dict[str, tuple[FieldError, ...]] = {}
    for error in errors:
        place = _PLACE.search(error.message) if error.code == PARSER_CODE else None
        position = int(place[1]) - FIRST_RECORD_LINE if place else -1
        if 0 <= position < len(references):
            culprits[references[position]] = (*culprits.get(references[position], ()), error)
    return culprits


def _rejected(reply: Reply, results: Any, references: Sequence[str]) -> Outcome:
    """Read a tree that was rolled back. It names every record that was found at fault, and no other."""
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        return _odd(reply, "its results can't be read")
    named: dict[str, tuple[FieldError, ...]] = {}
    for result in results:
        name, errors = result.get("referenceId"), record_errors(result.get("errors"))
        if not isinstance(name, str) or not errors or result.get("id"):
            return _odd(reply, "a result is not a reference with errors")
        named[name] = (*named.get(name, ()), *errors)
    sent = set(references)
    ours = {name: errors for name, errors in named.items() if name in sent}
    if not ours:
        return Refused(reply.status, tuple(error for errors in named.values() for error in errors))
    return Rejected(_at_fault(ours))


def _at_fault(named: dict[str, tuple[FieldError, ...]]) -> dict[str, tuple[FieldError, ...]]:
    """Leave out the records that only suffer with others."""
    real = {name: errors for name, errors in named.items() if not all(error.code in SYMPATHETIC_CODES for error in errors)}
    return real or named


def _told(reply: Reply) -> str:
    return told(api_errors(parsed(reply.body))) or f"HTTP {reply.status}, {excerpt(reply.body)}"


def _odd(reply: Reply, oddity: str) -> InDoubt:
    return InDoubt(f"HTTP {reply.status} was not understood: {oddity}; {excerpt(reply.body)}")
