"""The versions of the API, and the resources of one.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_versions.htm
"""

import re

from pipeline.simulator.errors import ApiError, not_found
from pipeline.simulator.org import ORG_ID, USER_ID, Org
from pipeline.simulator.wire import Answer, Call

OLDEST, NEWEST = 31, 67
_RETIRED = range(21, 31)
_VERSION = re.compile(r"v(\d{2,3})\.0")
_SEASONS = ("Spring", "Summer", "Winter")
_SPRING_20 = 48
"""v48.0 was Spring '20; three versions a year."""


def versions(_org: Org, _call: Call) -> Answer:
    """List the versions, oldest first. Needs no token and costs nothing."""
    return Answer(200, [_version(number) for number in range(OLDEST, NEWEST + 1)])


def resources(_org: Org, call: Call) -> Answer:
    """List the resources of a version, with the address that tells who is asking."""
    paths = {"sobjects": "sobjects", "query": "query", "limits": "limits", "composite": "composite"}
    urls = {name: f"{call.version}/{path}" for name, path in paths.items()}
    return Answer(200, {**urls, "identity": f"{call.base}/id/{ORG_ID}/{USER_ID}"})


def check(version: str) -> None:
    """Refuse a version that isn't served: 410 for the retired ones, else 404."""
    found = _VERSION.fullmatch(version)
    number = int(found[1]) if found else 0
    if number in _RETIRED:
        raise ApiError(410, "GONE", f"The requested API version is retired: {version}")
    if not OLDEST <= number <= NEWEST:
        raise not_found()


def _version(number: int) -> dict[str, str]:
    years, season = divmod(number - _SPRING_20, len(_SEASONS))
    year = 20 + years + (season == len(_SEASONS) - 1)
    return {"label": f"{_SEASONS[season]} '{year}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
