import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from pipeline.simulator import Org, equip

TOKEN = "/services/oauth2/token"


def form(**more: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": "embedded", "client_secret": "embedded", **more}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


async def test_client_credentials_in_the_form_give_a_token_that_is_good(api, org: Org, fixture: Callable[[str], Any]):
    reply = await api.ask("POST", TOKEN, token="", data=form())
    assert reply.status == 200
    assert reply.json.keys() >= fixture("http/restforce/auth_success_response.json").keys()
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["instance_url"] == api.url
    assert reply.json["issued_at"] == "1772600767890"
    assert re.fullmatch(r"(00D\w{12,15})![.\w]*", reply.json["access_token"])
    assert reply.json["access_token"] == org.token
    assert (await api.ask("GET", "/limits")).status == 200


async def test_client_credentials_by_basic_give_a_token(api):
    reply = await api.ask("POST", TOKEN, headers=basic("embedded:embedded"), data={"grant_type": "client_credentials"})
    assert reply.status == 200


@pytest.mark.parametrize(
    ("headers", "sent", "error"),
    [
        ({}, form(client_secret="wrong"), "invalid_client"),
        ({}, form(client_secret="é"), "invalid_client"),
        ({}, form(client_id="wrong"), "invalid_client_id"),
        (basic("embedded:wrong"), form(), "invalid_client"),
        ({"Authorization": "Basic é"}, form(), "invalid_client_id"),
        ({}, form(grant_type="password"), "unsupported_grant_type"),
        ({}, {}, "unsupported_grant_type"),
    ],
)
async def test_what_is_wrong_with_a_login_is_said(api, org: Org, headers: dict[str, str], sent: dict[str, str], error: str):
    before = org.token
    reply = await api.ask("POST", TOKEN, token="", headers=headers, data=sent)
    assert reply.status == 400
    assert reply.json["error"] == error
    assert reply.json["error_description"]
    assert org.token == before


async def test_a_login_is_not_metered(api, org: Org):
    reply = await api.ask("POST", TOKEN, data=form())
    assert "Sforce-Limit-Info" not in reply.headers
    assert (org.allowance.total, org.calls["token"]) == (0, 1)


async def test_who_is_asking_is_told_with_a_token_only(api):
    assert (await api.ask("GET", "/services/oauth2/userinfo")).json["preferred_username"] == "importer@embedded.example"
    assert (await api.ask("GET", "/services/oauth2/userinfo", token="x")).status == 401


NOW = 1772600767  # the clock of these tests stands at .89 of this second
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logins")
    equip(path, rotates=False)
    return path


@pytest.fixture
def equipped(clock, folder: Path) -> Iterator[Org]:
    org = Org(clock=clock, app=equip(folder, rotates=False))
    yield org
    org.close()


def assertion(folder: Path, **claims: object) -> str:
    good = {"iss": "embedded", "sub": "importer@embedded.example", "aud": "https://login.salesforce.com", "exp": NOW + 180}
    return jwt.encode({**good, **claims}, (folder / "app.key").read_text(), algorithm="RS256")


async def test_a_signed_assertion_gives_a_token_and_no_refresh_token(make_api, equipped: Org, folder: Path):
    async with make_api(equipped) as api:
        reply = await api.ask("POST", TOKEN, token="", data={"grant_type": GRANT, "assertion": assertion(folder)})
        assert (reply.status, reply.json["access_token"]) == (200, equipped.token)
        assert "refresh_token" not in reply.json
        assert (await api.ask("GET", "/limits")).status == 200


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"iss": "other"}, "invalid_client_id", "client identifier invalid"),
        ({"exp": NOW + 182}, "invalid_grant", "invalid assertion"),
        ({"exp": "soon"}, "invalid_grant", "invalid assertion"),
        ({"exp": NOW}, "invalid_grant", "expired authorization code"),
        ({"aud": "https://na1.salesforce.com"}, "invalid_grant", "audience is invalid"),
        ({"sub": "somebody@acme.example"}, "invalid_grant", "user hasn't approved this consumer"),
    ],
)
async def test_what_is_wrong_with_an_assertion_is_said(make_api, equipped: Org, folder: Path, claims, error, description):
    async with make_api(equipped) as api:
        reply = await api.ask("POST", TOKEN, token="", data={"grant_type": GRANT, "assertion": assertion(folder, **claims)})
    assert (reply.status, reply.json) == (400, {"error": error, "error_description": description})


@pytest.mark.parametrize(
    "spoil", [lambda text: f"{text[:-8]}AAAAAAAA", lambda _: "", lambda _: "a.b.c", lambda text: text + ".x"]
)
async def test_an_assertion_that_is_not_signed_is_refused(make_api, equipped: Org, folder: Path, spoil: Callable[[str], str]):
    async with make_api(equipped) as api:
        reply = await api.ask("POST", TOKEN, token="", data={"grant_type": GRANT, "assertion": spoil(assertion(folder))})
    assert reply.json == {"error": "invalid_grant", "error_description": "invalid assertion"}


async def test_without_a_certificate_no_assertion_is_good(api, folder: Path):
    reply = await api.ask("POST", TOKEN, token="", data={"grant_type": GRANT, "assertion": assertion(folder)})
    assert reply.json["error_description"] == "invalid assertion"


def refreshing(token: str, **more: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "client_id": "embedded", "refresh_token": token, **more}


async def test_a_refresh_token_gives_a_token_and_stays_good(api, org: Org):
    token = org.app.authorise()
    for _ in range(2):
        reply = await api.ask("POST", TOKEN, token="", data=refreshing(token, client_secret="embedded"))
        assert reply.status == 200
        assert "refresh_token" not in reply.json


async def test_a_refresh_token_that_rotates_comes_with_the_next(api, org: Org):
    org.app.rotates = True
    first = org.app.authorise()
    second = (await api.ask("POST", TOKEN, token="", data=refreshing(first))).json["refresh_token"]
    spent = await api.ask("POST", TOKEN, token="", data=refreshing(first))
    assert (spent.status, spent.json) == (
        400,
        {"error": "invalid_grant", "error_description": "expired access/refresh token"},
    )
    assert (await api.ask("POST", TOKEN, token="", data=refreshing(second))).status == 200


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"client_id": "x"}, "invalid_client_id"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"refresh_token": "x"}, "invalid_grant"),
    ],
)
async def test_a_refresh_token_counts_only_for_its_app(api, org: Org, more: dict[str, str], error: str):
    reply = await api.ask("POST", TOKEN, token="", data=refreshing(org.app.authorise()) | more)
    assert (reply.status, reply.json["error"]) == (400, error)


async def test_a_token_may_be_a_jwt(api, org: Org):
    org.app.tokens = "jwt"
    reply = await api.ask("POST", TOKEN, token="", data=form())
    assert re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", reply.json["access_token"])
    assert (await api.ask("GET", "/limits")).status == 200
