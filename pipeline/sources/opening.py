"""Any file: found by what was written, opened by the name that stands in reports."""

import glob
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.errors import InputError, UsageError
from pipeline.sources.address import Address, address_of, is_remote
from pipeline.sources.disk import opened_here
from pipeline.sources.source import Source


def opened(name: str) -> AbstractContextManager[Source]:
    """Open a file for reading. Raises InputError if it isn't there, is no file or can't be read, now or later."""
    if not is_remote(name):
        return opened_here(Path(name))
    from pipeline.sources.elsewhere import opened_there  # noqa: PLC0415 - files on this machine need none of it

    return opened_there(address_of(name))


def found(pattern: str) -> list[str]:
    """Find the files that a path, a glob or an address means, by name.

    :raises UsageError: if it is an address that can't be read.
    :raises InputError: if a glob matches nothing, or a folder can't be listed.
    """
    names = _found_there(pattern) if is_remote(pattern) else _found_here(pattern)
    if not names:
        raise InputError(f"{pattern}: matches no file")
    return names


def _found_here(pattern: str) -> list[str]:
    paths = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207 - absolute patterns
    return [str(Path(path).absolute()) for path in paths]


def _found_there(pattern: str) -> list[str]:
    try:
        address: Address = address_of(pattern)
    except ValueError as error:
        raise UsageError(f"the address of an input file {error}") from None
    if not glob.has_magic(address.path):
        return [str(address)]
    from pipeline.sources.elsewhere import found_there  # noqa: PLC0415 - files on this machine need none of it

    return found_there(address)
