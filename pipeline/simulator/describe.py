"""What the org says of its objects: describe, the list of all, and the basics of one.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_basic_info.htm
"""

import re
from typing import Any

import orjson

from pipeline.simulator.objects import SObject
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call

_VERSION = re.compile(rb"/services/data/v\w+\.\w+")
_LISTED = (
    "activateable", "associateEntityType", "associateParentEntity", "createable", "custom", "customSetting",
    "deepCloneable", "deletable", "deprecatedAndHidden", "feedEnabled", "hasSubtypes", "isInterface", "isSubtype",
    "keyPrefix", "label", "labelPlural", "layoutable", "mergeable", "mruEnabled", "name", "queryable", "replicateable",
    "retrieveable", "searchable", "triggerable", "undeletable", "updateable", "urls",
)  # fmt: skip
"""What the list of all objects says of each."""


def describe(org: Org, call: Call) -> Answer:
    """Describe an object, with its urls in the version that was asked."""
    return _in_version(call, org.table(call.parts["object"]).sobject.describe)


def describe_all(org: Org, call: Call) -> Answer:
    """List the objects."""
    listed = [_listed(sobject) for sobject in org.sobjects()]
    return _in_version(call, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def basics(org: Org, call: Call) -> Answer:
    """Say of an object what the list of all does, and which records were looked at last: none."""
    listed = _listed(org.table(call.parts["object"]).sobject)
    return _in_version(call, {"objectDescribe": listed, "recentItems": []})


def _listed(sobject: SObject) -> dict[str, Any]:
    return {key: sobject.describe.get(key) for key in _LISTED}


def _in_version(call: Call, content: object) -> Answer:
    return Answer(200, _VERSION.sub(call.version.encode(), orjson.dumps(content)))
