"""Logging in with client credentials."""

from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError
from pipeline.model.wire import NoReply, NotSent, Purpose, Reply
from pipeline.salesforce import oauth
from pipeline.salesforce.oauth import Token

Replies = Callable[..., Reply]
Recorded = Callable[[str], bytes]
LOGIN = "https://example.my.salesforce.com"
SECRET = "s3cret&=%+ä"


def test_the_credentials_go_into_a_form():
    request = oauth.build("key/1", SECRET)
    assert (request.method, request.path, request.purpose) == ("POST", "/services/oauth2/token", Purpose.LOGIN)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.body is not None
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["key/1"],
        "client_secret": [SECRET],
    }


def test_nothing_secret_shows_when_values_are_printed():
    assert "s3cret" not in repr(oauth.build("key", "s3cret"))
    assert "00D" not in repr(Token("00Dx!secret", LOGIN))
    assert "00D" not in repr(Reply(200, {}, b'{"access_token":"00Dx!secret"}'))


def test_a_recorded_token_is_read(recorded: Recorded):
    token = oauth.decipher(Reply(200, {}, recorded("http/restforce/auth_success_response.json")), LOGIN)
    assert token.access_token.startswith("00Dx0000000BV7z!AR8AQAxo9U")
    assert token.instance_url == "https://na1.salesforce.com"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("http/restforce/auth_error_response.json", "invalid_grant: authentication failure - Invalid Password"),
        ("http/restforce/refresh_error_response.json", "invalid_grant: expired access/refresh token"),
    ],
)
def test_recorded_refusals_are_passed_on_in_the_orgs_words(path: str, words: str, recorded: Recorded):
    with pytest.raises(AccessRefused) as refused:
        oauth.decipher(Reply(400, {}, recorded(path)), LOGIN)
    assert words in str(refused.value)
    assert LOGIN in str(refused.value)


@pytest.mark.parametrize(
    ("error", "description", "advice"),
    [
        ("invalid_grant", "no client credentials user enabled", "run-as user"),
        ("invalid_grant", "request not supported on this domain", "https://<your domain>.my.salesforce.com"),
        ("invalid_grant", "ip restricted", "allow this machine's address"),
        ("invalid_client_id", "client identifier invalid", "check org.auth.client_id: it is the consumer key"),
        ("invalid_client", "invalid client credentials", "check org.auth.client_id and org.auth.client_secret"),
        ("unsupported_grant_type", "grant type not supported", "enable the client credentials flow"),
        ("invalid_app_access", "user is not admin approved to access this app", "approve the app"),
        ("inactive_user", "user is inactive", "must be active"),
        ("inactive_org", None, "closed or suspended"),
        ("something_new", None, "check org.auth.client_id"),
    ],
)
def test_a_refusal_says_what_to_do(error: str, description: str | None, advice: str, reply: Replies):
    answer = {"error": error} | ({"error_description": description} if description else {})
    with pytest.raises(AccessRefused) as refused:
        oauth.decipher(reply(400, answer), LOGIN)
    assert advice in str(refused.value)
    assert error in str(refused.value)


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "server_error", "unknown_error"])
def test_some_refusals_pass(code: str, reply: Replies):
    with pytest.raises(OrgUnavailable, match="try again later"):
        oauth.decipher(reply(400, {"error": code}), LOGIN)


def test_a_redirect_points_to_my_domain(reply: Replies):
    with pytest.raises(AccessRefused, match="sends elsewhere"):
        oauth.decipher(reply(302, b"", location="https://elsewhere.example"), LOGIN)


@pytest.mark.parametrize("delivery", [NotSent("no connection"), NoReply("the reply broke off")])
def test_an_org_that_cannot_be_reached_is_said_to_be(delivery: NotSent | NoReply):
    with pytest.raises(OrgUnavailable, match=f"can't log in at {LOGIN}: {delivery.reason}"):
        oauth.decipher(delivery, LOGIN)


def test_a_page_instead_of_an_answer_is_shown(reply: Replies):
    with pytest.raises(OrgUnavailable, match="HTTP 503; the reply begins: <html>down for maintenance"):
        oauth.decipher(reply(503, b"<html>down for\nmaintenance"), LOGIN)


def test_a_reply_without_a_token_is_not_shown(reply: Replies):
    with pytest.raises(OrgUnavailable, match="holds no token") as raised:
        oauth.decipher(reply(200, {"access_token": "00D!secret"}), LOGIN)
    assert "00D!secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.my.salesforce.com",
        "https://user@example.com",
        "https://example.com/path",
        "https://example.com?x",
        "ftp://example.com",
        "https://",
        "https://[",
        "http://localhost.example.com",
        "",
    ],
)
def test_a_token_is_not_sent_where_others_can_read_it(url: str, reply: Replies):
    with pytest.raises(AccessRefused, match="not an https:// address"):
        oauth.decipher(reply(200, {"access_token": "00D!x", "instance_url": url}), LOGIN)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:80", "http://[::1]:9", "https://a.b.example:8443/"])
def test_this_machine_may_be_asked_without_tls(url: str, reply: Replies):
    assert oauth.decipher(reply(200, {"access_token": "t", "instance_url": url}), LOGIN).instance_url == url.rstrip("/")


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\r\nHost: x", "ä", "a\x00"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(text: str):
    with pytest.raises(AccessRefused, match="characters that no token has"):
        oauth.check(Token(text, LOGIN))


@given(st.integers(100, 599), st.binary(max_size=80))
def test_anything_but_a_token_is_an_error_of_one_line(status: int, body: bytes):
    with pytest.raises(TreeloadError) as raised:
        oauth.decipher(Reply(status, {}, body), LOGIN)
    assert str(raised.value).isprintable()
