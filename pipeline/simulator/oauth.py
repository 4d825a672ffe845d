"""The token endpoint, with three flows: client credentials, JWT bearer and refresh token; and who one is.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
"""

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from pipeline.simulator import assertions
from pipeline.simulator.org import ORG_ID, USER_ID, USERNAME, Org
from pipeline.simulator.wire import Answer, Call

_SIGNATURE_BYTES = 32


class _Refused(Exception):
    """The two words of an error, as this endpoint says them."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.answer = Answer(400, {"error": error, "error_description": description})


def token(org: Org, call: Call) -> Answer:
    """Hand out a token by the flow that the form names. Id and secret may be in the form, or come by HTTP Basic."""
    form = dict(parse_qsl(call.body.decode(errors="replace")))
    if (given := _basic(call)) is not None:
        form |= given
    flow = _FLOWS.get(form.get("grant_type", ""), _unsupported)
    try:
        more = flow(org, form, call.base)
    except _Refused as refused:
        return refused.answer
    return Answer(200, {**_granted(org, call), **more}, {"Cache-Control": "no-store"})


def identity(_org: Org, call: Call) -> Answer:
    """Say who is asking: of /services/oauth2/userinfo and of the identity address."""
    who = {"user_id": USER_ID, "organization_id": ORG_ID, "preferred_username": USERNAME, "username": USERNAME}
    more = {"name": "Embedded Importer", "display_name": "Embedded Importer", "email": USERNAME, "active": True}
    urls = {"rest": f"{call.base}/services/data/v{{version}}/", "query": f"{call.base}/services/data/v{{version}}/query/"}
    address = f"{call.base}/id/{ORG_ID}/{USER_ID}"
    return Answer(200, {"id": address, "sub": address, **who, **more, "urls": urls, "user_type": "STANDARD"})


def _unsupported(_org: Org, _form: Mapping[str, str], _base: str) -> dict[str, Any]:
    raise _Refused("unsupported_grant_type", "grant type not supported")


def _client_credentials(org: Org, form: Mapping[str, str], _base: str) -> dict[str, Any]:
    _check_app(org, form.get("client_id"))
    _check_secret(org, form.get("client_secret", ""))
    return {}


def _jwt_bearer(org: Org, form: Mapping[str, str], base: str) -> dict[str, Any]:
    assertion = form.get("assertion", "")
    try:
        claims = assertions.claims_of(assertion)
    except ValueError:
        raise _Refused("invalid_grant", "invalid assertion") from None
    _check_app(org, claims.get("iss"))
    expiry, now = claims.get("exp"), org.now().timestamp()
    if not assertions.is_signed(assertion, org.app.certificate) or not isinstance(expiry, int) or expiry > now + assertions.LIFE:
        raise _Refused("invalid_grant", "invalid assertion")
    if expiry <= now:
        raise _Refused("invalid_grant", "expired authorization code")
    if not assertions.is_for(claims.get("aud"), base):
        raise _Refused("invalid_grant", "audience is invalid")
    if claims.get("sub") != USERNAME:
        raise _Refused("invalid_grant", "user hasn't approved this consumer")
    return {}


def _refresh(org: Org, form: Mapping[str, str], _base: str) -> dict[str, Any]:
    _check_app(org, form.get("client_id"))
    if "client_secret" in form:
        _check_secret(org, form["client_secret"])
    try:
        fresh = org.app.use(form.get("refresh_token", ""))
    except KeyError:
        raise _Refused("invalid_grant", "expired access/refresh token") from None
    return {} if fresh is None else {"refresh_token": fresh}


_FLOWS: Mapping[str, Callable[[Org, Mapping[str, str], str], dict[str, Any]]] = {
    "client_credentials": _client_credentials,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
    "refresh_token": _refresh,
}
"""Each refuses, or gives what its answer has more than others."""


def _check_app(org: Org, client_id: object) -> None:
    if client_id != org.app.client_id:
        raise _Refused("invalid_client_id", "client identifier invalid")


def _check_secret(org: Org, secret: str) -> None:
    if not secrets.compare_digest(secret.encode(), org.app.client_secret.encode()):
        raise _Refused("invalid_client", "invalid client credentials")


def _granted(org: Org, call: Call) -> dict[str, Any]:
    return {
        "access_token": org.login(),
        "signature": base64.b64encode(secrets.token_bytes(_SIGNATURE_BYTES)).decode(),
        "scope": "api",
        "instance_url": call.base,
        "id": f"{call.base}/id/{ORG_ID}/{USER_ID}",
        "token_type": "Bearer",
        "issued_at": str(int(org.now().timestamp() * 1000)),
    }


def _basic(call: Call) -> dict[str, str] | None:
    scheme, _, given = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, client_secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return {"client_id": "", "client_secret": ""}
    return {"client_id": client_id, "client_secret": client_secret}
