"""The org's daily allowance of calls: what is said beside each reply, and the endpoint `limits`.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import parsed, read_failed

_USAGE = re.compile(r"(?<![-\w])api-usage=([0-9]{1,15})/([0-9]{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls of the rolling 24 hours, of the whole org."""

    remaining: int
    maximum: int


def usage(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Read how many calls are used, and of how many, from a reply's headers (lower-case names). Used may exceed the maximum.

    The value is like `api-usage=25/5000`; older ones have further parts (`per-app-api-usage=17/250(appName=x)`).
    """
    found = _USAGE.search(headers.get("sforce-limit-info", ""))
    return (int(found[1]), int(found[2])) if found else None


def build(api_version: str) -> Request:
    """Ask for the limits."""
    return Request("GET", f"/services/data/v{api_version}/limits", Purpose.LIMITS)


def decipher(delivery: Delivery) -> Allowance:
    """Read the allowance of calls. The org's figures lag by up to five minutes.

    :raises TreeloadError: see `read_failed`.
    """
    if isinstance(delivery, Reply) and delivery.status == HTTPStatus.OK:
        answer = parsed(delivery.body)
        calls = answer.get("DailyApiRequests") if isinstance(answer, dict) else None
        match calls:
            case {"Remaining": int(remaining), "Max": int(maximum)}:
                return Allowance(remaining, maximum)
            case _:
                pass
    raise read_failed(delivery, "read the org's limits")
