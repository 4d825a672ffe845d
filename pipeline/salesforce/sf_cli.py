"""What the Salesforce CLI says of an org that it is logged in to, as JSON.

Newer ones hide the token in `sf org display`, and show it by a command of its own.
https://developer.salesforce.com/docs/atlas.en-us.sfdx_cli_reference.meta/sfdx_cli_reference/cli_reference_org_commands_unified.htm
"""

from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import AccessRefused
from pipeline.salesforce import oauth
from pipeline.salesforce.errors import clean, parsed
from pipeline.salesforce.oauth import Token

NOT_INSTALLED = (
    "the Salesforce CLI (sf) is not installed, or not on PATH: install it (npm install --global @salesforce/cli), "
    "or choose another org.auth.kind"
)
_LONGEST = 200


def display(target_org: str) -> tuple[str, ...]:
    """Give the arguments that ask for address and status, and of older CLIs for the token."""
    return "org", "display", "--json", "--target-org", target_org


def show_token(target_org: str) -> tuple[str, ...]:
    """Give the arguments that ask for the token; by `--json` it asks nobody whether it may."""
    return "org", "auth", "show-access-token", "--json", "--target-org", target_org


def decipher_display(output: bytes, target_org: str, org_url: str) -> Token | None:
    """Read the token; None if this CLI hides it.

    :raises AccessRefused: there is none, or it is of another org than `org_url`.
    """
    match _result(output, target_org, org_url):
        case {"instanceUrl": str(address), **more}:
            if urlsplit(address).hostname != urlsplit(org_url).hostname:
                raise AccessRefused(
                    f"the Salesforce CLI's {target_org} is at {clean(address)}, and org.url says {org_url}: correct one of them"
                )
            if "RefreshTokenAuthError" in str(more.get("connectedStatus")):
                raise _logged_out(target_org, org_url)
            token = more.get("accessToken")
            hidden = not isinstance(token, str) or token.startswith("[REDACTED]")
            return None if hidden else oauth.check(Token(str(token), org_url))
        case _:
            raise _odd(target_org)


def decipher_token(output: bytes, target_org: str, org_url: str) -> Token:
    """Read the token.

    :raises AccessRefused: there is none.
    """
    match _result(output, target_org, org_url):
        case {"accessToken": str(token)}:
            return oauth.check(Token(token, org_url))
        case _:
            raise _odd(target_org)


def stale(target_org: str, org_url: str) -> AccessRefused:
    """Say that the CLI has no other token than one that is no longer good."""
    return _logged_out(target_org, org_url)


def _result(output: bytes, target_org: str, org_url: str) -> Any:
    match parsed(output):
        case {"status": 0, "result": result}:
            return result
        case {"name": "NamedOrgNotFoundError"}:
            raise AccessRefused(
                f"the Salesforce CLI knows no org {target_org}: correct org.auth.target_org (see `sf org list`), "
                f"or log in: sf org login web --alias {target_org} --instance-url {org_url}"
            )
        case {"name": str(name), "message": str(message)}:
            words = oauth.without_secrets(f"{clean(name)}: {clean(message)}")[:_LONGEST]
            if "expired access/refresh token" in message or name == "RefreshTokenAuthError":
                raise _logged_out(target_org, org_url)
            raise AccessRefused(f"the Salesforce CLI gives no token of {target_org} ({words}); try: sf org display")
        case _:
            raise _odd(target_org)


def _logged_out(target_org: str, org_url: str) -> AccessRefused:
    return AccessRefused(
        f"the Salesforce CLI's login to {target_org} has expired: sf org login web --alias {target_org} --instance-url {org_url}"
    )


def _odd(target_org: str) -> AccessRefused:
    """Blame the answer without showing it: it may hold a token."""
    return AccessRefused(
        f"the Salesforce CLI's answer about {target_org} is not understood; try: sf org display --target-org {target_org}, "
        "and update it (sf update)"
    )
