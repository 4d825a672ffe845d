"""Ways to a token."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from pipeline.errors import AccessRefused, OrgUnavailable
from pipeline.model.wire import Delivery, NotSent, Purpose, Reply, Request
from pipeline.salesforce.oauth import Token
from pipeline.transport.logins import ClientCredentials, GivenToken

URL = "https://example.my.salesforce.com"


async def nobody(url: str, request: Request) -> Delivery:
    raise AssertionError(f"{url} was asked for {request.path}")


async def test_a_given_token_is_read_and_nobody_is_asked():
    assert await GivenToken(URL, lambda: "00D!x")(nobody) == Token("00D!x", URL)


async def test_a_given_token_that_has_run_out_stops_the_run():
    login = GivenToken(URL, lambda: "00D!secret")
    await login(nobody)
    with pytest.raises(AccessRefused, match="get a fresh one") as refused:
        await login(nobody)
    assert "secret" not in str(refused.value)


async def test_a_fresh_token_at_the_same_place_is_found():
    texts: Iterator[str] = iter(["old", "new"])
    login = GivenToken(URL, lambda: next(texts))
    await login(nobody)
    assert await login(nobody) == Token("new", URL)


async def test_a_given_token_is_not_sent_where_others_can_read_it():
    with pytest.raises(AccessRefused, match="not an https:// address"):
        await GivenToken("http://example.com", lambda: "t")(nobody)


async def test_client_credentials_are_asked_for_at_the_login_address():
    asked: list[tuple[str, Request]] = []

    async def send(url: str, request: Request) -> Delivery:
        asked.append((url, request))
        return Reply(200, {}, b'{"access_token":"t","instance_url":"https://na1.salesforce.com"}')

    login = ClientCredentials(URL, lambda: "key", lambda: "secret")
    assert await login(send) == Token("t", "https://na1.salesforce.com")
    ((url, request),) = asked
    assert (url, request.purpose) == (URL, Purpose.LOGIN)
    assert parse_qs((request.body or b"").decode())["client_secret"] == ["secret"]


async def test_a_login_that_cannot_be_reached_is_said_to_be():
    async def send(_: str, __: Request) -> Delivery:
        return NotSent("the name x is not known")

    with pytest.raises(OrgUnavailable, match="the name x is not known"):
        await ClientCredentials(URL, lambda: "key", lambda: "secret")(send)
