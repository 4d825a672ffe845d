"""However many meet a token that has run out, one of them logs in, by whatever way; the others wait and take what it got."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.config import KeptSecret, SecretRef
from pipeline.errors import AccessRefused
from pipeline.model.wire import Purpose, Reply, Request
from pipeline.simulator import ConnectedApp, Org, equip, serve
from pipeline.transport.cli_login import CliLogin
from pipeline.transport.connection import Connection
from pipeline.transport.logins import ClientCredentials, GivenToken, JwtBearer, Login, RefreshToken

MANY = 25
READ = Request("GET", "/services/data/v67.0/limits", Purpose.LIMITS)
Make = Callable[[str, Org, Path], Login]


def client_credentials(url: str, org: Org, _: Path) -> Login:
    return ClientCredentials(url, lambda: "embedded", lambda: org.client_secret)


def jwt_bearer(url: str, _: Org, folder: Path) -> Login:
    key, user = (folder / "app.key").read_text, "importer@embedded.example"
    return JwtBearer(url, lambda: "embedded", user, key, audience="", now=SystemClock().now)


def refresh_token(url: str, _: Org, folder: Path) -> Login:
    keeper = KeptSecret(SecretRef("file", str(folder / "refresh.token")))
    return RefreshToken(url, lambda: "embedded", None, keeper=keeper, tell=pytest.fail)


def sf_cli(url: str, _: Org, folder: Path) -> Login:
    """Play the CLI, which shows what `hand_over` has put there."""
    program = folder / "sf"
    display = f'{{"status":0,"result":{{"instanceUrl":"{url}","accessToken":"%s"}}}}'
    program.write_text(f'#!/bin/sh\ncd "{folder}"\necho x >> called\nprintf \'{display}\' "$(cat token)"\n')
    program.chmod(0o700)
    return CliLogin(url, "acme", program=str(program))


def access_token(url: str, _: Org, folder: Path) -> Login:
    return GivenToken(url, (folder / "token").read_text)


def hand_over(org: Org, folder: Path) -> None:
    """Put a token where those ways find it that don't ask the org for one."""
    (folder / "token").write_text(org.login())


async def ask(connection: Connection) -> int:
    """Ask, and once more with a fresh token if this one has run out, as the sender does."""
    generation = connection.generation
    delivery = await connection.send(READ)
    if isinstance(delivery, Reply) and delivery.status == 401:
        await connection.renew(generation)
        delivery = await connection.send(READ)
    assert isinstance(delivery, Reply)
    return delivery.status


async def refused(connection: Connection) -> bool:
    try:
        await ask(connection)
    except AccessRefused:
        return True
    return False


@pytest.mark.parametrize("rotates", [False, True], ids=["", "rotating"])
@pytest.mark.parametrize("make", [client_credentials, jwt_bearer, refresh_token, sf_cli, access_token])
async def test_many_refusals_at_the_same_time_are_one_login(tmp_path: Path, make: Make, *, rotates: bool):
    org = Org(app=equip(tmp_path, rotates=rotates))
    async with serve(org) as server:
        login, calls = make(server.url, org, tmp_path), Counter[Purpose]()
        hand_over(org, tmp_path)
        async with Connection(login, concurrency=MANY, timeout=30, calls=calls) as connection:
            for generation in (2, 3):
                org.expire_tokens()
                hand_over(org, tmp_path)
                async with asyncio.TaskGroup() as group:
                    asked = [group.create_task(ask(connection)) for _ in range(MANY)]
                assert {one.result() for one in asked} == {200}
                assert connection.generation == generation
    assert calls[Purpose.LOGIN] == org.calls["token"] == (0 if make in {sf_cli, access_token} else 3)
    assert make is not sf_cli or (tmp_path / "called").read_text().count("x") == 3


@pytest.mark.parametrize("make", [client_credentials, jwt_bearer, refresh_token, sf_cli, access_token])
async def test_all_who_find_the_login_shut_are_told_by_one_try(tmp_path: Path, make: Make):
    org, calls = Org(app=equip(tmp_path, rotates=False)), Counter[Purpose]()
    async with serve(org) as server:
        login = make(server.url, org, tmp_path)
        hand_over(org, tmp_path)
        async with Connection(login, concurrency=MANY, timeout=30, calls=calls) as connection:
            org.expire_tokens()
            org.app = ConnectedApp(client_id="another")
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(refused(connection)) for _ in range(MANY)]
            assert {one.result() for one in asked} == {True}
    assert calls[Purpose.LOGIN] == (0 if make in {sf_cli, access_token} else 2)
    assert make is not sf_cli or (tmp_path / "called").read_text().count("x") == 2
