"""Ways to a token."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest

from pipeline.errors import AccessRefused, OrgUnavailable, UsageError
from pipeline.model.wire import Delivery, NotSent, Purpose, Reply, Request
from pipeline.salesforce.oauth import Token
from pipeline.transport.logins import ClientCredentials, GivenToken, RefreshToken

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


class Rotating:
    """An org that takes each refresh token once, and gives another with each access token."""

    def __init__(self) -> None:
        self.good = "r0"
        self.asked = 0

    async def __call__(self, url: str, request: Request) -> Delivery:
        self.asked += 1
        given = parse_qs((request.body or b"").decode())["refresh_token"]
        if given != [self.good]:
            return Reply(400, {}, b'{"error":"invalid_grant","error_description":"expired access/refresh token"}')
        self.good = f"r{self.asked}"
        answer = f'{{"access_token":"t{self.asked}","instance_url":"{URL}","refresh_token":"{self.good}"}}'
        return Reply(200, {}, answer.encode())


class Drawer:
    """Where refresh tokens lie; each `read` gives the last that was kept, unless a script says otherwise."""

    def __init__(self, *tokens: str, refuses: str = "") -> None:
        self.tokens = list(tokens)
        self.refuses = refuses
        self.held = 0

    def hold(self) -> Callable[[], None]:
        self.held += 1
        return self.release

    def release(self) -> None:
        self.held -= 1

    def read(self) -> str:
        assert self.held == 1
        return self.tokens[-1]

    def keep(self, secret: str) -> None:
        assert self.held == 1
        if self.refuses:
            raise UsageError(self.refuses)
        self.tokens.append(secret)


def refreshing(drawer: Drawer, told: list[str]) -> RefreshToken:
    return RefreshToken(URL, lambda: "key", None, keeper=drawer, tell=told.append)


async def test_a_refresh_token_that_the_org_replaces_is_kept():
    drawer, told = Drawer("r0"), []
    login = refreshing(drawer, told)
    org = Rotating()
    assert [(await login(org)).access_token for _ in range(3)] == ["t1", "t2", "t3"]
    assert (drawer.tokens, told, drawer.held) == (["r0", "r1", "r2", "r3"], [], 0)


async def test_a_refresh_token_that_cannot_be_kept_is_told_and_used_as_long_as_the_command_lives():
    told: list[str] = []
    login = refreshing(Drawer("r0", refuses="env:X can't be rewritten"), told)
    org = Rotating()
    assert [(await login(org)).access_token for _ in range(2)] == ["t1", "t2"]
    assert "env:X can't be rewritten" in told[0]
    assert not any(secret in line for line in told for secret in ("r0", "r1", "r2"))


async def test_a_refresh_token_that_somebody_else_has_replaced_meanwhile_is_read_again():
    org, drawer = Rotating(), Drawer("r0")
    org.good = "r9"
    asking = org.__call__

    async def replaced_meanwhile(url: str, request: Request) -> Delivery:
        drawer.tokens.append("r9")
        return await asking(url, request)

    assert (await refreshing(drawer, [])(replaced_meanwhile)).access_token == "t2"


async def test_a_refresh_token_that_has_run_out_says_what_to_do():
    drawer = Drawer("old")
    with pytest.raises(AccessRefused, match="authorise the app anew"):
        await refreshing(drawer, [])(Rotating())
    assert drawer.held == 0
