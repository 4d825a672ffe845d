"""The real command by TLS: private authorities, client certificates, proxies, and what is said where one of them is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.simulator import ConnectedApp, Org, serve
from tests.cli.conftest import serving
from tests.transport.authority import Authority, proxying

HERE = "127.0.0.1"
ELSEWHERE = "acme.my.salesforce.example"
JOB = """
[job]
object = "Contact"
input = "people.csv"
state = "state"
reports = "reports"
[org]
url = "{url}"
{more}
[org.auth]
kind = "client_credentials"
client_id = "embedded"
client_secret = "env:ORG_SECRET"
[mapping.columns]
"First Name" = "FirstName"
"Last Name" = "LastName"
"""
CA = 'ca_file = "test-ca.pem"\n'


@pytest.fixture
def authority(desk) -> Authority:
    return Authority(desk.folder)


@asynccontextmanager
async def org_at(
    desk, authority: Authority, host: str = HERE, *, more: str = CA, asks: bool = False
) -> AsyncIterator[tuple[Org, int]]:
    """Serve an org by TLS with a certificate for a host, and write a job that goes to that host."""
    org = Org(app=ConnectedApp(client_secret="s3cret-of-the-app"))
    async with serve(org, tls=authority.server(host, asks=asks)) as server:
        port = int(server.url.rpartition(":")[2])
        desk.write("people.toml", JOB.format(url=server.url if host == HERE else f"https://{host}", more=more))
        yield org, port
    org.close()


async def load(desk, *args: str, **environ: str):
    return await asyncio.to_thread(desk.treeload, "run", "people.toml", *args, ORG_SECRET="s3cret-of-the-app", **environ)


async def test_a_private_authority_is_trusted_where_it_is_named(desk, authority: Authority):
    async with org_at(desk, authority) as (org, _):
        assert (await load(desk)).code == 0
        assert org.count("Contact") == 3


async def test_a_private_authority_that_nobody_has_named_is_not_trusted(desk, authority: Authority):
    async with org_at(desk, authority, more="") as (org, _):
        ran = await load(desk)
        assert (ran.code, org.calls.total()) == (5, 0)
    [line] = ran.complaints
    assert "the certificate of 127.0.0.1 is not trusted: name its authority in org.ca_file" in line


async def test_another_authority_does_not_help(desk, authority: Authority):
    Authority(desk.folder, "Other Authority")
    async with org_at(desk, authority, more='ca_file = "other-ca.pem"') as (org, _):
        assert (await load(desk)).code == 5
        assert org.calls.total() == 0


async def test_an_org_that_asks_is_shown_our_certificate(desk, authority: Authority):
    authority.issue("client")
    shown = f'{CA}client_certificate = "client.pem"\nclient_key = "file:client.key"'
    async with org_at(desk, authority, more=shown, asks=True) as (org, _):
        ran = await load(desk)
        assert (ran.code, ran.complaints) == (0, [])
        assert org.count("Contact") == 3


async def test_a_key_may_come_from_the_environment_and_comes_to_no_disk(desk, authority: Authority):
    _, key = authority.issue("client")
    text = key.read_text()
    key.unlink()
    shown = f'{CA}client_certificate = "client.pem"\nclient_key = "env:CLIENT_KEY"'
    async with org_at(desk, authority, more=shown, asks=True) as (org, _):
        assert (await load(desk, CLIENT_KEY=text)).code == 0
        assert org.count("Contact") == 3


async def test_an_org_that_asks_lets_in_nobody_without_a_certificate(desk, authority: Authority):
    async with org_at(desk, authority, asks=True) as (org, _):
        ran = await load(desk)
        assert (ran.code, org.calls.total()) == (5, 0)
    assert len(ran.complaints) == 1


def other_key(authority: Authority) -> None:
    authority.issue("other")[1].rename(authority.folder / "client.key")


def spoil(name: str, content: bytes) -> Callable[[Authority], None]:
    return lambda authority: bytes_to(authority.folder / name, content)


def bytes_to(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)


def folder(name: str) -> Callable[[Authority], None]:
    def replace(authority: Authority) -> None:
        (authority.folder / name).unlink()
        (authority.folder / name).mkdir()

    return replace


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda here: (here.folder / "test-ca.pem").unlink(),
            "org.ca_file: {folder}/test-ca.pem: No such file or directory: put",
        ),
        (folder("test-ca.pem"), "org.ca_file: {folder}/test-ca.pem: Is a directory"),
        (spoil("test-ca.pem", b"no certificate"), "org.ca_file: {folder}/test-ca.pem holds no certificate in PEM form"),
        (spoil("test-ca.pem", b"\x30\x82\x01\x00"), "org.ca_file: {folder}/test-ca.pem holds no certificate in PEM form"),
        (lambda here: (here.folder / "client.pem").unlink(), "org.client_certificate: {folder}/client.pem: No such file"),
        (spoil("client.pem", b""), "org.client_certificate: {folder}/client.pem holds no certificate in PEM form"),
        (spoil("client.pem", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"), "org.client_certificate ("),
        (lambda here: (here.folder / "client.key").unlink(), "file:{folder}/client.key: No such file or directory"),
        (
            lambda here: (here.folder / "client.key").chmod(0o640),
            "others than its owner can read it: chmod 600 {folder}/client.key",
        ),
        (spoil("client.key", b"no key"), "org.client_key is no private key in PEM form"),
        (other_key, "org.client_key can't be used with org.client_certificate ({folder}/client.pem): check"),
        (lambda here: here.issue("client", password=b"x"), "org.client_key is encrypted: write it without a password"),
    ],
)
async def test_a_file_that_will_not_do_is_refused_before_anything_else(desk, authority: Authority, wrong, said: str):
    authority.issue("client")
    wrong(authority)
    shown = f'{CA}client_certificate = "client.pem"\nclient_key = "file:client.key"'
    desk.write("people.toml", JOB.format(url="https://acme.my.salesforce.example", more=shown))
    for command in ("run", "check"):
        ran = await asyncio.to_thread(desk.treeload, command, "people.toml", ORG_SECRET="x")
        [line] = ran.complaints
        assert ran.code == 2, line
        assert said.format(folder=desk.folder) in line
    assert not (desk.folder / "state").exists()


@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_a_proxy_that_the_environment_names_is_gone_through(desk, authority: Authority, scheme: str):
    async with org_at(desk, authority, ELSEWHERE) as (org, port), proxying(port) as proxy:
        assert (await load(desk, HTTPS_PROXY=f"{scheme}{proxy.url}")).code == 0
        assert org.count("Contact") == 3
        assert {*proxy.connected} == {f"{ELSEWHERE}:443"}


async def test_a_proxy_may_want_a_password_and_the_org_a_certificate(desk, authority: Authority):
    authority.issue("client")
    shown = f'{CA}client_certificate = "client.pem"\nclient_key = "file:client.key"'
    async with org_at(desk, authority, ELSEWHERE, more=shown, asks=True) as (org, port), proxying(port, "s3cret") as proxy:
        ran = await load(desk, HTTPS_PROXY=f"http://user:s3cret@{proxy.url}")
        assert (ran.code, ran.complaints) == (0, [])
        assert org.count("Contact") == 3


async def test_a_proxy_that_refuses_is_told_without_the_password(desk, authority: Authority):
    async with org_at(desk, authority, ELSEWHERE) as (org, port), proxying(port, "s3cret") as proxy:
        ran = await load(desk, HTTPS_PROXY=f"http://user:wr0ng@{proxy.url}")
        assert (ran.code, org.calls.total()) == (5, 0)
    [line] = ran.complaints
    assert "the proxy refuses the connection with HTTP 407" in line
    assert "wr0ng" not in ran.out + ran.err


async def test_a_proxy_that_is_not_there_is_told_without_the_password(desk, authority: Authority, unused_tcp_port: int):
    async with org_at(desk, authority, ELSEWHERE):
        ran = await load(desk, HTTPS_PROXY=f"http://user:wr0ng@127.0.0.1:{unused_tcp_port}")
    [line] = ran.complaints
    assert (ran.code, "the proxy can't be reached" in line) == (5, True)
    assert "wr0ng" not in ran.out + ran.err


async def test_what_needs_no_proxy_is_reached_directly(desk, authority: Authority, unused_tcp_port: int):
    async with org_at(desk, authority) as (org, _):
        assert (await load(desk, HTTPS_PROXY=f"http://127.0.0.1:{unused_tcp_port}")).code == 0
        assert org.count("Contact") == 3


def test_the_embedded_org_may_stand_alone_with_tls(desk, authority: Authority):
    certificate, key = authority.issue(HERE)
    with serving(desk, "--tls", str(certificate), str(key), "--logins", "logins") as served:
        assert served.url.startswith("https://")
        desk.write("people.toml", JOB.format(url=served.url, more=CA))
        assert desk.treeload("run", "people.toml", ORG_SECRET=served.client_secret).code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tls", "test-ca.pem", "people.csv"), "--tls test-ca.pem people.csv: "),
        (("--tls", "none.pem", "none.key"), "'none.pem' does not exist"),
        (("--rotate",), "--rotate needs --logins"),
        (("--logins", "people.csv"), "is a file"),
    ],
)
def test_an_embedded_org_that_can_not_start_says_why(desk, authority: Authority, options: tuple[str, ...], said: str):
    ran = desk.treeload("simulate", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_folder_of_logins_that_is_spoilt_is_said(desk):
    (desk.folder / "logins").mkdir()
    desk.write("logins/refresh.token", "")
    ran = desk.treeload("simulate", "--logins", "logins")
    assert (ran.code, ran.complaints) == (
        2,
        ["treeload: the embedded org can't start: logins/refresh.token: is empty: remove it, and another is made"],
    )
