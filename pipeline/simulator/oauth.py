"""Logging in with the client credentials flow, and asking who one is.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_userinfo_endpoint.htm
"""

import base64
import secrets
from typing import Any
from urllib.parse import parse_qsl

from pipeline.simulator.org import ORG_ID, USER_ID, USERNAME, Org
from pipeline.simulator.wire import Answer, Call

_SIGNATURE_BYTES = 32


def token(org: Org, call: Call) -> Answer:
    """Hand out a token for client id and secret, sent in the form or by HTTP Basic."""
    form = dict(parse_qsl(call.body.decode(errors="replace")))
    if form.get("grant_type") != "client_credentials":
        return _refused("unsupported_grant_type", "grant type not supported")
    client_id, client_secret = _basic(call) or (form.get("client_id", ""), form.get("client_secret", ""))
    if client_id != org.client_id:
        return _refused("invalid_client_id", "client identifier invalid")
    if not secrets.compare_digest(client_secret.encode(), org.client_secret.encode()):
        return _refused("invalid_client", "invalid client credentials")
    return Answer(200, _granted(org, call), {"Cache-Control": "no-store"})


def identity(_org: Org, call: Call) -> Answer:
    """Say who is asking: of /services/oauth2/userinfo and of the identity address."""
    who = {"user_id": USER_ID, "organization_id": ORG_ID, "preferred_username": USERNAME, "username": USERNAME}
    more = {"name": "Embedded Importer", "display_name": "Embedded Importer", "email": USERNAME, "active": True}
    urls = {"rest": f"{call.base}/services/data/v{{version}}/", "query": f"{call.base}/services/data/v{{version}}/query/"}
    address = f"{call.base}/id/{ORG_ID}/{USER_ID}"
    return Answer(200, {"id": address, "sub": address, **who, **more, "urls": urls, "user_type": "STANDARD"})


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


def _basic(call: Call) -> tuple[str, str] | None:
    scheme, _, given = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, client_secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return client_id, client_secret


def _refused(error: str, description: str) -> Answer:
    return Answer(400, {"error": error, "error_description": description})
