from typing import Any

import orjson
import pytest

from pipeline.simulator import Org


async def post(api, *asked: Any, **more: Any) -> Any:
    return await api.ask("POST", "/composite/batch/", data=orjson.dumps({"batchRequests": asked, **more}))


async def test_requests_are_answered_each_for_itself_and_counted(api, org: Org):
    new = {"method": "POST", "url": "v67.0/sobjects/Contact", "richInput": {"LastName": "Lee"}}
    bad = {"method": "GET", "url": "v67.0/sobjects/Nope/describe"}
    read = {"method": "GET", "url": "/services/data/v60.0/query?q=SELECT+LastName+FROM+Contact"}
    reply = await post(api, new, bad, read)
    assert (reply.status, reply.json["hasErrors"]) == (200, True)
    made, refused, found = reply.json["results"]
    assert (made["statusCode"], made["result"]["success"]) == (201, True)
    assert (refused["statusCode"], refused["result"][0]["errorCode"]) == (404, "NOT_FOUND")
    assert (found["statusCode"], found["result"]["records"][0]["LastName"]) == (200, "Lee")
    gone = {"method": "DELETE", "url": f"v67.0/sobjects/Contact/{made['result']['id']}"}
    assert (await post(api, gone)).json == {"hasErrors": False, "results": [{"statusCode": 204, "result": None}]}
    assert org.allowance.total == 4


async def test_a_batch_that_is_to_halt_answers_nothing_behind_what_fails(api):
    limits, bad = {"method": "GET", "url": "v67.0/limits"}, {"method": "GET", "url": "v67.0/nope"}
    reply = await post(api, limits, bad, limits, haltOnError=True)
    assert [one["statusCode"] for one in reply.json["results"]] == [200, 404, 412]
    assert reply.json["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


async def test_when_the_allowance_is_gone_the_rest_of_a_batch_is_refused(make_api):
    async with make_api(Org(api_requests_max=2)) as api:
        reply = await post(api, *[{"method": "GET", "url": "v67.0/limits"}] * 3)
        assert [one["statusCode"] for one in reply.json["results"]] == [200, 200, 403]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "JSON_PARSER_ERROR"),
        (b'{"batchRequests": [{"method": "GET"}]}', "JSON_PARSER_ERROR"),
        (orjson.dumps({"batchRequests": [{"method": "GET", "url": "v67.0/limits"}] * 26}), "LIMIT_EXCEEDED"),
    ],
)
async def test_what_is_no_batch_is_refused(api, body: bytes, code: str):
    assert (await api.ask("POST", "/composite/batch", data=body)).error[:2] == (400, code)
