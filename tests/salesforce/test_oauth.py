"""Logging in with client credentials."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError
from pipeline.model.wire import NoReply, NotSent, Purpose, Reply
from pipeline.salesforce import oauth
from pipeline.salesforce.oauth import Token
from pipeline.salesforce.oauth_advice import Grant

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
        ("unsupported_grant_type", "grant type not supported", "enable this flow"),
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
    ("login_url", "instance_url", "address"),
    [
        (f"{LOGIN}:8443", LOGIN, f"{LOGIN}:8443"),
        (f"{LOGIN}:8443", f"{LOGIN}:443", f"{LOGIN}:443"),
        (f"{LOGIN}:8443", "https://na1.salesforce.com", "https://na1.salesforce.com"),
        (LOGIN, LOGIN, LOGIN),
    ],
)
def test_calls_stay_at_the_port_at_which_we_have_logged_in(login_url: str, instance_url: str, address: str, reply: Replies):
    token = oauth.decipher(reply(200, {"access_token": "t", "instance_url": instance_url}), login_url)
    assert token.instance_url == address


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
    assert oauth.decipher(reply(200, {"access_token": "t", "instance_url": url}), url).instance_url == url.rstrip("/")


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\r\nHost: x", "ä", "a\x00"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(text: str):
    with pytest.raises(AccessRefused, match="characters that no token has"):
        oauth.check(Token(text, LOGIN))


@given(st.integers(100, 599), st.binary(max_size=80))
def test_anything_but_a_token_is_an_error_of_one_line(status: int, body: bytes):
    with pytest.raises(TreeloadError) as raised:
        oauth.decipher(Reply(status, {}, body), LOGIN)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "url", ["https://na1.salesforce.com", "https://x.my.salesforce.com", "https://x--y.sandbox.my.salesforce.com"]
)
def test_calls_go_where_the_vendor_says(url: str, reply: Replies):
    token = oauth.decipher(reply(200, {"access_token": "t", "instance_url": url}), "https://login.salesforce.com")
    assert token.instance_url == url


@pytest.mark.parametrize(
    "url", ["https://evil.example", "https://salesforce.com.evil.example", "https://notsalesforce.com", "http://127.0.0.1"]
)
def test_a_token_goes_to_no_foreign_host(url: str, reply: Replies):
    with pytest.raises(AccessRefused, match="the token is not sent there"):
        oauth.decipher(reply(200, {"access_token": "t", "instance_url": url}), LOGIN)


@pytest.mark.parametrize(
    ("grant", "error", "description", "advice"),
    [
        (Grant.JWT_BEARER, "invalid_grant", "user hasn't approved this consumer", "approve the app"),
        (Grant.JWT_BEARER, "invalid_grant", "audience is invalid", "set org.auth.audience"),
        (Grant.JWT_BEARER, "invalid_grant", "Audience validation failed", "set org.auth.audience"),
        (Grant.REFRESH_TOKEN, "app_not_found", "External client app is not installed in this org", "install or unblock the app"),
        (Grant.CLIENT_CREDENTIALS, "OAUTH_APP_BLOCKED", "this app is blocked by admin", "install or unblock the app"),
        (Grant.REFRESH_TOKEN, "invalid_grant", "ip restricted or invalid login hours", "restrict addresses, or its hours"),
        (Grant.JWT_BEARER, "invalid_grant", "invalid assertion", "check that org.auth.private_key"),
        (Grant.JWT_BEARER, "invalid_grant", "expired authorization code", "clock right"),
        (Grant.JWT_BEARER, "invalid_grant", None, "check that org.auth.private_key"),
        (Grant.REFRESH_TOKEN, "invalid_grant", "expired access/refresh token", "authorise the app anew"),
        (Grant.REFRESH_TOKEN, "invalid_grant", "inactive user", "must be active"),
        (Grant.REFRESH_TOKEN, "invalid_client_id", "client identifier invalid", "check org.auth.client_id"),
    ],
)
def test_each_way_of_logging_in_has_its_advice(grant: Grant, error: str, description: str | None, advice: str, reply: Replies):
    with pytest.raises(AccessRefused) as refused:
        oauth.decipher(reply(400, {"error": error, "error_description": description}), LOGIN, grant)
    assert advice in str(refused.value)


@pytest.mark.parametrize(
    ("hour", "words"), [(13, "3,600 seconds ahead of the org's"), (11, "3,600 seconds behind the org's"), (12, "")]
)
def test_a_clock_that_is_wrong_is_told(hour: int, words: str, reply: Replies):
    refusal = reply(400, {"error": "invalid_grant"}, date="Wed, 25 Nov 2026 12:00:00 GMT")
    with pytest.raises(AccessRefused) as refused:
        oauth.decipher(refusal, LOGIN, Grant.JWT_BEARER, datetime(2026, 11, 25, hour, tzinfo=UTC))
    assert words in str(refused.value)
    assert ("this machine's clock is" in str(refused.value)) == bool(words)


@pytest.mark.parametrize("secret", ["00Dxx0000001gPL!AR8AQ.secret_x", "eyJhbGciOi.eyJpc3Mi.c2lnbmF0dXJl"])
def test_a_token_in_a_refusal_is_not_repeated(secret: str, reply: Replies):
    for answer in ({"error": "invalid_grant", "error_description": f"bad {secret} here"}, f"<p>{secret}</p>".encode()):
        with pytest.raises(TreeloadError) as refused:
            oauth.decipher(reply(400, answer), LOGIN)
        assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://x--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://x.my.salesforce.com", "https://login.salesforce.com"),
        ("https://login.salesforce.com", "https://login.salesforce.com"),
    ],
)
def test_the_audience_follows_from_the_address(url: str, audience: str):
    assert oauth.audience_of(url) == audience
