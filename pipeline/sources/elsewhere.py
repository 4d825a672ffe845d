"""Files that lie elsewhere, in S3 or behind SFTP: the door of fsspec and its back ends, which are extras.

Credentials are found where fsspec and the back ends look for them: the environment, ~/.config/fsspec, ~/.aws, ~/.ssh. The
host's key must be known, as for `ssh`. Each answer is a request of its own, so that nothing is left open; connections are kept.

https://filesystem-spec.readthedocs.io/en/latest/
"""

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from pipeline.errors import InputError, TreeloadError, UsageError
from pipeline.sources.address import Address
from pipeline.sources.complaints import complaint
from pipeline.sources.pattern import Entry, matching
from pipeline.sources.source import changed

T = TypeVar("T")

_PATIENCE = 30.0
"""Seconds to wait for a connection over SFTP; S3's back end has limits of its own."""
_CONNECTIONS: dict[str, Any] = {}
"""Connections of this process, by place."""


class RemoteFile:
    """A file as it was when it was looked up; it must still be the same after each reading."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self.size, self.version = self._state()

    def read(self, offset: int, size: int) -> bytes:
        """Return so many bytes from an offset on, or fewer; none only at the end.

        :raises InputError: if the file isn't the one that was opened any more, so that no bytes of another are taken for its own.
        """
        chunk = _asked(self._address, lambda there: self._part(there, offset, size))
        if self._state() != (self.size, self.version) or (not chunk and offset < self.size):
            raise changed(str(self._address))
        return chunk

    def _part(self, there: Any, offset: int, size: int) -> bytes:
        # Its size is known, so S3 isn't asked for it; and nothing is read ahead, for nothing stays open.
        with there.open(self._address.path, "rb", cache_type="none", size=self.size) as file:
            file.seek(offset)
            return bytes(file.read(size))

    def _state(self) -> tuple[int, str]:
        state = _asked(self._address, lambda there: there.info(self._address.path))
        if state["type"] == "directory":
            raise InputError(f"{self._address}: is a folder; give a file")
        return int(state["size"]), str(state.get("ETag") or state.get("mtime") or state.get("LastModified"))


@contextmanager
def opened_there(address: Address) -> Iterator[RemoteFile]:
    """Look a file up. Raises InputError if it isn't there or can't be read; InputUnavailable if its place can't be reached."""
    yield RemoteFile(address)


def found_there(address: Address) -> list[str]:
    """Find the files whose names match, in the order of their names.

    :raises InputError: if a folder can't be listed: files that can't be seen must not be files that aren't there.
    """

    def listed(folder: str) -> list[Entry]:
        return _asked(address, lambda there: _listed(there, folder), missing=[])

    return [address.place + path for path in matching(address.path, listed)]


def _listed(there: Any, folder: str) -> list[Entry]:
    inside = folder.rstrip("/") + "/"
    entries = [(str(entry["name"]).rstrip("/"), entry["type"] == "directory") for entry in there.ls(folder, detail=True)]
    return [Entry(name.removeprefix(inside), is_folder) for name, is_folder in entries if name.startswith(inside)]


def _asked(address: Address, question: Callable[[Any], T], *, missing: T | None = None) -> T:
    """Ask a place. Over an old connection, which may have been cut meanwhile, it is asked twice."""
    try:
        return _answer(address, question)
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise InputError(f"{address}: not found{_nearest(address)}") from None
    except TreeloadError:
        raise
    except Exception as error:  # noqa: BLE001 - back ends raise what they like, and it stops here
        raise complaint(address, error) from None


def _answer(address: Address, question: Callable[[Any], T]) -> T:
    if (there := _CONNECTIONS.get(address.place)) is not None:
        try:
            return question(there)
        except (FileNotFoundError, PermissionError):
            raise
        except Exception:  # noqa: BLE001 - back ends raise what they like; the second answer counts
            del _CONNECTIONS[address.place]
    there = _CONNECTIONS[address.place] = _connected(address)
    return question(there)


def _connected(address: Address) -> Any:
    """Reach a place. Raises UsageError if what that takes isn't installed."""
    try:
        import_module({"s3": "s3fs", "sftp": "sshfs"}[address.scheme])
        from fsspec import get_filesystem_class  # noqa: PLC0415 - an extra

        kind = get_filesystem_class(address.scheme)
    except ImportError:
        raise UsageError(
            f"{address}: what reads {address.scheme}:// is not installed: pip install 'treeload[{address.scheme}]'"
        ) from None
    if address.scheme == "s3":
        return kind(use_listings_cache=False, skip_instance_cache=True)
    login = {"username": address.user, "port": address.port}
    try:
        return kind(
            address.host,
            known_hosts=(),  # those of ~/.ssh: without it, sshfs trusts whoever answers
            connect_timeout=_PATIENCE,
            login_timeout=_PATIENCE,
            keepalive_interval=_PATIENCE / 2,
            skip_instance_cache=True,
            **{name: value for name, value in login.items() if value is not None},
        )
    except FileNotFoundError as error:  # a key's, and not that of the file that is to be read
        raise InputError(f"{address}: can't be read: a file of the login isn't there ({error}): look at ~/.ssh/config") from None


def _nearest(address: Address) -> str:
    """Name what was probably meant."""
    folder, _, name = address.path.rpartition("/")
    try:
        names = [entry.name for entry in _listed(_CONNECTIONS[address.place], folder or "/")]
    except Exception:  # noqa: BLE001 - it is only a hint
        names = []
    near = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {near[0]}?" if near else "; check the address"
