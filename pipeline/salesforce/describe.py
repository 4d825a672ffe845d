"""The endpoint `describe`: which fields an object has, and which objects there are.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pipeline.errors import OrgUnavailable, UsageError
from pipeline.model.describe import Describe, Field, RecordType, Relationship
from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import api_errors, excerpt, parsed, read_failed

_COMPRESSED: Mapping[str, str] = {"Accept-Encoding": "gzip"}
"""A describe has hundreds of kilobytes."""


class UnknownObject(UsageError):
    """The org has no such object, or hides it from this user."""


def build(api_version: str, object_name: str) -> Request:
    """Ask for the describe of an object. `api_version` is like `67.0`."""
    path = f"/services/data/v{api_version}/sobjects/{quote(object_name, safe='')}/describe"
    return Request("GET", path, Purpose.DESCRIBE, headers=_COMPRESSED)


def decipher(delivery: Delivery, object_name: str) -> Describe:
    """Read a describe.

    :raises UnknownObject: the org knows no such object.
    :raises TreeloadError: see `read_failed`.
    """
    match delivery:
        case Reply(HTTPStatus.OK, _, body):
            describe = read(parsed(body))
            if describe is None:
                raise OrgUnavailable(f"the org's describe of {object_name} was not understood; {excerpt(body)}")
            return describe
        case Reply(HTTPStatus.NOT_FOUND, _, body) if api_errors(parsed(body)):
            raise UnknownObject(f"the org has no object {object_name!r}, or hides it from this user; check job.object")
        case _:
            raise read_failed(delivery, f"read the describe of {object_name}")


def build_global(api_version: str) -> Request:
    """Ask which objects there are."""
    return Request("GET", f"/services/data/v{api_version}/sobjects", Purpose.DESCRIBE, headers=_COMPRESSED)


def decipher_global(delivery: Delivery) -> list[str]:
    """Read the names of all objects that the user may see, in the org's order.

    :raises TreeloadError: see `read_failed`.
    """
    if isinstance(delivery, Reply) and delivery.status == HTTPStatus.OK:
        answer = parsed(delivery.body)
        objects = answer.get("sobjects") if isinstance(answer, dict) else None
        if isinstance(objects, list):
            return [item["name"] for item in objects if isinstance(item, dict) and isinstance(item.get("name"), str)]
    raise read_failed(delivery, "read which objects the org has")


def read(answer: Any) -> Describe | None:
    """Read the JSON of a describe; None if it is something else. What is kept on disk is read by this, too."""
    try:
        fields = {field["name"]: _field(field) for field in answer["fields"]}
        return Describe(
            name=str(answer["name"]),
            label=str(answer["label"]),
            key_prefix=answer["keyPrefix"] or "",
            createable=answer["createable"] is True,
            fields=fields,
            lower={name.lower(): name for name in fields},
            children={
                child["relationshipName"].lower(): Relationship(child["relationshipName"], child["childSObject"], child["field"])
                for child in answer["childRelationships"]
                if child["relationshipName"] and child["childSObject"]
            },
            record_types=tuple(map(_record_type, answer.get("recordTypeInfos") or ())),
        )
    except (AttributeError, KeyError, TypeError):
        return None


def _record_type(info: dict[str, Any]) -> RecordType:
    return RecordType(
        id=info["recordTypeId"],
        name=info["name"],
        developer_name=info.get("developerName") or "",
        active=info.get("active") is not False,
    )


def _field(field: dict[str, Any]) -> Field:
    return Field(
        name=field["name"],
        label=field["label"],
        type=field["type"],
        length=field["length"],
        createable=field["createable"],
        nillable=field["nillable"],
        defaulted_on_create=field["defaultedOnCreate"],
        restricted_picklist=field["restrictedPicklist"],
        picklist=tuple(value["value"] for value in field["picklistValues"] if value["active"]),
        reference_to=tuple(field["referenceTo"]),
        unique=field["unique"],
        external_id=field["externalId"],
        case_sensitive=field.get("caseSensitive") is True,
        digits=field["digits"],
        precision=field["precision"],
        scale=field["scale"],
        html=field["htmlFormatted"],
        cascade_delete=field.get("cascadeDelete") is True,
        restricted_delete=field.get("restrictedDelete") is True,
    )
