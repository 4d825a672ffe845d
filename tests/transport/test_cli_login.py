"""The Salesforce CLI is played by a real program that answers as it does.

The errors of an unknown org are those of version 2.146; the answers of a login that works are as its source writes them.
"""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pipeline.errors import AccessRefused, OrgUnavailable
from pipeline.model.wire import Delivery, Request
from pipeline.transport.cli_login import CliLogin

URL = "https://acme.my.salesforce.com"
SECRET = "00Dxx0000001gPL!AR8AQ.s3cret"
HIDDEN = "[REDACTED] Use 'sf org auth show-access-token' to view"
UNKNOWN = {
    "name": "NamedOrgNotFoundError",
    "message": "Parsing --target-org \n\tNo authorization information found for acme.\nSee more help with --help",
    "status": 2,
}
Make = Callable[..., CliLogin]


async def nobody(url: str, request: Request) -> Delivery:
    raise AssertionError(f"{url} was asked for {request.path}")


def shown(token: str, address: str = URL, **more: str) -> dict:
    return {"status": 0, "result": {"accessToken": token, "instanceUrl": address, **more}, "warnings": []}


@pytest.fixture
def cli(tmp_path: Path) -> Make:
    """Make a program that answers to `display` and to `show-access-token`, and keeps what it was called with."""

    def make(display: object, token: object = None, *, script: str = "", timeout: float = 60) -> CliLogin:
        (tmp_path / "display").write_bytes(orjson.dumps(display))
        (tmp_path / "auth").write_bytes(orjson.dumps(token))
        program = tmp_path / "sf"
        program.write_text(f'#!/bin/sh\n{script}\necho "$@" >> "{tmp_path}/calls"\ncat "{tmp_path}/$2"\n')
        program.chmod(0o700)
        return CliLogin(URL, "acme", program=str(program), timeout=timeout)

    return make


async def test_a_token_that_is_shown_is_taken(cli: Make, tmp_path: Path):
    token = await cli(shown(SECRET))(nobody)
    assert (token.access_token, token.instance_url) == (SECRET, URL)
    assert (tmp_path / "calls").read_text() == "org display --json --target-org acme\n"


async def test_a_token_that_is_hidden_is_asked_for_by_a_command_of_its_own(cli: Make, tmp_path: Path):
    token = await cli(shown(HIDDEN), {"status": 0, "result": {"accessToken": SECRET}})(nobody)
    assert token.access_token == SECRET
    calls = (tmp_path / "calls").read_text()
    assert calls.splitlines()[1] == "org auth show-access-token --json --target-org acme"
    assert SECRET not in calls


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (UNKNOWN, "sf org login web --alias acme --instance-url https://acme.my.salesforce.com"),
        ({"name": "RefreshTokenAuthError", "message": f"expired {SECRET}", "status": 1}, "has expired"),
        ({"name": "OddError", "message": f"about {SECRET}", "status": 1}, "OddError: about"),
        (shown(SECRET, "https://other.my.salesforce.com"), "and org.url says https://acme.my.salesforce.com"),
        (shown(SECRET, connectedStatus="RefreshTokenAuthError"), "has expired"),
        ({"accessToken": SECRET}, "is not understood"),
        (shown("a b"), "characters that no token has"),
    ],
)
async def test_what_is_wrong_is_said_without_a_token(cli: Make, answer: object, words: str):
    with pytest.raises(AccessRefused) as refused:
        await cli(answer)(nobody)
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


async def test_a_token_that_is_no_longer_good_is_not_taken_twice(cli: Make):
    login = cli(shown(SECRET))
    await login(nobody)
    with pytest.raises(AccessRefused, match="has expired"):
        await login(nobody)


async def test_a_cli_that_is_not_installed_is_said_to_be(tmp_path: Path):
    with pytest.raises(AccessRefused, match="is not installed"):
        await CliLogin(URL, "acme", program=str(tmp_path / "none"))(nobody)


async def test_a_cli_that_does_not_answer_is_ended(cli: Make, tmp_path: Path):
    with pytest.raises(OrgUnavailable, match="has not answered"):
        await cli(shown(SECRET), script="sleep 600", timeout=0.2)(nobody)
    assert not (tmp_path / "calls").exists()
