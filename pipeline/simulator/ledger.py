"""What was really created, altered and deleted, one JSON line a transaction: the org's memory on disk, and the tests' evidence.

A line is written with one call before its request is answered. A kill leaves at most a torn last line, whose request was never
answered; it is cut away when the ledger is opened again.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_WINDOW = 1 << 16
_CLOSED = -1
_BEGINNING = b'{"time":"'


@dataclass(slots=True)
class Entry:
    """A record as it was created: `fields` in the org's own names, without nulls and without what the org adds on reading."""

    object: str
    id: str
    referenceId: str | None  # noqa: N815 - the vendor's word, and the key in the line
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Alteration:
    """What is new in a record that was there already; a field that was emptied is null."""

    object: str
    id: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that was deleted; `erased` is one that isn't in the bin either."""

    object: str
    id: str
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """What one request did: `records` are those created, all at `time` (ISO 8601, UTC, milliseconds)."""

    time: str
    request: int
    """The org's running number of metered requests: this one's."""
    path: str
    records: tuple[Entry, ...] = ()
    updated: tuple[Alteration, ...] = ()
    deleted: tuple[Deletion, ...] = ()

    def objects(self) -> Iterator[tuple[str, str]]:
        """List the object and the id of all that it did something to."""
        for changes in (self.records, self.updated, self.deleted):
            yield from [(change.object, change.id) for change in changes]


class Ledger:
    """A file that transactions are appended to. Close it when the org is closed."""

    def __init__(self, path: Path) -> None:
        """Open or create the file (mode 0600) and cut a torn last line away.

        Raises OSError for what isn't a regular file, ValueError for a file that isn't a ledger; neither is touched.
        """
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._look()
            os.fchmod(self._file, 0o600)
            os.ftruncate(self._file, self._whole_lines())
        except BaseException:
            os.close(self._file)
            raise

    def append(self, transaction: Transaction) -> None:
        """Write one line with one call. Raises OSError, and leaves no half line, if the disk doesn't take all of it."""
        line = orjson.dumps(_members(transaction), option=orjson.OPT_APPEND_NEWLINE)
        size = os.fstat(self._file).st_size
        if os.write(self._file, line) != len(line):
            os.ftruncate(self._file, size)
            raise OSError(f"{self._path}: the disk took only part of a line; nothing was created")

    def close(self) -> None:
        """Close the file; what is appended afterwards is an OSError."""
        if self._file != _CLOSED:
            os.close(self._file)
            self._file = _CLOSED

    def _look(self) -> None:
        """Make sure that the file is ours to change."""
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise OSError(f"{self._path}: not a regular file: a ledger needs one")
        beginning = os.pread(self._file, len(_BEGINNING), 0)
        if not _BEGINNING.startswith(beginning):
            raise ValueError(f"{self._path}: not a ledger: name a new file, or one that an embedded org has written")

    def _whole_lines(self) -> int:
        """Count the bytes up to and with the last line end, reading from behind."""
        end = os.fstat(self._file).st_size
        while end:
            start = max(0, end - _WINDOW)
            found = os.pread(self._file, end - start, start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return 0


def read(path: Path) -> Iterator[Transaction]:
    """Read a ledger, also one that is being written: a last line without its end is left out. Raises ValueError."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return  # what comes next would be its other half
            yield _transaction(line, f"{path}: line {number}")


def _members(transaction: Transaction) -> dict[str, Any]:
    """Write down what there is: most transactions only create."""
    written = {"time": transaction.time, "request": transaction.request, "path": transaction.path, "records": transaction.records}
    if transaction.updated:
        written["updated"] = transaction.updated
    if transaction.deleted:
        written["deleted"] = transaction.deleted
    return written


def _transaction(line: bytes, where: str) -> Transaction:
    try:
        read = orjson.loads(line)
        records = tuple(Entry(**entry) for entry in read["records"])
        updated = tuple(Alteration(**change) for change in read.get("updated", ()))
        deleted = tuple(Deletion(**change) for change in read.get("deleted", ()))
        return Transaction(read["time"], read["request"], read["path"], records, updated, deleted)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{where}: not a transaction of an embedded org: name another ledger") from error
