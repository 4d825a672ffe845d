"""The whole river against the embedded org, with a proxy between that misbehaves once; then the ledger against the report."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pipeline.assembly.loading import load
from pipeline.assembly.work import Import, Surroundings, find_input
from pipeline.clock import SystemClock
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode
from pipeline.model.tally import Tally
from pipeline.simulator import Org, serve
from pipeline.stop import Stop
from pipeline.transport.logins import ClientCredentials

ROWS = 1000
TREE = "/services/data/v67.0/composite/tree/Contact"


class HurriedClock(SystemClock):
    async def sleep(self, seconds):
        await super().sleep(min(seconds, 0.001))


def api(status: int, code: str, message: str) -> Callable[[], web.Response]:
    body = orjson.dumps([{"errorCode": code, "message": message}])
    return lambda: web.Response(status=status, body=body, content_type="application/json")


@dataclass
class Proxy:
    """Passes everything on, but for the second request to the tree if there is a fault."""

    target: str
    fault: str = ""
    reply: Callable[[], web.Response] | None = None
    passes: bool = False
    """The faulty request reaches the org all the same."""
    trees: int = 0
    calls: Counter = field(default_factory=Counter)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls[request.path] += 1
        self.trees += request.path == TREE
        faulty = request.path == TREE and self.trees == 2 and bool(self.fault or self.reply)
        if faulty and not self.passes:
            return await self.misbehave(request, b"")
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method,
                self.target + request.path_qs,
                data=await request.read(),
                headers={name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers},
            ) as answer,
        ):
            body = await answer.read()
            if faulty:
                return await self.misbehave(request, body)
            if request.path.endswith("/token"):
                body = body.replace(self.target.encode(), str(request.url.origin()).encode())
            return web.Response(status=answer.status, body=body, content_type="application/json")

    async def misbehave(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if self.reply is not None:
            return self.reply()
        if self.fault == "half":
            response = web.StreamResponse(status=201, headers={"Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


@pytest.fixture
async def org(tmp_path: Path):
    org = Org(ledger=tmp_path / "org.jsonl")
    async with serve(org) as server:
        yield org, server.url
    org.close()


WAYS = {
    "marker": ("Department", 'marker = "Import_Key__c"'),
    "key": ("Import_Key__c", 'key = "Import_Key__c"'),
    "values": ("Department", ""),
}
"""What names a row for the test, and how the job proves which record is whose."""


@pytest.fixture(params=WAYS)
def way(request) -> str:
    return request.param


@pytest.fixture
def job(tmp_path: Path, way: str):
    column, proof = WAYS[way]
    (tmp_path / "people.csv").write_text(f"{column},LastName\n" + "".join(f"K{n},Person {n}\n" for n in range(ROWS)))
    text = f"""
        [job]
        object = "Contact"
        input = "people.csv"
        [org]
        url = "http://localhost:1"
        [org.auth]
        kind = "access_token"
        token = "env:X"
        [mapping]
        {proof}
        [send]
        concurrency = 2
        [evidence]
        window = 1
    """
    (tmp_path / "people.toml").write_text(text)
    return load_settings(tmp_path / "people.toml", environ={})


@pytest.fixture
def run(org, job):
    async def run_through(**misbehaviour):
        the_org, url = org
        proxy = Proxy(url, **misbehaviour)
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        async with TestServer(app) as server:
            login = ClientCredentials(
                str(server.make_url("")).rstrip("/"), lambda: the_org.client_id, lambda: the_org.client_secret
            )
            around = Surroundings(HurriedClock(), lambda: 0.0, Stop(), Tally())
            work = Import(job, find_input(job.job.input, job.read), fresh=False)
            return await load(work, login, around), proxy

    return run_through


def agree(org: Org, ending, way: str) -> Counter:
    """Hold the report against what was really created: nothing twice, no wrong id, nothing missing. Count the states."""
    keys = [record[WAYS[way][0]] for record in org.records("Contact")]
    assert len(keys) == len(set(keys)), "something was created twice"
    ids = {f"{2 + int(record[WAYS[way][0]][1:])}": record["Id"] for record in org.records("Contact")}
    header, *lines = (ending.folder / "results.csv").read_text().splitlines()
    rows = [dict(zip(header.split(","), line.split(","), strict=False)) for line in lines]
    assert [int(row["line"]) for row in rows] == list(range(2, ROWS + 2))
    for row in rows:
        assert ids.get(row["line"], "") == row["id"]
    assert ending.summary["balanced"]
    return Counter(row["state"] for row in rows)


def html() -> web.Response:
    return web.Response(status=502, text="<html>bad gateway</html>", content_type="text/html")


def empty() -> web.Response:
    return web.Response(status=201)


def foreign() -> web.Response:
    return web.Response(status=201, body=b'{"hasErrors":false,"results":[]}', content_type="application/json")


@pytest.mark.parametrize(
    "misbehaviour",
    [
        {"fault": "cut", "passes": True},
        {"fault": "cut", "passes": False},
        {"fault": "half", "passes": True},
        {"reply": html, "passes": True},
        {"reply": html, "passes": False},
        {"reply": empty, "passes": True},
        {"reply": foreign, "passes": True},
        {"reply": api(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."), "passes": True},
    ],
    ids=["lost reply", "lost request", "half a reply", "502 after", "502 before", "empty 201", "foreign shape", "500"],
)
async def test_what_became_of_a_request_that_may_have_been_executed_is_found_out(run, org, way, misbehaviour):
    ending, proxy = await run(**misbehaviour)
    states = agree(org[0], ending, way)
    assert ending.exit_code is ExitCode.DONE
    if misbehaviour["passes"]:
        assert states == {"created": ROWS - 200, "recovered": 200}
        assert proxy.trees == ROWS / 200, "it is not sent again"
    else:
        assert states == {"created": ROWS}
        assert proxy.trees == ROWS / 200 + 1
    (resolved,) = ending.summary["resolved"]
    assert (resolved["way"], resolved["finding"]) == (way, "created" if misbehaviour["passes"] else "not created")
    assert ending.summary["calls"]["evidence"] >= 1


@pytest.mark.parametrize(
    "reply",
    [
        api(503, "SERVER_UNAVAILABLE", "Server Unavailable"),
        api(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        api(429, "TOO_MANY_REQUESTS", "slow down"),
        api(401, "INVALID_SESSION_ID", "Session expired or invalid"),
    ],
    ids=["503", "too many at once", "429", "session expired"],
)
async def test_a_request_that_certainly_was_not_executed_goes_again(run, org, way, reply):
    ending, proxy = await run(reply=reply)
    agree(org[0], ending, way)
    assert ending.exit_code is ExitCode.DONE
    assert ending.summary["totals"]["created"] == ROWS
    assert proxy.trees == ROWS / 200 + 1


async def test_an_expired_session_costs_one_login_more(run):
    _, proxy = await run(reply=api(401, "INVALID_SESSION_ID", "Session expired or invalid"))
    assert proxy.calls["/services/oauth2/token"] == 2


async def test_a_used_up_allowance_stops_the_run_and_the_next_one_finishes_it(run, org, way):
    ending, _ = await run(reply=api(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
    assert ending.exit_code is ExitCode.RESUMABLE
    assert ending.summary["totals"]["not_attempted"] > 0
    assert ending.summary["balanced"]
    again, _ = await run()
    agree(org[0], again, way)
    assert again.exit_code is ExitCode.DONE
    assert again.summary["run"] == ending.summary["run"]
    assert again.summary["totals"]["created"] == org[0].count("Contact") == ROWS


async def test_a_field_that_the_org_hides_stops_the_run_with_its_name(run, org):
    refusal = api(400, "INVALID_FIELD", "No such column 'LastName' on sobject of type Contact")
    ending, proxy = await run(reply=refusal)
    assert ending.exit_code is ExitCode.STOPPED_BY_LIMIT
    assert "No such column 'LastName'" in ending.summary["reason"]
    assert ending.summary["balanced"]
    assert proxy.trees <= 4
