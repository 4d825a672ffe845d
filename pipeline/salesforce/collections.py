"""The endpoint `composite/sobjects` (sObject Collections): up to 200 records a request, each of them by itself.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pipeline.model.outcome import Outcome
from pipeline.model.record import FieldError
from pipeline.model.record_id import are_record_ids
from pipeline.model.wire import NO_HEADERS, Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import parsed, record_errors
from pipeline.salesforce.refusals import answered, failure, odd, one_by_one


def build(
    api_version: str,
    object_name: str,  # noqa: ARG001 - records say it themselves
    records: Sequence[bytes],
    purpose: Purpose,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Request:
    """Make the request that creates these records; `headers` say what it may set off."""
    path = f"/services/data/v{api_version}/composite/sobjects"
    return Request("POST", path, purpose, b'{"allOrNone":false,"records":[\n%b\n]}' % b",\n".join(records), headers)


def decipher(delivery: Delivery, references: Sequence[str], lines: Sequence[str] = (), proof: Collection[str] = ()) -> Outcome:
    """Say what came of a request for records with these references.

    Results have no reference: they come in the order of the request, and count only if there are as many. They are told from
    errors of the request as such by their form, whatever the status. A field that the org doesn't know is an error of each
    record here: if all records have such an error, the request is wrong as such.
    """
    match answered(delivery):
        case Reply() as reply:
            answer = parsed(reply.body)
            if isinstance(answer, list) and any(isinstance(result, dict) and "success" in result for result in answer):
                return _read(reply, answer, references, proof)
            return failure(reply, lines or references)
        case outcome:
            return outcome


def _read(reply: Reply, results: list[Any], references: Sequence[str], proof: Collection[str]) -> Outcome:
    if len(results) != len(references):
        return odd(reply, f"{len(references):,} records were sent, and it has {len(results):,} results")
    ids: dict[str, str] = {}
    errors: dict[str, tuple[FieldError, ...]] = {}
    for name, result in zip(references, results, strict=True):
        match result:
            case {"success": True, "id": str(record_id)} if not result.get("errors"):
                ids[name] = record_id
            case {"success": False} if found := record_errors(result.get("errors")):
                errors[name] = found
            case _:
                return odd(reply, "a result is neither a record's id nor its errors")
    if not are_record_ids(ids.values()) or len({*ids.values()}) < len(ids):
        return odd(reply, "an id comes twice or is none")
    return one_by_one(reply.status, ids, errors, proof)
