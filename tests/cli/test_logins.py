"""The real command logs in by each way, into an embedded org that takes its tokens away in the middle of the load."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pipeline.simulator import Org, equip, parse_plan, serve

ROWS = 1500
PEOPLE = "Import_Key__c,LastName\n" + "".join(f"K{n},Person {n}\n" for n in range(ROWS))
JOB = """
[job]
object = "Contact"
input = "many.csv"
state = "state"
reports = "reports"
[org]
url = "{url}"
[org.auth]
{auth}
[send]
chunk_records = 10
concurrency = 25
requests_per_second = 0
"""
WAYS = {
    "client_credentials": 'client_id = "embedded"\nclient_secret = "file:logins/client.secret"',
    "jwt_bearer": 'client_id = "embedded"\nusername = "importer@embedded.example"\nprivate_key = "file:logins/app.key"',
    "refresh_token": 'client_id = "embedded"\nrefresh_token = "file:logins/refresh.token"',
    "sf_cli": 'target_org = "acme"',
    "access_token": 'token = "env:ORG_TOKEN"',
}
NO_KEY = ("--set", "mapping.columns.Import_Key__c=Department")
FILES = ["app.crt", "app.key", "client.secret", "refresh.token"]
EVERY_FIFTY = '[[fault]]\ndo = "expired"\nevery = 50\n'

CLI = """#!{python}
import pathlib, urllib.parse, urllib.request
secret = pathlib.Path("logins/client.secret").read_text().strip()
form = {{"grant_type": "client_credentials", "client_id": "embedded", "client_secret": secret}}
with urllib.request.urlopen("{url}/services/oauth2/token", urllib.parse.urlencode(form).encode()) as reply:
    token = reply.read().decode().partition('"access_token":"')[2].partition('"')[0]
print('{{"status":0,"result":{{"instanceUrl":"{url}","accessToken":"' + token + '"}}}}')
"""


@asynccontextmanager
async def org_for(desk, way: str, *, plan: str = "", rotates: bool = False) -> AsyncIterator[Org]:
    """Serve an org, and write a job that goes there by this way of logging in."""
    app = equip(desk.folder / "logins", rotates=rotates)
    org = Org(app=app, faults=parse_plan(plan), latency=0.02)
    desk.write("many.csv", PEOPLE)
    async with serve(org) as server:
        desk.write("many.toml", JOB.format(url=server.url, auth=f'kind = "{way}"\n{WAYS[way]}'))
        (desk.folder / "bin").mkdir(exist_ok=True)
        desk.write("bin/sf", CLI.format(python=sys.executable, url=server.url)).chmod(0o700)
        yield org
    org.close()


async def load(desk, *args: str, **environ: str):
    path = f"{desk.folder / 'bin'}:{os.environ['PATH']}"
    return await asyncio.to_thread(desk.treeload, "run", "many.toml", *args, PATH=path, **environ)


def keys(org: Org) -> list[str]:
    return sorted(record["Import_Key__c"] for record in org.records("Contact"))


async def fifty(desk, way: str, *, rotates: bool = False) -> None:
    async with org_for(desk, way, plan=EVERY_FIFTY, rotates=rotates) as org:
        ran = await load(desk)
        assert (ran.code, ran.complaints) == (0, [])
        assert keys(org) == sorted(f"K{n}" for n in range(ROWS))
        assert org.faults is not None
        assert org.faults.happened[1] == 3
        assert org.calls["token"] == 1 + 3
    summary = desk.summary()
    assert summary["balanced"]
    assert summary["totals"]["created"] == ROWS
    assert summary["calls"].get("login", 0) == (0 if way == "sf_cli" else 4)


@pytest.mark.parametrize("way", ["client_credentials", "jwt_bearer", "refresh_token", "sf_cli"])
async def test_a_token_that_runs_out_every_fifty_calls_costs_one_login_each_and_loses_no_call(desk, way: str):
    await fifty(desk, way)


async def test_so_it_is_where_each_refresh_token_is_good_for_one_login(desk):
    await fifty(desk, "refresh_token", rotates=True)


async def test_a_given_token_that_runs_out_ends_the_run_which_goes_on_with_a_fresh_one(desk):
    async with org_for(desk, "access_token", plan=EVERY_FIFTY) as org:
        codes = []
        while not codes or codes[-1] == 7:
            codes.append((await load(desk, ORG_TOKEN=org.login())).code)
        assert codes == [7, 7, 7, 0]
        assert keys(org) == sorted(f"K{n}" for n in range(ROWS))
    assert desk.summary()["totals"]["created"] == ROWS


async def test_a_refresh_token_that_rotates_is_there_for_the_next_run(desk):
    async with org_for(desk, "refresh_token", rotates=True) as org:
        seen = {(desk.folder / "logins/refresh.token").read_text()}
        for _ in range(3):
            assert (await load(desk, "--fresh", *NO_KEY)).code == 0
            seen.add((desk.folder / "logins/refresh.token").read_text())
        assert len(seen) == 4
        assert {(desk.folder / "logins/refresh.token").read_text().strip()} == org.app.refresh_tokens
    assert sorted(path.name for path in (desk.folder / "logins").iterdir()) == FILES


async def test_two_jobs_with_one_refresh_token_that_rotates_wait_for_each_other(desk):
    async def to_its_end(name: str) -> list[int]:
        """With 50 in flight a request may meet four tokens that are gone: the run stops, and goes on if the login is whole."""
        codes = [(await load(desk, "--set", f"job.name={name}", *NO_KEY)).code]
        while codes[-1] == 7 and len(codes) < 4:
            codes.append((await load(desk, "--set", f"job.name={name}", *NO_KEY)).code)
        return codes

    async with org_for(desk, "refresh_token", plan=EVERY_FIFTY, rotates=True) as org:
        async with asyncio.TaskGroup() as group:
            both = [group.create_task(to_its_end(name)) for name in "ab"]
        assert [one.result()[-1] for one in both] == [0, 0]
        assert org.count("Contact") == 2 * ROWS


async def test_a_refresh_token_that_got_lost_on_its_way_costs_an_authorisation_and_no_row(desk):
    plan = '[[fault]]\non = "token"\nnth = 2\ndo = "hang"\nwhen = "after_commit"\n[[fault]]\ndo = "expired"\nnth = 50\n'
    async with org_for(desk, "refresh_token", plan=plan, rotates=True) as org:
        keyed = "--set", "mapping.key=Import_Key__c", "--set", "evidence.window=1"
        process = await asyncio.create_subprocess_exec(
            *desk.command("run", "many.toml", *keyed), cwd=desk.folder, env=desk.environ
        )
        async with asyncio.timeout(60):
            while org.faults is None or not org.faults.happened[1]:  # noqa: ASYNC110 - see below
                await asyncio.sleep(0.02)  # noqa: TID251 - another process is watched
        process.kill()
        await process.wait()
        ran = await load(desk, *keyed)
        assert (ran.code, len(ran.complaints)) == (7, 1)
        assert "authorise the app anew and put the new one where it is read" in ran.complaints[0]
        desk.write("logins/refresh.token", org.app.authorise()).chmod(0o600)
        assert (await load(desk, *keyed)).code == 0
        assert keys(org) == sorted(f"K{n}" for n in range(ROWS))
    assert desk.summary()["balanced"]
