"""Describes kept on disk, as the org sent them: for checks without a network, and for rehearsals in the embedded org."""

import os
from contextlib import suppress
from pathlib import Path

from pipeline.assembly.access import creatable
from pipeline.errors import UsageError
from pipeline.model.describe import Describe
from pipeline.salesforce import describe as describing
from pipeline.salesforce.errors import parsed


def keep(path: Path, content: bytes) -> None:
    """Write a describe, for its owner only (0600); it takes its name when it is whole.

    :raises UsageError: if it can't be written there.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: the describe can't be kept there ({error.strerror}): choose a place with --out") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def kept(path: Path, object_name: str | None) -> Describe:
    """Read a describe that was kept, of an object whose records can be created.

    :raises UsageError: as `read_kept`; also if this user can't create them.
    """
    return creatable(read_kept(path, object_name))


def read_kept(path: Path, object_name: str | None) -> Describe:
    """Read a describe that was kept, of this object if one is named.

    :raises UsageError: if it can't be read, is none, or is that of another object.
    """
    try:
        described = describing.read(parsed(path.read_bytes()))
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror}): `treeload describe` makes it") from error
    if described is None:
        raise UsageError(f"{path}: is not the describe of an object: `treeload describe` makes one")
    if object_name is not None and described.name.lower() != object_name.lower():
        raise UsageError(f"{path}: is the describe of {described.name}, and job.object is {object_name}")
    return described
