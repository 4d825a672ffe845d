"""The address of an org, and which one was meant: what stands in a browser's address bar is seldom where the API is.

https://help.salesforce.com/s/articleView?id=xcloud.domain_name_app_url_changes.htm
"""

import re

EMBEDDED = "embedded"
"""The url of the org that is part of the program."""
_ADDRESS = r"(https?)://([A-Za-z0-9.-]+|\[::1\])(:[0-9]{1,5})?/?"
_WITH_MORE = rf"{_ADDRESS}([/?#].*)?"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SHOWN = (
    (r"(.+)\.lightning\.force\.com", ".my.salesforce.com"),
    (r"(.+)\.my\.salesforce-setup\.com", ".my.salesforce.com"),
    (r"([^.]+)--\w+((?:\.\w+)?)\.vf\.force\.com", ".my.salesforce.com"),
    (r"(.+)\.file\.force\.com", ".my.salesforce.com"),
    (r"(.+)\.lightning\.crmforce\.mil", ".my.salesforce.mil"),
    (r"(.+)\.(?:lightning|my)\.sfcrmapps\.cn", ".my.sfcrmproducts.cn"),
)
"""Hosts that show an org to people, and how the host of its API ends instead."""
LOGIN_HOSTS = frozenset({"login.salesforce.com", "test.salesforce.com"})
"""They know users by name, but are no org."""


def address_of(text: str) -> str:
    """Give the address as scheme, host and port, without what says nothing; or `embedded`.

    :raises ValueError: it is no address of an org's API. The text is repeated only where it is known to be one of an org.
    """
    if text == EMBEDDED:
        return text
    found = re.fullmatch(_WITH_MORE, text, re.IGNORECASE)
    if found is None:
        raise ValueError('must be "embedded" or https:// and the name of a host: "https://example.my.salesforce.com"')
    scheme, host, port = found[1].lower(), found[2].lower(), found[3] or ""
    if (meant := _meant(host)) is not None:
        raise ValueError(f'must be the org\'s My Domain: write "https://{meant}"; what a browser shows is no address of the API')
    if scheme == "http" and host not in _LOOPBACK:
        raise ValueError("must begin with https://: over http:// anybody on the way can read the token")
    if found[4]:
        raise ValueError('must end with the name of the host: "https://example.my.salesforce.com", without what follows it')
    return f"{scheme}://{host}{port}"


def _meant(host: str) -> str | None:
    """Name the host of the API of an org that has this one for people."""
    for shown, ending in _SHOWN:
        if found := re.fullmatch(shown, host):
            return "".join(part or "" for part in found.groups()) + ending
    return None
