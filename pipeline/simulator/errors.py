"""What is wrong, in the vendor's two shapes: errors of a whole request, and errors of one record.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

from collections.abc import Sequence
from typing import Any, NamedTuple


class ApiError(Exception):
    """The request as a whole is refused: an HTTP status and a plain array with one error."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body: list[dict[str, Any]] = [{"message": message, "errorCode": code}]
        if fields is not None:
            self.body[0]["fields"] = list(fields)


class RecordError(NamedTuple):
    """One thing that is wrong with one record."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def in_tree(self) -> dict[str, Any]:
        """Write it as composite/tree does, where the code is called `statusCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}

    def in_array(self) -> dict[str, Any]:
        """Write it as single create does, where the code is called `errorCode`."""
        return {"message": self.message, "errorCode": self.code, "fields": list(self.fields)}


def not_found() -> ApiError:
    """Make the answer for every path, object or record that isn't there."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def session_expired() -> ApiError:
    """Make the answer for a missing, unknown or expired token."""
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def unknown_column(name: str, object_name: str) -> ApiError:
    """Make the answer for a field that the object doesn't have (or hides): it names no record."""
    return ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {object_name}")
