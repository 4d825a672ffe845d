import ast
import asyncio
import gzip
import io
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

import pipeline.simulator
from pipeline.simulator import Org, serve

RECORD = orjson.dumps({"LastName": "Lee"})
EXPIRED = (401, "INVALID_SESSION_ID", "Session expired or invalid")


@pytest.mark.parametrize("scheme", ["Bearer", "OAuth", "bearer"])
async def test_a_token_is_taken_under_both_names(api, org: Org, scheme: str):
    assert (await api.ask("GET", "/limits", headers={"Authorization": f"{scheme} {org.token}"})).status == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "x"])
async def test_a_missing_or_unknown_token_is_refused(api, org: Org, header: str):
    reply = await api.ask("POST", "/sobjects/Contact", headers={"Authorization": header}, data=RECORD)
    assert reply.error == EXPIRED
    assert "Sforce-Limit-Info" not in reply.headers
    assert (org.count("Contact"), org.calls["create"]) == (0, 1)


async def test_an_expired_token_is_refused_until_a_new_login(api, org: Org):
    old = org.token
    org.expire_tokens()
    assert (await api.ask("GET", "/limits")).error == EXPIRED
    org.login()
    assert (await api.ask("GET", "/limits")).status == 200
    assert (await api.ask("GET", "/limits", token=old)).error == EXPIRED


async def test_answers_are_json_in_utf_8_with_the_used_calls(api):
    reply = await api.ask("GET", "/limits")
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=1/15000"


@pytest.mark.parametrize(
    "path",
    ["/nope", "/sobjects/Contact/describe/x/y", "/services/nope", "/services/data/v99.0/limits", "/services/data/x/limits"],
)
async def test_what_is_not_there_is_not_found(api, path: str):
    assert (await api.ask("GET", path)).error == (404, "NOT_FOUND", "The requested resource does not exist")


async def test_a_retired_version_is_gone(api):
    assert (await api.ask("GET", "/services/data/v30.0/limits")).error[:2] == (410, "GONE")


async def test_another_method_is_not_allowed(api):
    reply = await api.ask("PATCH", "/limits")
    assert reply.error == (405, "METHOD_NOT_ALLOWED", "HTTP Method 'PATCH' not allowed. Allowed are GET")


@pytest.mark.parametrize("path", ["/sobjects/Contact", "/sobjects/Contact/"])
async def test_a_slash_at_the_end_makes_no_difference(api, path: str):
    assert (await api.ask("POST", path, data=RECORD)).status == 201


@pytest.mark.parametrize("version", ["v50.0", "v61.0", "v67.0"])
async def test_all_served_versions_answer_alike(api, version: str):
    assert (await api.ask("POST", f"/services/data/{version}/sobjects/Contact", data=RECORD)).status == 201


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_compressed_body_is_read(api, org: Org, encoding: str, compress: Callable[[bytes], bytes]):
    reply = await api.ask("POST", "/sobjects/Contact", data=compress(RECORD), headers={"Content-Encoding": encoding})
    assert reply.status == 201
    assert org.count("Contact") == 1


async def test_a_path_that_is_too_long_is_refused(api, org: Org):
    reply = await api.query(f"SELECT Id FROM Contact WHERE LastName = '{'x' * 16384}'")
    assert reply.status == 400
    assert org.allowance.total == 0


async def test_a_body_that_only_says_it_is_compressed_creates_nothing(api, org: Org):
    reply = await api.ask("POST", "/sobjects/Contact", data=RECORD, headers={"Content-Encoding": "gzip"})
    assert reply.status == 400
    assert org.count("Contact") == 0


async def test_a_chunked_body_is_read(api, org: Org):
    async def pieces() -> AsyncIterator[bytes]:
        for byte in RECORD:
            yield bytes([byte])

    assert (await api.ask("POST", "/sobjects/Contact", data=pieces())).status == 201
    assert org.count("Contact") == 1


async def test_a_body_of_more_than_a_megabyte_is_read(api, org: Org):
    record = orjson.dumps({"LastName": "Lee", "Padding": "x" * 2**21}).replace(b"Padding", b"LastName", 1)
    reply = await api.ask("POST", "/sobjects/Contact", data=io.BytesIO(record))
    assert reply.error[1] == "STRING_TOO_LONG"


async def test_requests_are_counted_by_endpoint(api, org: Org):
    for path in ("/limits", "/nope", "/limits", "/sobjects", "/query?q=SELECT+Id+FROM+Contact"):
        await api.ask("GET", path)
    assert org.calls == {"limits": 2, "unknown": 1, "describe_all": 1, "query": 1}


async def test_latency_passes_before_a_request_is_dealt_with(clock, make_api):
    async with make_api(Org(clock=clock, latency=0.001)) as api:
        assert (await api.ask("GET", "/limits")).status == 200


async def test_an_org_can_be_served_again(clock, make_api):
    org = Org(clock=clock)
    for _ in range(2):
        async with make_api(org) as api:
            assert (await api.create("Contact", LastName="Lee")).status == 201
    assert org.count("Contact") == 2


async def test_a_port_that_is_taken_is_an_error(api, org: Org):
    port = int(api.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="address already in use"):
        async with serve(org, port=port):
            pytest.fail("two servers on one port")


def imports(source: str) -> list[str]:
    found: list[str] = []
    for part in ast.walk(ast.parse(source)):
        if isinstance(part, ast.ImportFrom):
            found.append(part.module or "")
        if isinstance(part, ast.Import):
            found += [alias.name for alias in part.names]
    return found


def test_the_org_shares_no_code_with_the_client():
    (folder,) = pipeline.simulator.__path__
    used: set[Any] = {name for file in Path(folder).rglob("*.py") for name in imports(file.read_text())}
    assert {name for name in used if name.startswith("pipeline")} == {
        name for name in used if name.startswith("pipeline.simulator")
    }


async def test_a_client_that_dies_in_the_middle_of_its_request_is_no_fault_of_the_org(org: Org, caplog: pytest.LogCaptureFixture):
    async with serve(org) as served:
        _, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        head = f"POST /services/data/v67.0/composite/tree/Contact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {org.token}\r\n"
        writer.write(head.encode() + b"Content-Length: 1000\r\n\r\n{")
        while not org.calls["tree"]:
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)
        writer.transport.abort()
    assert org.count("Contact") == 0
    assert not caplog.records


async def test_a_path_may_begin_with_two_slashes(api, org: Org):
    record_id = (await api.create("Contact", LastName="Lee")).json["id"]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {org.token}"}) as session:
        async with session.get(f"{api.url}//services/data/v67.0/sobjects/Contact/{record_id}/") as found:
            assert (found.status, (await found.json())["attributes"]["url"][:20]) == (200, "/services/data/v67.0")
        async with session.post(f"{api.url}//services/data/v67.0/sobjects/Contact", data=b"{}") as refused:
            assert refused.status == 400
    assert (org.calls["create"], org.calls["get"]) == (2, 1)
