import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.simulator import Org

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
