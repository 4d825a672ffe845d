"""The endpoint `sobjects/OBJECT`: one record a request. It tells most about duplicates.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_create.htm
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pipeline.model.outcome import Created, Nameless, Outcome, Rejected
from pipeline.model.record import FieldError
from pipeline.model.record_id import is_record_id
from pipeline.model.wire import NO_HEADERS, Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import parsed
from pipeline.salesforce.refusals import DONE, answered, failure, held, odd

DUPLICATES_CODE = "DUPLICATES_DETECTED"


def build(
    api_version: str, object_name: str, records: Sequence[bytes], purpose: Purpose, headers: Mapping[str, str] = NO_HEADERS
) -> Request:
    """Make the request that creates this record; `headers` say what it may set off.

    :raises ValueError: if it isn't one.
    """
    (record,) = records
    return Request("POST", f"/services/data/v{api_version}/sobjects/{quote(object_name, safe='')}", purpose, record, headers)


def decipher(delivery: Delivery, references: Sequence[str], lines: Sequence[str] = (), proof: Collection[str] = ()) -> Outcome:
    """Say what came of a request for the record with this reference.

    What a duplicate rule has found is added to its error: the ids of the records that are like this one.
    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
    """
    (name,) = references
    match answered(delivery):
        case Reply(status) as reply if status in DONE:
            return _done(reply, name)
        case Reply() as reply:
            match failure(reply, lines or references):
                case Nameless(errors):
                    real = {name: _with_matches(errors, parsed(reply.body))}
                    return Rejected(real, held(real, proof))
                case outcome:
                    return outcome
        case outcome:
            return outcome


def _done(reply: Reply, name: str) -> Outcome:
    match parsed(reply.body):
        case {"success": True, "id": str(record_id)} as answer if not answer.get("errors") and is_record_id(record_id):
            return Created({name: record_id})
        case _:
            return odd(reply, "it is not the id of a record")


def _with_matches(errors: tuple[FieldError, ...], answer: Any) -> tuple[FieldError, ...]:
    """Name the records that a duplicate rule holds for the same."""
    told = []
    for error, item in zip(errors, answer, strict=True):
        ids = _matches(item.get("duplicateResult")) if error.code == DUPLICATES_CODE else []
        told.append(replace(error, message=f"{error.message} (like {', '.join(ids)})") if ids else error)
    return tuple(told)


def _matches(result: Any) -> list[str]:
    """Read the ids of the records that rules have found; what isn't understood is left out."""
    rules = result.get("matchResults") if isinstance(result, dict) else None
    records = [record for rule in _dicts(rules) for record in _dicts(rule.get("matchRecords"))]
    ids = [one["record"].get("Id") for one in records if isinstance(one.get("record"), dict)]
    return list(dict.fromkeys(key for key in ids if isinstance(key, str) and is_record_id(key)))


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
