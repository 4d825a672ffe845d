"""Globs over folders that are only known by listing them; they mean what they mean on this machine's disks.

fsspec's own take a folder that can't be listed for an empty one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import has_magic

List = Callable[[str], Sequence["Entry"]]
"""Lists a folder by its path; nothing is in one that isn't there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds."""

    name: str
    is_folder: bool


def matching(pattern: str, listed: List) -> list[str]:
    """Find the paths that match, by name. `**` is any number of folders; names with a dot before are hidden."""
    *above, last = pattern.split("/")
    fixed = next((place for place, part in enumerate(above) if has_magic(part)), len(above))
    root = "/".join(above[:fixed])
    return sorted(set(_below(root, [*above[fixed:], last], listed)))


def _below(folder: str, parts: Sequence[str], listed: List) -> Iterator[str]:
    part, *rest = parts
    if part == "**":
        if rest:
            yield from _below(folder, rest, listed)
        for entry in _visible(folder, listed):
            if entry.is_folder:
                yield from _below(f"{folder}/{entry.name}", parts, listed)
            elif not rest:
                yield f"{folder}/{entry.name}"
        return
    for entry in listed(folder or "/"):
        hidden = entry.name.startswith(".") and not part.startswith(".")
        if fnmatchcase(entry.name, part) and not hidden:
            path = f"{folder}/{entry.name}"
            if not rest:
                yield path
            elif entry.is_folder:
                yield from _below(path, rest, listed)


def _visible(folder: str, listed: List) -> list[Entry]:
    return [entry for entry in listed(folder or "/") if not entry.name.startswith(".")]
