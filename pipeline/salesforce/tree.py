"""The endpoint `composite/tree`: up to 200 records a request, all of them or none.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm

How the bytes of a request come about: `encoder` puts attributes in front of the fields of each record, once; `build` joins
records, one a line. Record i stands on line i + 2 of the body, so an error that names a line names a record.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from pipeline.model.outcome import (
    Created,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    Outcome,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import FieldError
from pipeline.model.record_id import are_record_ids
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply, Request
from pipeline.salesforce.errors import (
    JOB_CODES,
    LIMIT_CODE,
    PARSER_CODE,
    PASSING_CODES,
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
from pipeline.salesforce.questions import existing

FIRST_RECORD_LINE = 2
NO_HEADERS: Mapping[str, str] = {}

_DONE = frozenset({200, 201})
_REFUSING = frozenset({400, 403, 404, 405, 410, 413, 414, 415, 431})
_THROTTLING = frozenset({420, 429})
Encode = Callable[[Sequence[str], Sequence[bytes]], list[bytes]]
"""Makes the records of rows: from their references and their fields."""

_QUOTE = ord('"')
"""What every object but an empty one has. (Bytes are searched for a number in a sixth of the time that bytes in bytes take.)"""
_PLACE = re.compile(r"\[line:\s?([0-9]{1,9}), column:\s?[0-9]{1,9}\]")


def encoder(object_name: str, constants: Mapping[str, object], *, marker: str = "", run: str = "") -> Encode:
    """Return a function that makes the records of rows from their references and their fields.

    Fields are one JSON object a row, without blanks around it and without line ends in it; `constants` are put before them.
    The field `marker`, if there is one, gets the row's mark (see `mark`).
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite_sobject_tree.htm
    """
    start = f'{{"attributes":{{"type":"{object_name}","referenceId":"'.encode()
    middle = f'"}},"{marker}":"{mark(run, "")}'.encode()
    end = (b'",' if marker else b'"},') + orjson.dumps(dict(constants))[1:-1] + b"," * bool(constants)
    alone = end.removesuffix(b",") + b"}"

    def encode(references: Sequence[str], fields: Sequence[bytes]) -> list[bytes]:
        names = [reference.encode() for reference in references]
        if marker:
            names = [middle.join((name, name)) for name in names]
        return [
            b"".join((start, name, end, record[1:]) if _QUOTE in record else (start, name, alone))
            for name, record in zip(names, fields, strict=True)
        ]

    return encode


def hang(record: bytes, children: Mapping[str, Sequence[bytes]]) -> bytes:
    """Put records under another one, by the names of their relationships; the family stays on one line.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_composite_sobject_tree_create.htm
    """
    parts = [b',"%b":{"records":[%b]}' % (name.encode(), b",".join(below)) for name, below in children.items()]
    return b"%b%b}" % (record[:-1], b"".join(parts))


def link(record: bytes, field: str, parent: str) -> bytes:
    """Give a record the id of the one that it belongs under, where it doesn't go in the same request."""
    return b'%b,"%b":"%b"}' % (record[:-1], field.encode(), parent.encode())


def mark(run: str, reference: str) -> str:
    """Say what marks a row's record in the org: `20261122-235635-k3f9-r1_17`. No other record has it, of this run or another."""
    return f"{run}-{reference}"


def build(
    api_version: str, object_name: str, records: Sequence[bytes], purpose: Purpose, headers: Mapping[str, str] = NO_HEADERS
) -> Request:
    """Make the request that creates these records. `api_version` is like `67.0`; `headers` say what it may set off."""
    path = f"/services/data/v{api_version}/composite/tree/{quote(object_name, safe='')}"
    return Request("POST", path, purpose, b'{"records":[\n%b\n]}' % b",\n".join(records), headers)


def decipher(delivery: Delivery, references: Sequence[str], lines: Sequence[str] = (), proof: Collection[str] = ()) -> Outcome:
    """Say what came of a request for records with these references.

    Results are joined by reference, never by position: the org answers in an order of its own. `lines` has the reference of
    the record that begins each line of the request, where they aren't all: a family is one line. `proof` has the unique fields
    that say which row a record comes from.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/responses_composite_sobject_tree.htm
    """
    match delivery:
        case Reply(status) if status in _DONE:
            return _done(delivery, references)
        case Reply(status) if status in _THROTTLING:
            return Throttled(_told(delivery), retry_after(delivery))
        case Reply():
            return _failed(delivery, references, lines or references, proof)
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


def _failed(reply: Reply, references: Sequence[str], lines: Sequence[str], proof: Collection[str]) -> Outcome:
    """Read a reply whose status speaks of failure. That counts only with the API's own JSON: a proxy may have spoken."""
    answer = parsed(reply.body)
    if reply.status == HTTPStatus.BAD_REQUEST and isinstance(answer, dict) and answer.get("hasErrors") is True:
        return _rejected(reply, answer.get("results"), references, proof)
    errors = api_errors(answer)
    if not errors:
        return _odd(reply, "it is not the API's own answer")
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return SessionExpired(told(errors))
    if reply.status in _REFUSING:
        return _refused(reply, errors, lines)
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE and {UNAVAILABLE_CODE, LIMIT_CODE} & {error.code for error in errors}:
        return Unavailable(told(errors), retry_after(reply))
    return _odd(reply, "it doesn't say that nothing was done")


def _refused(reply: Reply, errors: tuple[FieldError, ...], lines: Sequence[str]) -> Outcome:
    if allowance_gone(errors):
        return Exhausted(told(errors))
    if has_code(errors, LIMIT_CODE):
        return Throttled(told(errors), retry_after(reply))
    if culprits := _culprits_by_line(errors, lines):
        return Rejected(culprits)
    if reply.status != HTTPStatus.BAD_REQUEST or JOB_CODES & {error.code for error in errors}:
        return Refused(reply.status, errors)
    return _nameless(errors)


def _nameless(errors: tuple[FieldError, ...]) -> Hindered | Nameless:
    """Tell errors that pass by themselves from those that come from some record."""
    return Hindered(errors) if all(error.code in PASSING_CODES for error in errors) else Nameless(errors)


def _culprits_by_line(errors: tuple[FieldError, ...], lines: Sequence[str]) -> dict[str, tuple[FieldError, ...]]:
    """Find the records that a parser error names by their line in the body."""
    culprits: dict[str, tuple[FieldError, ...]] = {}
    for error in errors:
        place = _PLACE.search(error.message) if error.code == PARSER_CODE else None
        position = int(place[1]) - FIRST_RECORD_LINE if place else -1
        if 0 <= position < len(lines):
            culprits[lines[position]] = (*culprits.get(lines[position], ()), error)
    return culprits


def _rejected(reply: Reply, results: Any, references: Sequence[str], proof: Collection[str]) -> Outcome:
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
    real = {name: errors for name, errors in ours.items() if not _innocent(errors)}
    if not real:
        errors = tuple(dict.fromkeys(error for errors in ours.values() for error in errors))
        return _nameless(tuple(error for error in errors if not _sympathetic(error)) or errors)
    return Rejected(real, {name: held for name, errors in real.items() if (held := _held(errors, proof)) is not None})


def _innocent(errors: Iterable[FieldError]) -> bool:
    """Tell whether a record is named only for what others did, or for what passes."""
    return all(_sympathetic(error) or error.code in PASSING_CODES for error in errors)


def _sympathetic(error: FieldError) -> bool:
    return error.code in SYMPATHETIC_CODES


def _held(errors: Iterable[FieldError], proof: Collection[str]) -> str | None:
    """Find the id of the record that holds this one's value of a unique field already; empty if the org masks it."""
    return next((held for error in errors for field in proof if (held := existing(error, field)) is not None), None)


def _told(reply: Reply) -> str:
    return told(api_errors(parsed(reply.body))) or f"HTTP {reply.status}, {excerpt(reply.body)}"


def _odd(reply: Reply, oddity: str) -> InDoubt:
    return InDoubt(f"HTTP {reply.status} was not understood: {oddity}; {excerpt(reply.body)}")
