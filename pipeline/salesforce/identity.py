"""The endpoint `userinfo`: which user the token belongs to. Records are told from others by who created them.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_userinfo_endpoint.htm
"""

from http import HTTPStatus
from typing import Any

from pipeline.model.record_id import is_record_id, to_18
from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import parsed, read_failed


def build() -> Request:
    """Ask who the user is."""
    return Request("GET", "/services/oauth2/userinfo", Purpose.EVIDENCE)


def decipher(delivery: Delivery) -> str:
    """Read the user's id of 18 characters.

    :raises TreeloadError: see `read_failed`.
    """
    if isinstance(delivery, Reply) and delivery.status == HTTPStatus.OK:
        user = _user(parsed(delivery.body))
        if user:
            return user
    raise read_failed(delivery, "read who the user is")


def _user(answer: Any) -> str:
    given = answer.get("user_id") if isinstance(answer, dict) else None
    if not isinstance(given, str):
        return ""
    try:
        return given if is_record_id(given) else to_18(given)
    except ValueError:
        return ""
