"""The token endpoint: logging in as the run-as user of a connected app (OAuth 2.0 client credentials).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from pipeline.errors import AccessRefused, OrgUnavailable, TreeloadError
from pipeline.model.wire import Delivery, NoReply, NotSent, Purpose, Reply, Request
from pipeline.salesforce.errors import clean, excerpt, parsed

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_ADDRESS_OF_ORG = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)

_MY_DOMAIN = "this flow works on the org's own My Domain only: set org.url to https://<your domain>.my.salesforce.com"
_CHECK_ID = "check org.auth.client_id: it is the consumer key of the app"
_CHECK_SECRET = "check org.auth.client_id and org.auth.client_secret: they are the app's consumer key and secret"  # noqa: S105 - advice
_ENABLE_FLOW = "let an administrator enable the client credentials flow in the app's OAuth settings"
_RUN_AS = "let an administrator choose a run-as user in the client credentials flow of the app's policies"
_USER = "let an administrator check the app's run-as user: it must be active, with API access"
_ADDRESS = "let an administrator allow this machine's address: the app's policies or the user's profile restrict addresses"
_APPROVE = "let an administrator approve the app for the run-as user"

_WHAT_TO_DO = (
    ("no client credentials user", _RUN_AS),
    ("not supported on this domain", _MY_DOMAIN),
    ("ip restricted", _ADDRESS),
    ("ip not allowed", _ADDRESS),
    ("invalid_client_id", _CHECK_ID),
    ("invalid_client", _CHECK_SECRET),
    ("unsupported_grant_type", _ENABLE_FLOW),
    ("invalid_app_access", _APPROVE),
    ("not admin approved", _APPROVE),
    ("inactive_user", _USER),
    ("inactive_org", "the org is closed or suspended; ask its administrator"),
)
"""What an error says, in code or text, and what to do about it; the first that fits counts.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
"""

_FOR_LATER = frozenset({"rate_limit_exceeded", "server_error", "temporarily_unavailable", "unknown_error"})


@dataclass(frozen=True, slots=True)
class Token:
    """What opens the org, and the address where it does."""

    access_token: str = field(repr=False)
    instance_url: str
    """Scheme, host and port, without a slash at the end."""


def build(client_id: str, client_secret: str) -> Request:
    """Ask for a token. The request goes to the org's My Domain, not to login.salesforce.com."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    content_type = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", "/services/oauth2/token", Purpose.LOGIN, urlencode(form).encode(), content_type)


def decipher(delivery: Delivery, login_url: str) -> Token:
    """Read the token, or say why there is none and what to do.

    :raises AccessRefused: the org doesn't let this app in.
    :raises OrgUnavailable: it can't be told; later it may work.
    """
    match delivery:
        case Reply(HTTPStatus.OK, _, body):
            return _token(parsed(body), login_url)
        case Reply():
            raise _refusal(delivery, login_url)
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


def _token(answer: Any, login_url: str) -> Token:
    match answer:
        case {"access_token": str(access_token), "instance_url": str(instance_url)}:
            return check(Token(access_token, instance_url.rstrip("/")))
        case _:
            # What came isn't shown: it may hold a token.
            raise OrgUnavailable(f"can't log in at {login_url}: the reply holds no token; check that org.url is a Salesforce org")


def _refusal(reply: Reply, login_url: str) -> TreeloadError:
    """Errors of this endpoint are one object: `{"error", "error_description"}`; the description may be missing."""
    answer = parsed(reply.body)
    code = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(code, str):
        return _no_answer(reply, login_url)
    description = answer.get("error_description")
    words = f"{clean(code)}: {clean(description)}" if isinstance(description, str) else clean(code)
    if code in _FOR_LATER:
        return OrgUnavailable(f"can't log in at {login_url} for now ({words}); try again later")
    advice = next((advice for sign, advice in _WHAT_TO_DO if sign in words.lower()), f"{_CHECK_SECRET}, and {_USER}")
    return AccessRefused(f"can't log in at {login_url} ({words}); {advice}")


def _no_answer(reply: Reply, login_url: str) -> TreeloadError:
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        return AccessRefused(f"can't log in at {login_url}: it sends elsewhere (HTTP {reply.status}); {_MY_DOMAIN}")
    return OrgUnavailable(f"can't log in at {login_url}: HTTP {reply.status}; {excerpt(reply.body)}; check org.url, or try later")
