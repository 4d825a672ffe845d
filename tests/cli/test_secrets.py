"""No secret is found anywhere but where it belongs, whatever happens to a login.

Each is marked, and the marks are looked for in all that the real command prints, writes and hands to other programs.
What goes wrong: a refusal, a token that runs out, an org or something before it that repeats the whole request in its answer,
a secret that is spoilt. The command shows its tracebacks, if there are any.
"""

import asyncio
import html
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from aiohttp import ClientSession, web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.simulator import ConnectedApp, Org, equip, parse_plan, serve
from tests.cli.conftest import Desk, Ran
from tests.transport.authority import Authority, proxying

EXPIRING = '[[fault]]\ndo = "expired"\nevery = 3\n'
JOB = """
[job]
object = "Contact"
input = "people.csv"
state = "state"
reports = "reports"
[org]
url = "{url}"
{tls}
[org.auth]
kind = "{way}"
{auth}
[send]
chunk_records = 2
concurrency = 2
[evidence]
window = 0
"""
SF = """#!{python}
import os, pathlib, sys, urllib.parse, urllib.request
with open("sf.log", "a") as log:
    print(sys.argv, dict(os.environ), pathlib.Path("/proc/self/cmdline").read_bytes(), file=log)
form = {{"grant_type": "client_credentials", "client_id": "embedded", "client_secret": "embedded"}}
url, answer = pathlib.Path("secrets/sf").read_text().split(" ", 1)
with urllib.request.urlopen(url + "/services/oauth2/token", urllib.parse.urlencode(form).encode()) as reply:
    print(answer.replace("TOKEN", reply.read().decode().partition('"access_token":"')[2].partition('"')[0]).replace("URL", url))
"""
ANSWERS_OF_SF = {
    "right": {"status": 0, "result": {"instanceUrl": "URL", "accessToken": "TOKEN"}},
    "wrong": {"status": 1, "name": "OddError", "message": "no good token: TOKEN"},
    "spoilt": {"status": 0, "result": {"instanceUrl": "URL", "accessToken": "a TOKEN"}},
}


def mark() -> str:
    return f"Zq{secrets.token_hex(12)}"


class Watched(Org):
    """Remembers each token that it has given, and looks at the command lines of this machine meanwhile."""

    def __init__(self, app: ConnectedApp, plan: str) -> None:
        self.given: list[str] = []
        self.lines: list[bytes] = []
        super().__init__(app=app, faults=parse_plan(plan))

    def login(self) -> str:
        self.given.append(super().login())
        self.lines += [line for line in _command_lines() if b"pipeline" in line]
        return self.given[-1]


def _command_lines() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue


@dataclass
class Case:
    """One login: where the secrets lie, and what is known of them."""

    desk: Desk
    way: str
    source: str
    tokens: str
    odd: str
    environ: dict[str, str] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.environ |= {"TREELOAD_TRACEBACK": "1", "CREDENTIALS_DIRECTORY": str(self.desk.folder / "secrets")}
        self.environ |= {"PATH": f"{self.desk.folder}:{os.environ['PATH']}"}
        self.app = equip(self.desk.folder / "secrets", rotates=True)
        self.app.tokens = "jwt" if self.tokens == "jwt" else "opaque"
        self.desk.write("people.csv", "LastName\n" + "".join(f"Person {n}\n" for n in range(20)))
        self.desk.write("sf", SF.format(python=sys.executable)).chmod(0o700)

    def put(self, name: str, secret: str | bytes) -> str:
        """Put a secret where this case wants it, and refer to it."""
        content = secret.encode() if isinstance(secret, str) else secret
        if self.source == "env" and b"\0" not in content:
            self.environ["MY_SECRET"] = os.fsdecode(content)
            return "env:MY_SECRET"
        self.desk.write(f"secrets/{name}", content).chmod(0o600)
        return f"file:secrets/{name}" if self.source != "credential" else f"credential:{name}"

    def secret(self) -> str:
        """Make one."""
        self.marks.add(marked := mark())
        return f"{marked}{self.odd}"

    def auth(self, org: Watched, *, wrong: bool = False, spoilt: bool = False) -> str:
        """Write the table of this way to log in, with secrets that are right, wrong, or none at all."""
        self.marks.add(marked := mark())
        secret = f"a {marked} b\n".encode() + b"\xff" * (len(self.odd) % 2)  # no key, no token, and perhaps no text
        match self.way:
            case "client_credentials":
                org.app.client_secret = self.secret()
                given = secret if spoilt else self.secret() if wrong else org.app.client_secret
                return f'client_id = "embedded"\nclient_secret = "{self.put("client.secret", given)}"'
            case "jwt_bearer":
                if wrong:
                    org.app.certificate = None
                key = (self.desk.folder / "secrets/app.key").read_text()
                self.marks |= {*key.splitlines()[1:-1]}
                reference = self.put("app.key", secret if spoilt else key)
                return f'client_id = "embedded"\nusername = "importer@embedded.example"\nprivate_key = "{reference}"'
            case "refresh_token":
                good = self.secret()
                if not wrong:
                    org.app.authorise(good)
                return f'client_id = "embedded"\nrefresh_token = "{self.put("refresh.token", secret if spoilt else good)}"'
            case "access_token":
                token = f"00D!{mark()}" if wrong else org.login()
                self.marks.add(token)
                return f'token = "{self.put("access.token", secret if spoilt else token)}"'
            case _:
                org.app.client_secret = "embedded"
                answer = ANSWERS_OF_SF["wrong" if wrong else "spoilt" if spoilt else "right"]
                self.desk.write("secrets/sf", f"{{url}} {orjson.dumps(answer).decode()}")
                return 'target_org = "acme"'

    async def run(self, url: str, auth: str, *, tls: str = "", **environ: str) -> Ran:
        if self.way == "sf_cli":
            asked = self.desk.folder / "secrets/sf"
            asked.write_text(asked.read_text().replace("{url}", url))
        self.desk.write("people.toml", JOB.format(url=url, tls=tls, way=self.way, auth=auth))
        return await asyncio.to_thread(self.desk.treeload, "run", "people.toml", **self.environ, **environ)

    def look(self, ran: Ran, org: Watched) -> None:
        """Look for all of them, everywhere but in the folder of the secrets."""
        marks = {text.encode() for text in self.marks | {*org.given} | org.app.refresh_tokens}
        seen = {"what it printed": (ran.out + ran.err).encode(), "command lines": b"\n".join(org.lines)}
        for path in self.desk.folder.rglob("*"):
            if path.is_file() and path.parent.name != "secrets":
                seen[str(path)] = path.read_bytes()
                assert path.stat().st_mode & 0o077 == 0 or path.name in {"people.csv", "people.toml", "sf"}
        assert marks
        assert {(place, found) for place, content in seen.items() for found in marks if found in content} == set()


@contextmanager
def case_of(way: str, source: str = "file", tokens: str = "opaque", odd: str = "") -> Iterator[Case]:
    with TemporaryDirectory() as folder:
        Path(folder, "home").mkdir()
        yield Case(Desk(Path(folder)), way, source, tokens, odd)


async def logged_in(way: str, what: str, source: str, tokens: str, odd: str) -> None:
    with case_of(way, source, tokens, odd) as case:
        org = Watched(case.app, EXPIRING if what == "runs out" else "")
        async with serve(org) as server:
            ran = await case.run(server.url, case.auth(org, wrong=what == "wrong", spoilt=what == "spoilt"))
        org.close()
        case.look(ran, org)
        lasting = what == "works" or (what == "runs out" and way != "access_token")
        assert ran.code == 0 if lasting else ran.code in {2, 7}, ran
        assert what in {"works", "runs out"} or len(ran.complaints) == 1, ran.complaints


async def repeated(way: str, at: str, answer: str, tokens: str, odd: str) -> None:
    """Log in where an answer of the token endpoint, or of the API, repeats all of the request."""
    with case_of(way, "file", tokens, odd) as case:
        org = Watched(case.app, "")
        auth = case.auth(org)
        async with serve(org) as server, repeating(server.url, at, answer) as url:
            ran = await case.run(url, auth)
        org.close()
        case.look(ran, org)
        assert ran.code in {2, 3, 4, 5, 6, 7}, ran


@asynccontextmanager
async def repeating(org: str, at: str, answer: str) -> AsyncIterator[str]:
    """Stand before an org: pass most of it on, but answer some of it with the request itself."""

    async def pass_on(request: web.Request) -> web.Response:
        body = await request.read()
        if at in request.path:
            said = f"{request.headers!r} {body.decode(errors='replace')}"
            return _said(answer, said)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        async with session.request(request.method, org + request.path_qs, data=body or None, headers=headers) as there:
            text = (await there.read()).replace(org.encode(), str(request.url.origin()).encode())
            return web.Response(body=text, status=there.status, headers={"Content-Type": there.headers["Content-Type"]})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pass_on)
    runner = web.AppRunner(app, shutdown_timeout=0)
    async with ClientSession() as session:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


def _said(answer: str, text: str) -> web.Response:
    match answer:
        case "page":
            page = f"<html><h1>Bad Gateway</h1><pre>{html.escape(text)}</pre>"
            return web.Response(text=page, status=502, content_type="text/html")
        case "words":
            return web.Response(text=text, status=500)
        case "success":
            return web.json_response({"said": text})
        case "oauth":
            return web.json_response({"error": "invalid_grant", "error_description": text}, status=400)
        case _:
            return web.json_response([{"errorCode": "ODD_ERROR", "message": text, "fields": []}], status=403)


ODD = ["", "&x=1", " +%41", 'ü"\\', "<b>'", "ß!~/?#"]
SOURCES = ["env", "file", "credential"]
FORMS = ["opaque", "jwt"]
WAYS = ["client_credentials", "jwt_bearer", "refresh_token", "access_token", "sf_cli"]
ENDS = ["works", "wrong", "runs out", "spoilt"]
PLACES = ["/oauth2/token", "/composite/tree", "/describe"]
ANSWERS = ["page", "words", "success", "oauth", "api"]


@pytest.mark.parametrize("what", ENDS)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_of_a_login_is_found_anywhere(way: str, what: str):
    turn = WAYS.index(way) + ENDS.index(what)
    asyncio.run(logged_in(way, what, SOURCES[turn % 3], FORMS[turn % 2], ODD[turn % 6]))


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("at", PLACES)
def test_no_secret_that_an_answer_repeats_is_found_anywhere(at: str, answer: str):
    turn = PLACES.index(at) + ANSWERS.index(answer)
    asyncio.run(repeated(WAYS[turn % 3], at, answer, FORMS[turn % 2], ODD[turn % 6]))


@settings(max_examples=4, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.sampled_from(WAYS),
    st.sampled_from(ENDS),
    st.sampled_from(SOURCES),
    st.sampled_from(FORMS),
    st.sampled_from(ODD) | st.text(),
)
def test_whatever_the_secrets_are_and_wherever_they_lie(way: str, what: str, source: str, tokens: str, odd: str):
    asyncio.run(logged_in(way, what, source, tokens, odd.replace("\0", "").replace("\n", "").replace("\r", "")))


@pytest.mark.parametrize("password", ["right", "wrong"])
async def test_no_password_of_a_proxy_and_no_client_key_is_found_anywhere(password: str):
    with case_of("client_credentials") as case:
        authority = Authority(case.desk.folder / "secrets")
        _, key = authority.issue("client")
        case.marks |= {*key.read_text().splitlines()[1:-1], right := mark(), wrong := mark()}
        org, host = Watched(case.app, ""), "acme.my.salesforce.example"
        tls = 'ca_file = "secrets/test-ca.pem"\nclient_certificate = "secrets/client.pem"\nclient_key = "file:secrets/client.key"'
        async with (
            serve(org, tls=authority.server(host, asks=True)) as server,
            proxying(int(server.url.rpartition(":")[2]), right) as proxy,
        ):
            environ = {"HTTPS_PROXY": f"http://user:{right if password == 'right' else wrong}@{proxy.url}"}
            ran = await case.run(f"https://{host}", case.auth(org), tls=tls, **environ)
        org.close()
        case.look(ran, org)
        assert ran.code == (0 if password == "right" else 5)


async def test_the_cli_gets_no_secret_of_ours():
    """The CLI is asked before the org is; that nobody is there makes no difference."""
    with case_of("sf_cli") as case:
        authority = Authority(case.desk.folder / "secrets")
        key = authority.issue("client")[1].read_text()
        case.marks |= {*key.splitlines()[1:-1]}
        org = Watched(case.app, "")
        auth = case.auth(org)
        tls = 'client_certificate = "secrets/client.pem"\nclient_key = "env:CLIENT_KEY"'
        ran = await case.run("https://127.0.0.1:9", auth, tls=tls, CLIENT_KEY=key)
        org.close()
        case.look(ran, org)
        assert "CREDENTIALS_DIRECTORY" in (case.desk.folder / "sf.log").read_text()
