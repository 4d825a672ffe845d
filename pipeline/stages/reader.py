"""The reader: from a file on disk to blocks of rows on a channel."""

import asyncio
import difflib
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import FileIO
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pipeline.channel import Channel
from pipeline.errors import InputError
from pipeline.formats import csv_rows, json_lines
from pipeline.formats.head import HEAD, file_format, holds_rows, read_head, rowless
from pipeline.formats.rules import ReadRules
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.tally import Tally

CHUNK = 262_144
"""Bytes a read: fits the processor's cache, and a block is no larger."""


@dataclass(frozen=True, slots=True)
class FileBlock:
    """A block, and the file that it comes from."""

    file: InputFile
    block: AnyBlock


@dataclass(frozen=True, slots=True)
class LinesRead:
    """What was read of a file. A CSV row that spans several physical lines is one line here; the header is none."""

    blank: int = 0
    unreadable: int = 0
    rows: int = 0
    complete: bool = False
    """The end of the file was reached."""

    @property
    def lines(self) -> int:
        """All of them."""
        return self.blank + self.unreadable + self.rows

    def with_block(self, block: AnyBlock) -> "LinesRead":
        """Count a block in."""
        return LinesRead(
            self.blank + block.blank, self.unreadable + len(block.unreadable), self.rows + len(block.rows), self.complete
        )


def inspect(path: Path, number: int, rules: ReadRules) -> InputFile:
    """Say what a file is before anything is sent: its digest, its format, its columns.

    Raises InputError if it is missing or no file, can't be opened, has no rows (unless the rules allow that), isn't what its
    name says, or has a header that can't be used.
    """
    name = str(path)
    with _opened(path) as file:
        kind = file_format(name, rules)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        head = read_head(name, kind, file.read(HEAD), rules, whole=size <= HEAD)
        file.seek(head.size)
        if not rules.allow_empty and not holds_rows(kind, iter(partial(file.read, CHUNK), b"")):
            raise InputError(f"{name}: {rowless(head, size)}; set read.allow_empty if that is fine")
    return InputFile(number, name, kind, size, digest, head.columns, head.corrected)


class Reader:
    """Reads files, one after another, in a thread of its own."""

    def __init__(self, rules: ReadRules, tally: Tally, stop: asyncio.Event) -> None:
        self._rules = rules
        self._tally = tally
        self._stop = stop

    async def run(self, file: InputFile, out: Channel[FileBlock]) -> LinesRead:
        """Put all blocks of a file on the channel, which stays open; return early if `stop` is set.

        Raises InputError if the file isn't the one that was inspected, or changes while it is read.
        """
        blocks = self._blocks(file)
        read = LinesRead()
        while not self._stop.is_set():
            block = await asyncio.to_thread(next, blocks, None)  # cancelled, it leaves the file to the thread: no `finally`
            if block is None:
                return replace(read, complete=True)
            await out.put(FileBlock(file, block))
            self._tally.rows_read += len(block.rows)
            read = read.with_block(block)
        blocks.close()
        return read

    def _blocks(self, file: InputFile) -> Generator[AnyBlock, None, None]:
        chunks = self._chunks(file)
        if file.format == "csv":
            yield from csv_rows.read(chunks, file.columns, self._rules, corrected=file.corrected)
        else:
            yield from json_lines.read(chunks, self._rules)

    def _chunks(self, file: InputFile) -> Iterator[bytes]:
        """Read the bytes of a file, which must not change meanwhile."""
        with _opened(Path(file.path)) as source:
            before = os.fstat(source.fileno())
            size = 0
            while chunk := source.read(CHUNK):
                size += len(chunk)
                self._tally.bytes_read += len(chunk)
                yield chunk
            after = os.fstat(source.fileno())
        if not before.st_size == after.st_size == size == file.size or before.st_mtime_ns != after.st_mtime_ns:
            raise InputError(f"{file.path}: changed while it was read; wait until it is complete, and start again")


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    """Open a file for reading; whatever the system says against that, now or later, is an InputError."""
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            raise InputError(f"{path}: is {'a folder' if S_ISDIR(mode) else 'no regular file'}; give a file")
        with path.open("rb", buffering=0) as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"{path}: not found{_nearest(path)}") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None


def _nearest(path: Path) -> str:
    """Name what was probably meant."""
    if not path.parent.is_dir():
        return f": there is no folder {path.parent}"
    names = [entry.name for entry in path.parent.iterdir()]
    return "".join(f"; did you mean {name}?" for name in difflib.get_close_matches(path.name, names, 1))
