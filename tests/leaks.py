"""What the secrets of this suite look like, to look for them wherever its commands leave something."""

import re
from collections.abc import Iterator
from pathlib import Path

SHAPES = re.compile(
    rb"00D\w{12,15}![\w.]{20,}"  # access tokens of the embedded org,
    rb"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"  # those that are JWTs, and signed assertions,
    rb"|5Aep861[\w.]{20,}"  # its refresh tokens,
    rb"|PRIVATE KEY-----(?:\\n|\s)+[A-Za-z0-9+/]{16,}"  # keys,
    rb"|(?i:s3cret)",  # and what tests make up
    re.ASCII,
)
_LEFT_BEHIND = frozenset({"state", "reports", ".treeload", "var", ".local"})
"""Folders in which commands leave journals, reports and lists."""


def leaks(content: bytes) -> list[bytes]:
    """List what looks like a secret; only the beginnings, for they go into a report themselves."""
    return [found[0][:12] for found in SHAPES.finditer(content)]


def leaks_below(folder: Path) -> Iterator[tuple[Path, list[bytes]]]:
    """Look into all that commands have left in the folders of tests."""
    for path in folder.rglob("*"):
        left = not _LEFT_BEHIND.isdisjoint(path.relative_to(folder).parts) and path.is_file() and not path.is_symlink()
        if left and (found := leaks(path.read_bytes())):
            yield path, found
