"""The org's daily allowance of calls."""

from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OrgUnavailable
from pipeline.model.wire import Purpose, Reply
from pipeline.salesforce import limits
from pipeline.salesforce.limits import Allowance


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=25/5000", (25, 5000)),
        ("api-usage=110018/100000", (110018, 100000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", (25, 5000)),
        ("per-app-api-usage=17/250(appName=x); api-usage=25/5000", (25, 5000)),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("api-bursts=1/750, API-Usage=3/9", (3, 9)),
        ("api-usage=/", None),
        ("api-usage=1", None),
        ("", None),
    ],
)
def test_usage_is_read_from_the_header_and_nothing_else_in_it(header: str, usage: tuple[int, int] | None):
    assert limits.usage({"sforce-limit-info": header}) == usage


def test_a_reply_without_the_header_says_nothing():
    assert limits.usage({"content-type": "application/json"}) is None


@given(st.text())
def test_any_header_is_read_without_a_fuss(header: str):
    limits.usage({"sforce-limit-info": header})


def test_every_recorded_header_is_read(recorded: Callable[[str], bytes]):
    usages = []
    for line in recorded("http/grouparoo/interactions-half.jsonl").splitlines():
        flat = orjson.loads(line)["headers"]
        headers = {name.lower(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
        if "sforce-limit-info" in headers:
            usages.append(limits.usage(headers))
    assert len(usages) > 50
    assert all(usage is not None and 0 < usage[0] < usage[1] for usage in usages)


def test_the_limits_are_asked_for():
    request = limits.build("67.0")
    assert (request.method, request.path, request.purpose) == ("GET", "/services/data/v67.0/limits", Purpose.LIMITS)


def test_the_allowance_is_read(reply: Callable[..., Reply]):
    answer = {"DailyApiRequests": {"Max": 5000, "Remaining": 4937}, "DataStorageMB": {"Max": 1024, "Remaining": 1024}}
    assert limits.decipher(reply(200, answer)) == Allowance(remaining=4937, maximum=5000)


@pytest.mark.parametrize("answer", [[], {}, {"DailyApiRequests": 5}, {"DailyApiRequests": {"Max": "5000", "Remaining": 1}}])
def test_limits_that_are_not_understood_are_said_to_be(answer: object, reply: Callable[..., Reply]):
    with pytest.raises(OrgUnavailable, match="can't read the org's limits"):
        limits.decipher(reply(200, answer))
