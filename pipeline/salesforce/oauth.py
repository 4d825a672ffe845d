"""The token endpoint (OAuth 2.0): logging in as the run-as user of an app, by a signed assertion, or with a refresh token.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply, Request
from pipeline.salesforce.errors import clean, excerpt, parsed
from pipeline.salesforce.oauth_advice import MY_DOMAIN, Grant, advice

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_ADDRESS_OF_ORG = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)

_OF_THE_VENDOR = ("salesforce.com", "force.com", "cloudforce.com", "salesforce.mil", "crmforce.mil", "sfcrmproducts.cn")
"""Domains that an org can have its address in."""
_SECRET = re.compile(r"00D\w{12,15}!?[.\w]*|eyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_TOLERATED_SKEW = 60.0

_FOR_LATER = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable", "unknown_error"})


@dataclass(frozen=True, slots=True)
class Token:
    """What opens the org, and the address where it does."""

    access_token: str = field(repr=False)
    instance_url: str
    """Scheme, host and port, without a slash at the end."""
    refresh_token: str | None = field(default=None, repr=False)
    """A refresh token that takes the place of the one that was used, where the org rotates them."""


def build(client_id: str, client_secret: str) -> Request:
    """Ask for a token. The request goes to the org's My Domain, not to login.salesforce.com."""
    return _asking(Grant.CLIENT_CREDENTIALS, {"client_id": client_id, "client_secret": client_secret})


def build_jwt(assertion: str) -> Request:
    """Ask for a token with a signed assertion: `iss` the consumer key, `sub` the username, `aud`, `exp`."""
    return _asking(Grant.JWT_BEARER, {"assertion": assertion})


def build_refresh(refresh_token: str, client_id: str, client_secret: str | None) -> Request:
    """Ask for a token with a refresh token. The secret is needed if the app's settings say so."""
    secret = {} if client_secret is None else {"client_secret": client_secret}
    return _asking(Grant.REFRESH_TOKEN, {"refresh_token": refresh_token, "client_id": client_id, **secret})


def audience_of(url: str) -> str:
    """Name whom an assertion is for, by the address of an org: sandboxes are looked after by test.salesforce.com."""
    host = urlsplit(url).hostname or ""
    sandbox = host == "test.salesforce.com" or host.endswith(".sandbox.my.salesforce.com")
    return "https://test.salesforce.com" if sandbox else "https://login.salesforce.com"


def without_secrets(text: str) -> str:
    """Blot out access tokens of both kinds, opaque and JWT."""
    return _SECRET.sub("[token]", text)


def decipher(delivery: Delivery, login_url: str, grant: Grant = Grant.CLIENT_CREDENTIALS, now: datetime | None = None) -> Token:
    """Read the token, or say why there is none and what to do. With `now` a clock that is wrong is told, too.

    :raises AccessRefused: the org doesn't let this app in.
    :raises OrgUnavailable: it can't be told; later it may work.
    """
    match delivery:
        case Reply(HTTPStatus.OK, _, body):
            return _token(parsed(body), login_url)
        case Reply():
            raise _refusal(delivery, login_url, grant, now)
        case NotSent(reason) | NoReply(reason):
            raise OrgUnavailable(f"can't log in at {login_url}: {reason}; check org.url and the network")


def check(token: Token) -> Token:
    """Give the token back if it may be used.

    :raises AccessRefused: it can't stand in a header, or it would be sent where others can read it.
    """
    if _HEADER_SAFE.fullmatch(token.access_token) is None:
        raise AccessRefused("the access token is empty, or has characters that no token has: copy it again, as one line")
    if _ADDRESS_OF_ORG.fullmatch(token.instance_url) is None:
        raise AccessRefused(f"the token is for {token.instance_url!r}, which is not an https:// address: it is not sent there")
    return token


def _asking(grant: Grant, more: Mapping[str, str]) -> Request:
    form = urlencode({"grant_type": grant.value, **more}).encode()
    content_type = {"Content-Type": "application/x-www-form-urlencoded"}
    secrets = tuple(value for name, value in more.items() if name != "client_id")
    return Request("POST", "/services/oauth2/token", Purpose.LOGIN, form, content_type, secrets)


def _token(answer: Any, login_url: str) -> Token:
    match answer:
        case {"access_token": str(access_token), "instance_url": str(instance_url)}:
            fresh = answer.get("refresh_token")
            address = _at_the_same_port(instance_url.rstrip("/"), login_url)
            token = check(Token(access_token, address, fresh if isinstance(fresh, str) else None))
            if not _may_have_it(token.instance_url, login_url):
                raise AccessRefused(
                    f"{login_url} says that the org is at {token.instance_url}, which is neither Salesforce's nor the host of "
                    "org.url: the token is not sent there; check org.url"
                )
            return token
        case _:
            # What came isn't shown: it may hold a token.
            raise OrgUnavailable(f"can't log in at {login_url}: the reply holds no token; check that org.url is a Salesforce org")


def _at_the_same_port(instance_url: str, login_url: str) -> str:
    """Keep to the port of the login, if the org names its host without one: it asks for client certificates at 8443 only.

    https://help.salesforce.com/s/articleView?id=000383575
    """
    host, _, port = instance_url.removeprefix("https://").partition(":")
    return login_url if not port and host == urlsplit(login_url).hostname else instance_url


def _may_have_it(instance_url: str, login_url: str) -> bool:
    host = urlsplit(instance_url).hostname or ""
    return host == urlsplit(login_url).hostname or any(host.endswith(f".{domain}") for domain in _OF_THE_VENDOR)


def _refusal(reply: Reply, login_url: str, grant: Grant, now: datetime | None) -> TreeloadError:
    """Errors of this endpoint are one object: `{"error", "error_description"}`; the description may be missing."""
    answer = parsed(reply.body)
    code = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(code, str):
        return _no_answer(reply, login_url)
    description = answer.get("error_description")
    words = without_secrets(f"{clean(code)}: {clean(description)}" if isinstance(description, str) else clean(code))
    if code in _FOR_LATER:
        return OrgUnavailable(f"can't log in at {login_url} for now ({words}); try again later")
    return AccessRefused(f"can't log in at {login_url} ({words}); {advice(words, grant)}{_skew(reply, now)}")


def _skew(reply: Reply, now: datetime | None) -> str:
    """Say by how much this machine's clock is wrong, by the org's `Date`: an assertion holds for minutes only."""
    try:
        there = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return ""
    if now is None or there.tzinfo is None:
        return ""
    seconds = (now - there).total_seconds()
    if abs(seconds) <= _TOLERATED_SKEW:
        return ""
    return (
        f"; this machine's clock is {abs(seconds):,.0f} seconds {'ahead of' if seconds > 0 else 'behind'} the org's: set it right"
    )


def _no_answer(reply: Reply, login_url: str) -> TreeloadError:
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        return AccessRefused(f"can't log in at {login_url}: it sends elsewhere (HTTP {reply.status}); {MY_DOMAIN}")
    shown = without_secrets(excerpt(reply.body))
    return OrgUnavailable(f"can't log in at {login_url}: HTTP {reply.status}; {shown}; check org.url, or try later")
