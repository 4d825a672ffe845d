"""What to do about an error of the token endpoint, by the way of logging in.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
"""

from enum import StrEnum


class Grant(StrEnum):
    """Ways of logging in, as the form names them (`grant_type`)."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a name


MY_DOMAIN = "this flow works on the org's own My Domain only: set org.url to https://<your domain>.my.salesforce.com"
_CHECK_ID = "check org.auth.client_id: it is the consumer key of the app, and a new app takes some minutes until it is known"
_CHECK_SECRET = "check org.auth.client_id and org.auth.client_secret: they are the app's consumer key and secret"  # noqa: S105 - advice
_ENABLE_FLOW = (
    "let an administrator enable this flow in the app's OAuth settings (the client credentials flow has its own switch)"
)
_RUN_AS = "let an administrator choose a run-as user in the client credentials flow of the app's policies"
_USER = "let an administrator check the user (org.auth.username, or the app's run-as user): it must be active, with API access"
_ADDRESS = "let an administrator allow this machine's address: the app's policies or the user's profile restrict addresses"
_APPROVE = "let an administrator approve the app for the user: permitted users and profiles or permission sets of its policies"
_INSTALL = (
    "let an administrator install or unblock the app in this org: Connected Apps OAuth Usage in Setup, "
    "or the External Client App Manager"
)
_REFRESH = (
    "the refresh token was revoked, replaced or has run out (the sixth approval of an app by the same user revokes the first): "
    "authorise the app anew and put the new one where it is read"
)
_ASSERTION = (
    "check that org.auth.private_key belongs to the certificate that was uploaded to the app, and org.auth.client_id and username"
)
_AUDIENCE = (
    "set org.auth.audience: https://login.salesforce.com for production, https://test.salesforce.com for a sandbox, "
    "or the org's My Domain"
)
_EXPIRED_ASSERTION = "the assertion counts as expired: set this machine's clock right"
_PASSWORD = "the user's password, security token or a second factor stands in the way: choose a login without password"  # noqa: S105 - advice

_SIGNS = (
    ("no client credentials user", _RUN_AS),
    ("not supported on this domain", MY_DOMAIN),
    ("hasn't approved this consumer", _APPROVE),
    ("not admin approved", _APPROVE),
    ("invalid_app_access", _APPROVE),
    ("app_not_found", _INSTALL),
    ("app_blocked", _INSTALL),
    ("not installed in this org", _INSTALL),
    ("must be installed", _INSTALL),
    ("audience validation failed", _AUDIENCE),
    ("audience is invalid", _AUDIENCE),
    ("invalid assertion", _ASSERTION),
    ("invalid_assertion", _ASSERTION),
    ("assertion is not valid", _ASSERTION),
    ("expired authorization code", _EXPIRED_ASSERTION),
    ("assertion has expired", _EXPIRED_ASSERTION),
    ("expired access/refresh token", _REFRESH),
    ("invalid refresh token", _REFRESH),
    ("token validity expired", _REFRESH),
    ("ip restricted or invalid login hours", f"{_ADDRESS}, or its hours"),
    ("ip restricted", _ADDRESS),
    ("ip not allowed", _ADDRESS),
    (
        "login during restricted",
        "the user's profile allows no login at this hour: run at another, or let an administrator change it",
    ),
    ("invalid_client_id", _CHECK_ID),
    ("invalid_client", _CHECK_SECRET),
    ("unsupported_grant_type", _ENABLE_FLOW),
    ("inactive_user", _USER),
    ("inactive user", _USER),
    ("user is inactive", _USER),
    ("inactive_org", "the org is closed or suspended; ask its administrator"),
    ("org is inactive", "the org is closed or suspended; ask its administrator"),
    ("password", _PASSWORD),
    ("multi-factor", _PASSWORD),
    ("mfa", _PASSWORD),
)
"""What an error says, in code or text; the first that fits counts."""

_OTHERWISE = {
    Grant.CLIENT_CREDENTIALS: f"{_CHECK_SECRET}, and {_USER}",
    Grant.JWT_BEARER: f"{_ASSERTION}; {_APPROVE}",
    Grant.REFRESH_TOKEN: f"{_REFRESH}; {_CHECK_ID}",
}


def advice(words: str, grant: Grant) -> str:
    """Say what to do about an error, by its code and text."""
    text = words.lower()
    return next((what for sign, what in _SIGNS if sign in text), _OTHERWISE[grant])
