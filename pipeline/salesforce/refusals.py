"""What a reply means that doesn't say what became of records, whatever endpoint it comes from. Total: any bytes will do.

Requests have one record a line. Record i stands on line i + 2 of the body, so an error that names a line names a record.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

from pipeline.model.outcome import (
    Created,
    Exhausted,
    Hindered,
    InDoubt,
    Nameless,
    Outcome,
    Overtaxed,
    Partly,
    Refused,
    Rejected,
    SessionExpired,
    Throttled,
    Unavailable,
)
from pipeline.model.record import FieldError
from pipeline.model.wire import Delivery, NoReply, NotSent, Reply
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
    overtaxed,
    parsed,
    retry_after,
    told,
    too_long,
    too_many,
)
from pipeline.salesforce.questions import existing

NONE_LEFT: Mapping[str, tuple[FieldError, ...]] = MappingProxyType({})
DONE = frozenset({200, 201})
FIRST_RECORD_LINE = 2

_REFUSING = frozenset({400, 403, 404, 405, 410, 413, 414, 415, 431})
_THROTTLING = frozenset({420, 429})
_PLACE = re.compile(r"\[line:\s?([0-9]{1,9}), column:\s?[0-9]{1,9}\]")


def answered(delivery: Delivery) -> Reply | Throttled | Unavailable | InDoubt:
    """Return the reply, if one came that has to be read; otherwise the outcome."""
    match delivery:
        case Reply(status) if status in _THROTTLING:
            return Throttled(_words(delivery), retry_after(delivery))
        case Reply():
            return delivery
        case NotSent(reason):
            return Unavailable(reason)
        case NoReply(reason):
            return InDoubt(reason)


def failure(reply: Reply, lines: Sequence[str]) -> Outcome:
    """Read a reply that speaks of failure as such. That counts only with the API's own JSON: a proxy may have spoken.

    `lines` has the reference of the record that begins each line of the request.
    """
    errors = api_errors(parsed(reply.body))
    if not errors:
        return odd(reply, "it is not the API's own answer")
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return SessionExpired(told(errors))
    if reply.status in _REFUSING:
        return _refused(reply, errors, lines)
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE and {UNAVAILABLE_CODE, LIMIT_CODE} & {error.code for error in errors}:
        return Unavailable(told(errors), retry_after(reply))
    return odd(reply, "it doesn't say that nothing was done")


def _refused(reply: Reply, errors: tuple[FieldError, ...], lines: Sequence[str]) -> Outcome:
    if allowance_gone(errors):
        return Exhausted(told(errors))
    if has_code(errors, LIMIT_CODE):
        return Throttled(told(errors), retry_after(reply), too_many=too_many(errors), too_long=too_long(errors))
    if culprits := _culprits_by_line(errors, lines):
        return Rejected(culprits)
    if reply.status != HTTPStatus.BAD_REQUEST or JOB_CODES & {error.code for error in errors}:
        return Refused(reply.status, errors)
    return nameless(errors)


def nameless(errors: tuple[FieldError, ...]) -> Hindered | Overtaxed | Nameless:
    """Tell errors that pass by themselves, or come from the request's size, from those that come from some record."""
    if any(map(overtaxed, errors)):
        return Overtaxed(errors)
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


def innocent(errors: Iterable[FieldError]) -> bool:
    """Tell whether a record is named only for what others did, for what passes, or for what all of them were too much for."""
    return all(sympathetic(error) or error.code in PASSING_CODES or overtaxed(error) for error in errors)


def sympathetic(error: FieldError) -> bool:
    """Tell whether a record has an error only because another one has."""
    return error.code in SYMPATHETIC_CODES


def held(named: Mapping[str, Iterable[FieldError]], proof: Collection[str]) -> dict[str, str]:
    """Find among records at fault those whose value of a unique field (`proof`) another record holds already.

    Returns the ids of these other records; empty where the org masks one.
    """
    found = {
        name: next((key for error in errors for field in proof if (key := existing(error, field)) is not None), None)
        for name, errors in named.items()
    }
    return {name: key for name, key in found.items() if key is not None}


def one_by_one(
    status: int,
    ids: Mapping[str, str],
    errors: Mapping[str, tuple[FieldError, ...]],
    proof: Collection[str],
    left: Mapping[str, tuple[FieldError, ...]] = NONE_LEFT,
) -> Created | Partly | Overtaxed | Refused:
    """Say what came of records each of which fares by itself; `left` are those that the org didn't come to.

    A field that the org doesn't know is an error of each record: if all have such an error, the request is wrong as such.
    """
    if not errors and not left:
        return Created(ids)
    if not ids and not left and all(any(error.code in JOB_CODES for error in found) for found in errors.values()):
        return Refused(status, tuple(dict.fromkeys(error for found in errors.values() for error in found)))
    hindered = {name: found for name, found in errors.items() if innocent(found)}
    real = {name: found for name, found in errors.items() if name not in hindered}
    if (
        not ids
        and not real
        and (much := tuple({error: None for found in hindered.values() for error in found if overtaxed(error)}))
    ):
        return Overtaxed(much)
    return Partly(ids, real, held(real, proof), {**hindered, **left})


def _words(reply: Reply) -> str:
    return told(api_errors(parsed(reply.body))) or f"HTTP {reply.status}, {excerpt(reply.body)}"


def odd(reply: Reply, oddity: str) -> InDoubt:
    """Say why a reply was not understood: what it was for is in doubt."""
    return InDoubt(f"HTTP {reply.status} was not understood: {oddity}; {excerpt(reply.body)}")
