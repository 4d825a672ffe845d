"""What no value of a configuration shows by itself: settings that don't go together, or that need another."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pipeline.config.mistakes import Mistake
from pipeline.config.org_address import EMBEDDED, LOGIN_HOSTS
from pipeline.config.values import NO_OBJECT

_LARGEST = 2**63
_BOUND_TO_THE_ORG = frozenset({"access_token", "client_credentials", "sf_cli"})
"""Ways to log in that know the org by its address only."""
_OF_TLS = ("ca_file", "client_certificate", "client_key")


def contradictions(tree: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find them in a tree whose values nobody has looked at yet."""
    yield from _of_the_job(_table(tree, "job"))
    org = _table(tree, "org")
    if isinstance(url := org.get("url"), str):
        yield from _of_the_address(url, org)
    if bool(org.get("client_certificate")) != bool(org.get("client_key")):
        missing = "client_key" if org.get("client_certificate") else "client_certificate"
        yield Mistake(("org", missing), "is required: a client certificate and its key go together")
    for field, value in _table(_table(tree, "mapping"), "constants").items():
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            yield Mistake(("mapping", "constants", field), "is too large for a number: write it as text, in quotes")


def _of_the_job(job: Mapping[str, Any]) -> Iterator[Mistake]:
    inputs = job.get("input", [])
    named = [inputs] if isinstance(inputs, str) else inputs if isinstance(inputs, list) else []
    if job.get("object") == "":
        yield Mistake(("job", "object"), NO_OBJECT)
    elif "object" not in job and named and not any(str(name).lower().endswith(".json") for name in named):
        yield Mistake(("job", "object"), "is required")


def _of_the_address(url: str, org: Mapping[str, Any]) -> Iterator[Mistake]:
    if url == EMBEDDED and "auth" in org:
        yield Mistake(("org", "auth"), "must be left out: the embedded org needs no login")
    if url.startswith("http") and "auth" not in org:
        yield Mistake(("org", "auth"), 'is required for a real org: add [org.auth] with its kind, such as "client_credentials"')
    if url.startswith("http") and org.get("learn"):
        yield Mistake(("org", "learn"), "must be left out: only the embedded org learns objects and fields from data")
    if not url.lower().startswith("https://"):
        for setting in _OF_TLS:
            if org.get(setting):
                yield Mistake(("org", setting), "must be left out: only an org at https:// is reached by TLS")
    if _host(url) in LOGIN_HOSTS and _table(org, "auth").get("kind") in _BOUND_TO_THE_ORG:
        yield Mistake(
            ("org", "url"), 'must be the org\'s My Domain for this way of logging in: "https://example.my.salesforce.com"'
        )


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:  # its own check says so
        return None


def _table(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return table if isinstance(table := tree.get(key), dict) else {}
