"""Addresses of files that lie elsewhere: `s3://bucket/exports/*.csv`, `sftp://user@host/exports/people.csv`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PLACES: Mapping[str, str] = {
    "s3": r"(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*|arn:[A-Za-z0-9:-]+)",
    "sftp": r"((?P<user>[^@:/]+)@)?(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?",
}
_FORMS: Mapping[str, str] = {
    "s3": "s3://bucket/folder/file",
    "sftp": "sftp://user@host/folder/file (user@ and a :port may be left out)",
}
_SECRETS: Mapping[str, str] = {
    "s3": "keys are found where AWS's tools look for them: AWS_ACCESS_KEY_ID and its like, or ~/.aws",
    "sftp": "keys are found where ssh looks for them: ~/.ssh, or an agent",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a file is, or files are whose names match."""

    scheme: str
    """`s3` or `sftp`."""
    place: str
    """What stands before the path: `s3://`, `sftp://user@host:22`. What has the same is reached by one connection."""
    path: str
    """As the place has it: `bucket/folder/file`, `/folder/file`."""
    host: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        return self.place + self.path


def is_remote(name: str) -> bool:
    """Tell an address from a path."""
    return _SCHEME.match(name) is not None


def address_of(name: str) -> Address:
    """Take an address apart.

    :raises ValueError: if it is none that can be read. What was given isn't repeated: there may be a secret in it.
    """
    scheme, _, rest = name.partition("://")
    scheme = scheme.lower()
    if scheme not in _PLACES:
        raise ValueError(_unknown(scheme))
    where, slash, path = rest.partition("/")
    found = re.fullmatch(_PLACES[scheme], where)
    if found is None and re.search("[:@]", where):
        raise ValueError(f"must not hold a secret, for addresses stand in reports: {_SECRETS[scheme]}")
    if found is None or not path or path.endswith("/"):
        raise ValueError(f"must be {_FORMS[scheme]}")
    parts = found.groupdict()
    port = parts.get("port")
    if scheme == "s3":
        return Address(scheme, "s3://", rest, parts["host"])
    return Address(
        scheme, f"sftp://{where}", slash + path, parts["host"].strip("[]"), parts["user"], None if port is None else int(port)
    )


def _unknown(scheme: str) -> str:
    if scheme == "file":
        return "must be written without file:// if it is on this machine"
    near = get_close_matches(scheme, _PLACES, 1)
    return "must be a path, or an address that begins with s3:// or sftp://" + (f"; did you mean {near[0]}://?" if near else "")
