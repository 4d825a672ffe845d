"""Requests inside a request: what may be asked there, and who answers it.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl, unquote

from pipeline.simulator import collections, describe, external_ids, limits, query, sobjects, tree, versions
from pipeline.simulator.errors import ApiError, not_found
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call

Endpoint = Callable[[Org, Call], Answer]

_VERSION = "/services/data/(?P<version>[^/]+)"
_OBJECT, _ID = "(?P<object>[^/]+)", "(?P<id>[^/]+)"
_KEY = "(?P<field>[^/]+)/(?P<value>[^/]+)"
_ROADS: Sequence[tuple[str, Mapping[str, Endpoint]]] = (
    ("limits", {"GET": limits.limits}),
    ("query", {"GET": query.query}),
    ("queryAll", {"GET": query.query_all}),
    ("query/(?P<locator>[^/]+)", {"GET": query.more}),
    ("sobjects", {"GET": describe.describe_all}),
    (f"sobjects/{_OBJECT}", {"GET": describe.basics, "POST": sobjects.create}),
    (f"sobjects/{_OBJECT}/describe", {"GET": describe.describe}),
    (f"sobjects/{_OBJECT}/{_ID}", {"GET": sobjects.get, "PATCH": sobjects.update, "DELETE": sobjects.delete}),
    (f"sobjects/{_OBJECT}/{_KEY}", {"GET": external_ids.get, "PATCH": external_ids.upsert, "DELETE": external_ids.delete}),
    (f"composite/tree/{_OBJECT}", {"POST": tree.create}),
    ("composite/sobjects", {"POST": collections.create, "PATCH": collections.update, "DELETE": collections.delete}),
    (f"composite/sobjects/{_OBJECT}", {"GET": collections.retrieve, "POST": collections.retrieve}),
    (f"composite/sobjects/{_OBJECT}/(?P<field>[^/]+)", {"PATCH": collections.upsert}),
)
_PATTERNS = tuple((re.compile(f"{_VERSION}/{road}/?"), endpoints) for road, endpoints in _ROADS)


def answer(org: Org, call: Call, method: str, url: str, body: bytes = b"") -> Answer:
    """Answer a request inside `call`, as if it came alone; what is wrong with it is its answer."""
    try:
        return _asked(org, call, method, url, body)
    except ApiError as error:
        return Answer(error.status, error.body)


def _asked(org: Org, call: Call, method: str, url: str, body: bytes) -> Answer:
    path, _, asked = url.partition("?")
    for pattern, endpoints in _PATTERNS:
        if found := pattern.fullmatch(path):
            versions.check(found["version"])
            if method not in endpoints:
                allowed = ",".join(sorted(endpoints))
                raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")
            parts = {name: unquote(part) for name, part in found.groupdict().items()}
            parameters = dict(parse_qsl(asked, keep_blank_values=True))
            return endpoints[method](org, Call(method, path, call.base, parts, parameters, call.headers, body))
    raise not_found()
