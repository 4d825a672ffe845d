"""The reader: from a file on disk to blocks of rows on a channel."""

import asyncio
import difflib
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
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
from pipeline.model.run import ReadCounts
from pipeline.model.tally import Tally
from pipeline.stop import Stop

CHUNK = 262_144
"""Bytes a read: fits the processor's cache, and a block is no larger."""


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
    return InputFile(number, name, kind, size, digest, rules.delimiter, rules.quote, head.columns, head.corrected)


class Reader:
    """Reads files block by block, each block in a thread, so that the loop never waits for the disk."""

    def __init__(self, rules: ReadRules, tally: Tally, stop: Stop) -> None:
        self._rules = rules
        self._tally = tally
        self._stop = stop

    async def run(self, file: InputFile, out: Channel[tuple[InputFile, AnyBlock]]) -> ReadCounts:
        """Put the blocks of a file on the channel, which stays open; end between two of them if the run is stopped.

        Raises InputError if the file isn't the one that was inspected, or changes while it is read.
        """
        blocks = self._blocks(file)
        blank = unreadable = rows = 0
        complete = False
        while not (complete or self._stop.pulled()):
            block = await asyncio.to_thread(next, blocks, None)
            if block is None:
                complete = True
                continue
            await out.put((file, block))
            blank += block.blank
            unreadable += len(block.unreadable)
            rows += len(block.rows)
            self._tally.rows_read += len(block.rows)
        blocks.close()  # only here: cancelled, the thread may still be at work in it
        return ReadCounts(blank + unreadable + rows, blank, unreadable, rows, complete)

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
