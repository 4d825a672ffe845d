"""Our describe files say of a field only what is special about it; here they get the full shape that an org's describe has.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
"""

import re
from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]

LATEST = "/services/data/v67.0"
"""The version that stands in the urls of an expanded describe."""

_FIELD: Facts = {
    "aggregatable": True, "aiPredictionField": False, "autoNumber": False, "byteLength": 0, "calculated": False,
    "calculatedFormula": None, "cascadeDelete": False, "caseSensitive": False, "compoundFieldName": None,
    "controllerName": None, "createable": True, "custom": False, "defaultValue": None, "defaultValueFormula": None,
    "defaultedOnCreate": False, "dependentPicklist": False, "deprecatedAndHidden": False, "digits": 0,
    "displayLocationInDecimal": False, "encrypted": False, "externalId": False, "extraTypeInfo": None,
    "filterable": True, "filteredLookupInfo": None, "formulaTreatNullNumberAsZero": False, "groupable": True,
    "highScaleNumber": False, "htmlFormatted": False, "idLookup": False, "inlineHelpText": None, "label": "",
    "length": 0, "mask": None, "maskType": None, "name": "", "nameField": False, "namePointing": False,
    "nillable": True, "permissionable": True, "picklistValues": [], "polymorphicForeignKey": False, "precision": 0,
    "queryByDistance": False, "referenceTargetField": None, "referenceTo": [], "relationshipName": None,
    "relationshipOrder": None, "restrictedDelete": False, "restrictedPicklist": False, "scale": 0,
    "searchPrefilterable": False, "soapType": "xsd:string", "sortable": True, "type": "string", "unique": False,
    "updateable": True, "writeRequiresMasterRead": False,
}  # fmt: skip

_BY_TYPE: Mapping[str, Facts] = {
    "id": {
        "createable": False, "defaultedOnCreate": True, "idLookup": True, "length": 18, "nillable": False,
        "permissionable": False, "soapType": "tns:ID", "updateable": False,
    },
    "reference": {"length": 18, "permissionable": False, "soapType": "tns:ID"},
    "boolean": {
        "aggregatable": False, "defaultValue": False, "defaultedOnCreate": True, "nillable": False,
        "soapType": "xsd:boolean",
    },
    "int": {"soapType": "xsd:int"},
    "double": {"groupable": False, "precision": 18, "soapType": "xsd:double"},
    "currency": {"groupable": False, "precision": 18, "soapType": "xsd:double"},
    "percent": {"groupable": False, "soapType": "xsd:double"},
    "date": {"soapType": "xsd:date"},
    "datetime": {"groupable": False, "soapType": "xsd:dateTime"},
    "email": {"idLookup": True, "length": 80},
    "phone": {"length": 40},
    "url": {"length": 255},
    "textarea": {"extraTypeInfo": "plaintextarea"},
    "address": {
        "aggregatable": False, "createable": False, "groupable": False, "queryByDistance": True,
        "soapType": "urn:address", "sortable": False, "updateable": False,
    },
}  # fmt: skip

_OBJECT: Facts = {
    "actionOverrides": [], "activateable": False, "associateEntityType": None, "associateParentEntity": None,
    "childRelationships": [], "compactLayoutable": True, "createable": True, "custom": False, "customSetting": False,
    "deepCloneable": False, "defaultImplementation": None, "deletable": True, "deprecatedAndHidden": False,
    "extendedBy": None, "extendsInterfaces": None, "feedEnabled": True, "fields": [], "hasSubtypes": False,
    "implementedBy": None, "implementsInterfaces": None, "isInterface": False, "isSubtype": False, "keyPrefix": None,
    "label": "", "labelPlural": "", "layoutable": True, "listviewable": None, "lookupLayoutable": None,
    "mergeable": True, "mruEnabled": True, "name": "", "namedLayoutInfos": [], "networkScopeFieldName": None,
    "queryable": True, "recordTypeInfos": [], "replicateable": True, "retrieveable": True, "searchLayoutable": True,
    "searchable": True, "sobjectDescribeOption": "FULL",
    "supportedScopes": [{"label": "Everything", "name": "everything"}], "triggerable": True, "undeletable": True,
    "updateable": True, "urls": {},
}  # fmt: skip

_CHILD: Facts = {
    "cascadeDelete": False, "childSObject": "", "deprecatedAndHidden": False, "field": "", "junctionIdListNames": [],
    "junctionReferenceTo": [], "relationshipName": None, "restrictedDelete": False,
}  # fmt: skip

_MASTER = "012000000000000AAA"
"""Id of the record type that every object has."""

_BYTES_PER_CHARACTER = 3
_ID_LENGTH = 18


def expand(compact: Facts) -> dict[str, Any]:
    """Make the describe that an org would answer out of one of our files."""
    name = compact["name"]
    return {
        **_OBJECT,
        **compact,
        "fields": [expand_field(field) for field in compact["fields"]],
        "childRelationships": [expand_child(child) for child in compact.get("childRelationships", ())],
        "recordTypeInfos": [expand_record_type(name, _MASTER, "Master")],
        "urls": _urls(name, compact.get("keyPrefix")),
    }


def field_defaults(field_type: str, length: int | None = None) -> dict[str, Any]:
    """Say what is usual for a field of this type (and, of text, this length)."""
    usual = {**_FIELD, **_BY_TYPE.get(field_type, {}), "type": field_type}
    if length is not None:
        usual["length"] = length
    usual["byteLength"] = _ID_LENGTH if field_type in ("id", "reference") else _BYTES_PER_CHARACTER * usual["length"]
    return usual


def expand_child(compact: Facts) -> dict[str, Any]:
    """Write a child relationship in full."""
    return {**_CHILD, **compact}


def expand_field(compact: Facts) -> dict[str, Any]:
    """Write a field in full."""
    full = {**field_defaults(compact["type"], compact.get("length")), **compact}
    default = compact.get("defaultValue")
    full["picklistValues"] = [
        {"active": True, "defaultValue": value == default, "label": value, "validFor": None, "value": value}
        for value in compact.get("picklistValues", ())
    ]
    return full


def expand_record_type(object_name: str, record_type_id: str, name: str) -> dict[str, Any]:
    """Write a record type of an object in full; its developer name is its name with underscores for what isn't a letter."""
    master = record_type_id == _MASTER
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": master,
        "developerName": re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_"),
        "master": master,
        "name": name,
        "recordTypeId": record_type_id,
        "urls": {"layout": f"{LATEST}/sobjects/{object_name}/describe/layouts/{record_type_id}"},
    }


def _urls(name: str, prefix: str | None) -> dict[str, str]:
    own = f"{LATEST}/sobjects/{name}"
    pages = {"rowTemplate": "{ID}", "describe": "describe", "layouts": "describe/layouts"}
    more = {"compactLayouts": "describe/compactLayouts", "approvalLayouts": "describe/approvalLayouts"}
    more |= {"listviews": "listviews", "quickActions": "quickActions"}
    urls = {key: f"{own}/{page}" for key, page in (pages | more).items()} | {"sobject": own}
    return urls | {"uiDetailTemplate": "/{ID}", "uiEditTemplate": "/{ID}/e", "uiNewRecord": f"/{prefix}/e"}
