"""Errors in the org's own words, and what a failed read means. Total: any bytes and any JSON will do.

Two forms: a call that fails as such answers `[{"message", "errorCode"[, "fields"]}]`; a record that fails within an envelope
has `[{"statusCode", "message", "fields"}]`.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError, UsageError
from pipeline.model.record import FieldError
from pipeline.model.wire import Delivery, NoReply, NotSent, Reply

LIMIT_CODE = "REQUEST_LIMIT_EXCEEDED"
PARSER_CODE = "JSON_PARSER_ERROR"
UNAVAILABLE_CODE = "SERVER_UNAVAILABLE"

SYMPATHETIC_CODES = frozenset({"ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED"})
"""Codes of records that fail only because another one did."""

PASSING_CODES = frozenset({"UNABLE_TO_LOCK_ROW", "UNKNOWN_EXCEPTION"})
"""Codes of what happens in the org at this moment: "unable to obtain exclusive access to this record"."""

JOB_CODES = frozenset(
    {
        "API_CURRENTLY_DISABLED",
        "API_DISABLED_FOR_ORG",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_INPUT",
        "INVALID_TYPE",
        "METHOD_NOT_ALLOWED",
        "NOT_FOUND",
        "UNSUPPORTED_API_VERSION",
    }
)
"""Codes of a request that fails whatever its records are: an unknown field or object, a missing right."""

_ALLOWANCE_GONE = "TotalRequests"
"""What the message of REQUEST_LIMIT_EXCEEDED says when the day's allowance is gone; otherwise too much runs at the same time."""

_TOO_MANY = "ConcurrentRequests"
_TOO_LONG = "ConcurrentPerOrgLongTxn"

_OVERTAXED = re.compile(r"System\.LimitException|Apex CPU time limit exceeded", re.IGNORECASE)
"""What an org's own code says when it had too much to do.

https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_gov_limits.htm
"""

_EXCERPT = 200
_LONGEST_PAUSE = 86_400.0


def parsed(body: bytes) -> Any:
    """Read JSON; None if it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def api_errors(answer: Any) -> tuple[FieldError, ...]:
    """Read the errors of a call that failed as such. Empty if this is not the API's own form."""
    return _read(answer, "errorCode")


def record_errors(answer: Any) -> tuple[FieldError, ...]:
    """Read the errors of one record. Empty if this is not the API's own form."""
    return _read(answer, "statusCode")


def _read(answer: Any, code: str) -> tuple[FieldError, ...]:
    if not isinstance(answer, list) or not all(isinstance(item, dict) and _text(item.get(code)) for item in answer):
        return ()
    return tuple(FieldError(_text(item[code]), _text(item.get("message")), _names(item.get("fields"))) for item in answer)


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _names(value: Any) -> tuple[str, ...]:
    return tuple(clean(name) for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def clean(text: str) -> str:
    """Put it on one line, without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def excerpt(body: bytes) -> str:
    """Show the beginning of a body that was not understood."""
    start = clean(body[: 4 * _EXCERPT].decode("utf-8", "replace"))[:_EXCERPT]
    return f"the reply begins: {start}" if start else "the reply has no text"


def told(errors: Iterable[FieldError]) -> str:
    """Say errors in one line, each with its code."""
    return "; ".join(f"{error.code}: {error.message}" if error.message else error.code for error in errors)


def has_code(errors: Iterable[FieldError], code: str) -> bool:
    """Tell whether one of them is this."""
    return any(error.code == code for error in errors)


def allowance_gone(errors: Iterable[FieldError]) -> bool:
    """Tell whether the day's allowance of calls is used up.

    REQUEST_LIMIT_EXCEEDED has three meanings, told apart by the message: "TotalRequests Limit exceeded.",
    "ConcurrentRequests (Concurrent API Requests) Limit exceeded." and "ConcurrentPerOrgLongTxn Limit exceeded."
    https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
    """
    return any(error.code == LIMIT_CODE and _ALLOWANCE_GONE in error.message for error in errors)


def too_many(errors: Iterable[FieldError]) -> bool:
    """Tell whether the org has too many requests at once."""
    return any(error.code == LIMIT_CODE and _TOO_MANY in error.message for error in errors)


def too_long(errors: Iterable[FieldError]) -> bool:
    """Tell whether it has too many at once for which its own code takes 5 seconds or more."""
    return any(error.code == LIMIT_CODE and _TOO_LONG in error.message for error in errors)


def overtaxed(error: FieldError) -> bool:
    """Tell whether the org's own code had too much to do: too much CPU time, too many queries and the like."""
    return _OVERTAXED.search(error.message) is not None


def retry_after(reply: Reply) -> float | None:
    """Seconds that the reply asks to wait. A date counts from the reply's own, so no clock is needed, and none can be wrong.

    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Retry-After
    """
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_PAUSE)
    try:
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(reply.headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):  # none, or one of them without a zone
        return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE)


def read_failed(delivery: Delivery, what: str) -> TreeloadError:
    """Name the error of a call that only reads and didn't bring what was asked. `what` goes after "can't": "read the limits"."""
    match delivery:
        case NotSent(reason):
            return OrgUnavailable(f"can't {what}: the org can't be reached ({reason}); check org.url and the network")
        case NoReply(reason):
            return OrgUnavailable(f"can't {what}: no reply from the org ({reason}); try again later")
        case Reply(status, _, body):
            return _bad_reply(status, body, what)


def _bad_reply(status: int, body: bytes, what: str) -> TreeloadError:
    errors = api_errors(parsed(body))
    words = told(errors)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            reason = words or "HTTP 401"
            return AccessRefused(f"can't {what}: the org doesn't accept the access token ({reason}); get a fresh one")
        case HTTPStatus.FORBIDDEN if has_code(errors, LIMIT_CODE):
            return OrgUnavailable(f"can't {what}: the org takes no more calls for now ({words}); try again later")
        case HTTPStatus.FORBIDDEN if errors:
            return AccessRefused(f"can't {what}: the org refuses it to this user ({words}); ask the org's administrator")
        case HTTPStatus.GONE:
            return UsageError(f"can't {what}: the org has retired this version of its API; set a newer org.api_version")
        case HTTPStatus.BAD_REQUEST | HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED if errors:
            return UsageError(f"can't {what}: the org refuses the call ({words}); check org.url and org.api_version")
        case _:
            odd = words or excerpt(body)
            return OrgUnavailable(f"can't {what}: the org answers HTTP {status} ({odd}); try again later")
