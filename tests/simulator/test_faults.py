"""Every kind of fault over a real socket, with the ledger as the witness of what was created."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from pipeline.simulator import Org, parse_plan
from pipeline.simulator.ledger import read

LEE, POE, OX = {"LastName": "Lee"}, {"LastName": "Poe"}, {"LastName": "Ox"}
BEFORE, AFTER = "before_commit", "after_commit"


@pytest.fixture
def bad_day(clock, make_api, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """Serve an org with a ledger to which faults happen."""

    @asynccontextmanager
    async def served(*faults: str) -> AsyncIterator[Any]:
        plan = parse_plan("".join(f"[[fault]]\n{fault}\n" for fault in faults))
        org = Org(clock=clock, ledger=tmp_path / "org.jsonl", faults=plan)
        try:
            async with make_api(org) as api:
                yield api
        finally:
            org.close()

    return served


@pytest.fixture
def created(tmp_path: Path) -> Callable[[], list[str]]:
    """List the last names in the ledger."""
    return lambda: [entry.fields["LastName"] for one in read(tmp_path / "org.jsonl") for entry in one.records]


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.001)


@pytest.mark.parametrize(("when", "expected"), [(BEFORE, []), (AFTER, ["Lee", "Poe"])])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ('do = "drop"', aiohttp.ServerDisconnectedError),
        ('do = "drop"\nreset = true', aiohttp.ClientOSError),
        ('do = "hang"\nseconds = 0.001', aiohttp.ServerDisconnectedError),
        ('do = "truncated"', aiohttp.ClientPayloadError),
    ],
)
async def test_an_answer_is_lost(
    bad_day, created, caplog: pytest.LogCaptureFixture, fault: str, error: type[Exception], when: str, expected: list[str]
):
    async with bad_day(f'{fault}\nwhen = "{when}"\ntimes = 1') as api:
        with pytest.raises(error):
            await api.tree("Contact", LEE, POE)
        assert created() == expected
        assert api.org.count("Contact") == len(expected)
        assert api.org.faults.happened == {1: 1}
        assert (await api.tree("Contact", OX)).status == 201
    assert created() == [*expected, "Ox"]
    assert not caplog.records


@pytest.mark.parametrize(("when", "expected"), [(BEFORE, []), (AFTER, ["Lee"])])
@pytest.mark.parametrize(
    ("fault", "status", "kind", "body"),
    [
        ('do = "html"', 503, "text/html;charset=UTF-8", b"<!DOCTYPE html>"),
        ('do = "html"\nstatus = 200', 200, "text/html;charset=UTF-8", b"<!DOCTYPE html>"),
        ('do = "html"\nstatus = 420', 420, "text/html;charset=UTF-8", b"<!DOCTYPE html>"),
        ('do = "empty"', 200, "application/octet-stream", b""),
        ('do = "empty"\nstatus = 502', 502, "application/octet-stream", b""),
        ('do = "foreign"', 200, "application/json", b'{"status":"ok"'),
        ('do = "status"', 500, "text/plain;charset=UTF-8", b"500 Internal Server Error"),
        ('do = "status"\nstatus = 504\nmessage = "late"', 504, "text/plain;charset=UTF-8", b"late"),
    ],
)
async def test_an_answer_is_replaced_by_one_that_is_not_the_orgs(
    bad_day, created, fault: str, status: int, kind: str, body: bytes, when: str, expected: list[str]
):
    async with bad_day(f'{fault}\nwhen = "{when}"') as api:
        reply = await api.tree("Contact", LEE)
    assert (reply.status, reply.headers["Content-Type"]) == (status, kind)
    assert reply.body.startswith(body)
    assert bool(reply.body) == bool(body)
    assert "Sforce-Limit-Info" not in reply.headers
    assert created() == expected


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ('do = "expired"', (401, "INVALID_SESSION_ID", "Session expired or invalid")),
        ('do = "allowance"', (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
        (
            'do = "too_many_requests"',
            (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        ),
        ('do = "too_many_long"', (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")),
        ('do = "busy"', (429, "TOO_MANY_REQUESTS", "Too many requests")),
        ('do = "busy"\nstatus = 420', (420, "TOO_MANY_REQUESTS", "Too many requests")),
        ('do = "unavailable"', (503, "SERVER_UNAVAILABLE", "Server Unavailable")),
        ('do = "status"\nstatus = 500\ncode = "UNKNOWN_EXCEPTION"\nmessage = "m"', (500, "UNKNOWN_EXCEPTION", "m")),
        ('do = "trigger"\ncode = "X"\nmessage = "m"', (400, "X", "m")),
    ],
)
async def test_a_request_is_refused_in_the_apis_own_form(bad_day, created, fault: str, error: tuple[int, str, str]):
    async with bad_day(fault) as api:
        reply = await api.tree("Contact", LEE)
    assert reply.error == error
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=1/15000"
    assert "Retry-After" not in reply.headers
    assert created() == []


@pytest.mark.parametrize("fault", ['do = "busy"', 'do = "unavailable"', 'do = "status"', 'do = "status"\ncode = "X"'])
async def test_a_refusal_may_say_when_to_come_again(bad_day, fault: str):
    async with bad_day(f"{fault}\nretry_after = 7") as api:
        assert (await api.tree("Contact", LEE)).headers["Retry-After"] == "7"


async def test_after_an_expired_session_only_a_new_login_helps(bad_day, created):
    async with bad_day('do = "expired"\nnth = 1') as api:
        other = api.org.login()
        assert (await api.tree("Contact", LEE)).status == 401
        assert (await api.ask("GET", "/limits", token=other)).status == 401
        api.org.login()
        assert (await api.tree("Contact", LEE)).status == 201
    assert created() == ["Lee"]


@pytest.mark.parametrize(("when", "early"), [(BEFORE, []), (AFTER, ["Lee"])])
async def test_a_slow_answer_is_the_right_one(bad_day, created, when: str, early: list[str]):
    async with bad_day(f'do = "slow"\nseconds = 0.2\nwhen = "{when}"') as api, asyncio.TaskGroup() as group:
        asked = group.create_task(api.tree("Contact", LEE))
        await until(lambda: api.org.faults.happened[1])
        assert created() == early
        assert (await asked).status == 201
    assert created() == ["Lee"]


async def test_a_slow_refusal_is_one_all_the_same(bad_day):
    async with bad_day('do = "slow"\nseconds = 0', 'do = "slow"\nseconds = 0\nwhen = "after_commit"') as api:
        for _ in range(2):
            assert (await api.tree("Contact", {"Nope": 1})).error[1] == "INVALID_FIELD"


@pytest.mark.parametrize("fault", ['do = "hang"', 'do = "slow"\nseconds = 3600', 'do = "late"\nseconds = 3600'])
async def test_a_server_that_stops_waits_for_no_fault(bad_day, created, caplog: pytest.LogCaptureFixture, fault: str):
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        async with bad_day(fault) as api:
            asked = group.create_task(outcome(api))
            await until(lambda: api.org.faults.happened[1])
            began = loop.time()
        assert loop.time() - began < 1
        await asked
    assert created() == []
    assert not caplog.records


async def outcome(api) -> object:
    try:
        return await api.tree("Contact", LEE, {"LastName": None})
    except aiohttp.ClientError as error:
        return error


@pytest.mark.parametrize("more", ["", "\nstatus = 500"])
async def test_a_late_commit_comes_after_the_answer(bad_day, created, more: str):
    async with bad_day(f'do = "late"\nseconds = 0.3{more}\nnth = 1') as api:
        if more:
            reply = await api.tree("Contact", LEE, POE)
            assert (reply.status, reply.body) == (500, b"500 Internal Server Error")
        else:
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await api.tree("Contact", LEE, POE)
        assert created() == []
        await until(created)
        assert created() == ["Lee", "Poe"]
        assert api.org.count("Contact") == 2
        assert (await api.tree("Contact", OX)).status == 201


async def test_a_late_commit_of_what_exists_meanwhile_creates_nothing(bad_day, created, caplog: pytest.LogCaptureFixture):
    keyed = [{"LastName": f"L{n}", "Import_Key__c": f"k{n}"} for n in range(2)]
    async with bad_day('do = "late"\nseconds = 0.3\nstatus = 500\nnth = [1, 3]') as api:
        assert (await api.tree("Contact", *keyed)).status == 500
        assert (await api.tree("Contact", keyed[1])).status == 201
        assert (await api.tree("Contact", LEE)).status == 500
        await until(lambda: "Lee" in created())
    assert created() == ["L1", "Lee"]
    assert not caplog.records


async def test_a_late_commit_that_the_org_refuses_creates_nothing(bad_day, created, caplog: pytest.LogCaptureFixture):
    async with bad_day('do = "late"\nseconds = 0.01\nstatus = 500\ntimes = 2') as api:
        assert (await api.tree("Contact", {"Nope": 1})).status == 500
        assert (await api.tree("Contact", LEE)).status == 500
        await until(created)
    assert created() == ["Lee"]
    assert not caplog.records


def named(reply) -> dict[str, list[str]]:
    assert (reply.status, reply.json["hasErrors"]) == (400, True)
    return {result["referenceId"]: [error["statusCode"] for error in result["errors"]] for result in reply.json["results"]}


async def test_a_row_lock_names_the_first_record_or_those_that_fit(bad_day, created):
    fitting = 'where = { field = "LastName", matches = "^[LP]" }\nnaming = "all"\nnth = 1'
    async with bad_day(f'do = "row_lock"\n{fitting}', 'do = "row_lock"\ntimes = 1') as api:
        assert named(await api.tree("Contact", OX, LEE, POE)) == {"r2": ["UNABLE_TO_LOCK_ROW"], "r3": ["UNABLE_TO_LOCK_ROW"]}
        assert named(await api.tree("Contact", OX, LEE, POE)) == {"r1": ["UNABLE_TO_LOCK_ROW"]}
        assert created() == []
        assert (await api.tree("Contact", OX, LEE, POE)).status == 201


async def test_a_trigger_fails_any_request_with_such_a_record_and_names_nobody(bad_day, created):
    async with bad_day('do = "trigger"\nwhere = { field = "LastName", contains = "oe" }') as api:
        for records in ([LEE, POE], [POE]):
            reply = await api.tree("Contact", *records)
            assert reply.error[:2] == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
            assert "execution of BeforeInsert" in reply.error[2]
            assert reply.json[0]["fields"] == []
        assert (await api.tree("Contact", LEE, OX)).status == 201
    assert created() == ["Lee", "Ox"]


async def test_a_trigger_sees_the_children_in_a_tree(bad_day, created):
    child = {"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Poe"}
    async with bad_day('do = "trigger"\nwhere = { field = "lastname", equals = "Poe" }') as api:
        assert (await api.tree("Account", {"Name": "A", "Contacts": {"records": [child]}})).status == 400
    assert created() == []


async def test_a_rule_names_all_that_break_it(bad_day, created):
    rule = 'code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"\nmessage = "No vowels"\nfields = ["LastName"]'
    async with bad_day(f'do = "rule"\n{rule}\nwhere = {{ field = "LastName", matches = "^[LO]" }}') as api:
        reply = await api.tree("Contact", LEE, POE, OX)
        assert named(reply) == {"r1": ["FIELD_CUSTOM_VALIDATION_EXCEPTION"], "r3": ["FIELD_CUSTOM_VALIDATION_EXCEPTION"]}
        assert reply.json["results"][0]["errors"] == [
            {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "No vowels", "fields": ["LastName"]}
        ]
        assert (await api.tree("Contact", POE)).status == 201
    assert created() == ["Poe"]


async def test_a_rule_may_name_one_record_at_a_time(bad_day, created):
    async with bad_day('do = "rule"\nnaming = "first"\nwhere = { field = "LastName", matches = "^[LO]" }') as api:
        assert [*named(await api.tree("Contact", LEE, POE, OX))] == ["r1"]
        assert [*named(await api.tree("Contact", POE, OX))] == ["r2"]
        assert (await api.tree("Contact", POE)).status == 201
    assert created() == ["Poe"]


async def test_single_create_has_rules_and_triggers_too(bad_day, created):
    where = 'on = ["create"]\nwhere = { field = "LastName", equals = "Lee" }'
    async with bad_day(f'do = "rule"\nnth = 1\n{where}', f'do = "trigger"\n{where}') as api:
        assert (await api.create("Contact", **LEE)).error[:2] == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        assert (await api.create("Contact", **LEE)).error[:2] == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
        assert (await api.create("Contact", **POE)).status == 201
    assert created() == ["Poe"]


async def test_the_innocent_may_be_called_halted(bad_day, created):
    async with bad_day('do = "stray_halted"\nwhere = { field = "LastName", equals = "Poe" }') as api:
        assert named(await api.tree("Contact", LEE, POE, OX)) == {
            "r1": ["PROCESSING_HALTED"],
            "r2": ["FIELD_CUSTOM_VALIDATION_EXCEPTION"],
            "r3": ["PROCESSING_HALTED"],
        }
    assert created() == []


@pytest.mark.parametrize(
    ("how", "references", "distinct", "lengths"),
    [
        ("missing", ["r1", "r2"], 2, {18}),
        ("renamed", ["r1x", "r2", "r3"], 3, {18}),
        ("twice", ["r1", "r2", "r3"], 2, {18}),
        ("malformed_id", ["r1", "r2", "r3"], 3, {17, 18}),
    ],
)
async def test_an_answer_to_a_creation_is_changed(
    bad_day, created, how: str, references: list[str], distinct: int, lengths: set[int]
):
    async with bad_day(f'do = "changed"\nhow = "{how}"') as api:
        reply = await api.tree("Contact", LEE, POE, OX)
        assert (await api.tree("Contact", {"Nope": 1})).error[1] == "INVALID_FIELD"
        assert named(await api.tree("Contact", {"LastName": None})) == {"r1": ["REQUIRED_FIELD_MISSING"]}
    assert (reply.status, reply.json["hasErrors"]) == (201, False)
    assert [result["referenceId"] for result in reply.json["results"]] == references
    assert len({result["id"] for result in reply.json["results"]}) == distinct
    assert {len(result["id"]) for result in reply.json["results"]} == lengths
    assert created() == ["Lee", "Poe", "Ox"]


async def test_the_id_of_a_duplicate_is_masked(bad_day, created):
    said = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
    keyed = {"LastName": "Lee", "Import_Key__c": "k"}
    async with bad_day('do = "masked"\non = ["tree", "create"]') as api:
        assert (await api.tree("Contact", keyed)).status == 201
        reply = await api.tree("Contact", POE, keyed)
        assert reply.json["results"] == [
            {"referenceId": "r2", "errors": [{"statusCode": "DUPLICATE_VALUE", "message": said, "fields": []}]}
        ]
        assert (await api.create("Contact", **keyed)).error == (400, "DUPLICATE_VALUE", said)
        assert (await api.create("Contact", Nope=1)).error[1] == "INVALID_FIELD"
        assert (await api.create("Contact", **POE)).status == 201
    assert created() == ["Lee", "Poe"]


async def test_faults_happen_to_any_endpoint_that_is_named(bad_day):
    async with bad_day('do = "status"\ncode = "X"\non = ["limits", "query", "token", "composite", "describe"]') as api:
        for method, path in (
            ("GET", "/limits"),
            ("GET", "/query?q=SELECT+Id+FROM+Contact"),
            ("POST", "/services/oauth2/token"),
            ("POST", "/composite"),
            ("GET", "/sobjects/Contact/describe"),
        ):
            assert (await api.ask(method, path)).status == 500
        assert (await api.ask("GET", "/sobjects")).status == 200


async def test_a_fault_is_for_those_who_were_let_in_and_counted(bad_day, created):
    async with bad_day('do = "drop"\nnth = 1') as api:
        assert (await api.ask("POST", "/composite/tree/Contact", token="none", data=b"{}")).status == 401
        assert (await api.ask("POST", "/services/data/v30.0/composite/tree/Contact", data=b"{}")).status == 410
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await api.tree("Contact", LEE)
        assert api.org.allowance.total == 2


async def test_a_refused_request_whose_answer_is_lost_has_created_nothing(bad_day, created):
    async with bad_day('do = "drop"\nwhen = "after_commit"') as api:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await api.tree("Contact", LEE, {"LastName": None})
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await api.ask("POST", "/composite/tree/Contact", data=b"{")
    assert created() == []


async def test_half_of_an_answer_is_the_half_that_was_announced(bad_day):
    async with bad_day('do = "truncated"\nwhen = "after_commit"') as api:
        host, port = api.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = orjson.dumps({"records": [{"attributes": {"type": "Contact", "referenceId": "r1"}, "LastName": "Lee"}]})
        head = (
            f"POST /services/data/v67.0/composite/tree/Contact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.org.token}\r\n"
        )
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        header, _, half = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    whole = b'{"hasErrors":false,"results":[{"referenceId":"r1","id":"003SM0000000001YAA"}]}'
    assert header.startswith(b"HTTP/1.1 201 Created\r\n")
    assert f"Content-Length: {len(whole)}".encode() in header
    assert half == whole[: len(whole) // 2]
