"""Which org it is, and whether people work in it: by its address where that tells, otherwise by its record in Organization.

https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_organization.htm
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

QUESTION = "SELECT Name, IsSandbox, TrialExpirationDate, OrganizationType FROM Organization"
_HERE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
_FOR_TRYING = re.compile(r"https://[a-z0-9-]+\.(sandbox|scratch|develop|demo|patch|trailblaze)\.my\.salesforce\.com")
"""Addresses of orgs of which the vendor says what they are for; sandboxes with enhanced domains always have such a one."""
_DEVELOPERS = "Developer Edition"


@dataclass(frozen=True, slots=True)
class Organization:
    """An org as it speaks of itself."""

    name: str
    edition: str
    production: bool
    """It is no sandbox, no scratch org, no trial and no Developer Edition; or it doesn't say so."""


UNKNOWN = Organization("", "", production=True)
"""An org that doesn't say what it is."""


def for_trying(url: str) -> bool:
    """Tell by its address alone that an org is none in production. On this machine (http://) there are pretended orgs only."""
    return _HERE.fullmatch(url) is not None or _FOR_TRYING.fullmatch(url) is not None


def organization(records: Iterable[Mapping[str, Any]]) -> Organization:
    """Read the one record that the question brings. What isn't said is not taken for a sandbox.

    A scratch org is a sandbox with a date of expiry, a paid org has none.
    """
    for record in records:
        name, edition = record.get("Name"), record.get("OrganizationType")
        tried = record.get("IsSandbox") is True or bool(record.get("TrialExpirationDate")) or edition == _DEVELOPERS
        return Organization(_printed(name), _printed(edition), production=not tried)
    return UNKNOWN


def _printed(text: object) -> str:
    return "".join(character for character in text if character.isprintable()) if isinstance(text, str) else ""
