"""The endpoint `composite/tree`: up to 200 records a request, all of them or none.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm

Records are encoded once (`encoding.py`); `build` joins them, one a line.
"""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pipeline.model.outcome import Created, Outcome, Refused, Rejected
from pipeline.model.record import FieldError
from pipeline.model.record_id import are_record_ids
from pipeline.model.wire import NO_HEADERS, Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import parsed, record_errors
from pipeline.salesforce.refusals import DONE, answered, failure, held, innocent, nameless, odd, sympathetic


def hang(record: bytes, children: Mapping[str, Sequence[bytes]]) -> bytes:
    """Put records under another one, by the names of their relationships; the family stays on one line.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_composite_sobject_tree_create.htm
    """
    parts = [b',"%b":{"records":[%b]}' % (name.encode(), b",".join(below)) for name, below in children.items()]
    return b"%b%b}" % (record[:-1], b"".join(parts))


def link(record: bytes, field: str, parent: str) -> bytes:
    """Give a record the id of the one that it belongs under, where it doesn't go in the same request."""
    return b'%b,"%b":"%b"}' % (record[:-1], field.encode(), parent.encode())


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
    match answered(delivery):
        case Reply(status) as reply if status in DONE:
            return _done(reply, references)
        case Reply() as reply:
            return _failed(reply, references, lines or references, proof)
        case outcome:
            return outcome


def _done(reply: Reply, references: Sequence[str]) -> Outcome:
    answer = parsed(reply.body)
    if not isinstance(answer, dict) or answer.get("hasErrors") is not False or not isinstance(answer.get("results"), list):
        return odd(reply, "it is not the answer to a tree")
    results = answer["results"]
    try:
        ids = {result["referenceId"]: result["id"] for result in results}
        faulty = b'"errors"' in reply.body and any(result.get("errors") for result in results)
        complete = len(ids) == len(results) == len(references) and ids.keys() == set(references)
        sound = are_record_ids(ids.values()) and len(set(ids.values())) == len(ids)
    except (AttributeError, KeyError, TypeError):
        return odd(reply, "a result is not a reference with an id")
    if faulty:
        return odd(reply, "a result has errors though the reply says it has none")
    if not complete:
        return odd(reply, "its references are not exactly those that were sent")
    if not sound:
        return odd(reply, "an id comes twice or is none")
    return Created(ids)


def _failed(reply: Reply, references: Sequence[str], lines: Sequence[str], proof: Collection[str]) -> Outcome:
    """Read a reply whose status speaks of failure. That counts only with the API's own JSON: a proxy may have spoken."""
    answer = parsed(reply.body)
    if reply.status == HTTPStatus.BAD_REQUEST and isinstance(answer, dict) and answer.get("hasErrors") is True:
        return _rejected(reply, answer.get("results"), references, proof)
    return failure(reply, lines)


def _rejected(reply: Reply, results: Any, references: Sequence[str], proof: Collection[str]) -> Outcome:
    """Read a tree that was rolled back. It names every record that was found at fault, and no other."""
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        return odd(reply, "its results can't be read")
    named: dict[str, tuple[FieldError, ...]] = {}
    for result in results:
        name, errors = result.get("referenceId"), record_errors(result.get("errors"))
        if not isinstance(name, str) or not errors or result.get("id"):
            return odd(reply, "a result is not a reference with errors")
        named[name] = (*named.get(name, ()), *errors)
    sent = set(references)
    ours = {name: errors for name, errors in named.items() if name in sent}
    if not ours:
        return Refused(reply.status, tuple(error for errors in named.values() for error in errors))
    real = {name: errors for name, errors in ours.items() if not innocent(errors)}
    if not real:
        errors = tuple(dict.fromkeys(error for errors in ours.values() for error in errors))
        return nameless(tuple(error for error in errors if not sympathetic(error)) or errors)
    return Rejected(real, held(real, proof))
