"""The reader: from a file to blocks of rows on a channel."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from pipeline.channel import Channel
from pipeline.errors import ExitCode, InputError, InputUnavailable
from pipeline.formats.backslashes import Doubling
from pipeline.formats.csv_rows import CsvReading
from pipeline.formats.encoding import find_encoding
from pipeline.formats.head import HEAD, file_format, holds_rows, read_head, rowless
from pipeline.formats.json_array import ArrayReading
from pipeline.formats.json_lines import JsonReading
from pipeline.formats.rules import ReadRules
from pipeline.formats.text import Text, decoding
from pipeline.formats.unpacking import packing_of, unpacking
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.run import ReadCounts
from pipeline.model.tally import Tally
from pipeline.sources.opening import opened
from pipeline.sources.source import Source, changed
from pipeline.stop import Stop

AnyReading = CsvReading | JsonReading | ArrayReading

CHUNK = 1_048_576
"""Bytes that are read at once."""
PART = 65_536
"""Bytes that become blocks at once: so few that they and their rows stay in the processor's cache."""


def inspect(path: Path | str, number: int, rules: ReadRules) -> InputFile:
    """Say what a file is before anything is sent: its digest, its format, its columns.

    Raises InputError if it is missing or no file, can't be opened, has no rows (unless the rules allow that), isn't what its
    name says, or has a header that can't be used.
    """
    name = str(path)
    with opened(name) as source:
        kind = file_format(name, rules)
        digest = hashlib.sha256()
        chunks = _chunks(source, name, digest.update)
        start = next(chunks, b"")
        packing = packing_of(name, start)
        unpacked = Text(*unpacking(packing, name, rules.max_ratio)).of(chain([start], chunks))
        start = _first(unpacked, HEAD)
        encoding = find_encoding(name, start, rules.encoding, whole=len(start) < HEAD)
        text = Text(*decoding(encoding)).of(chain([start], unpacked))
        start, following = _first(text, HEAD), next(text, b"")
        head = read_head(name, kind, start, replace(rules, encoding=encoding), whole=not following)
        if not rules.allow_empty and not holds_rows(kind, chain([start[head.size :], following], text)):
            raise InputError(f"{name}: {rowless(kind, head, len(start))}; set read.allow_empty if that is fine")
        for _ in chain(unpacked if packing else (), chunks):
            pass  # to its end, so that nothing is sent from a file that is broken further down
    return InputFile(
        number,
        name,
        kind,
        source.size,
        digest.hexdigest(),
        head.delimiter,
        rules.quote,
        head.columns,
        packing=packing,
        encoding=encoding,
        backslashes=head.escape == "backslash",
        corrected=head.corrected,
        nested=head.nested,
        version=source.version,
    )


def _chunks(source: Source, name: str, look: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield all bytes of a file; each chunk is looked at, too."""
    offset = 0
    while chunk := source.read(offset, CHUNK):
        offset += len(chunk)
        look(chunk)
        yield chunk
    if offset != source.size:
        raise InputError(f"{name}: changes while it is read; start again once it is complete")


def _first(pieces: Iterator[bytes], size: int) -> bytes:
    """Take at least so many bytes, if there are."""
    taken = bytearray()
    for piece in pieces:
        taken += piece
        if len(taken) >= size:
            break
    return bytes(taken)


def extent(file: InputFile, rules: ReadRules) -> tuple[int, int]:
    """Say how many rows a file has at most, by its line ends (of an array by its commas), and how many bytes of text.

    That takes a tenth of reading it. Raises InputError if it can't be opened.
    """
    marks = (b",",) if file.format == "json" else (b"\n", b"\r")
    text = Text(*unpacking(file.packing, file.path, rules.max_ratio), *decoding(file.encoding))
    rows, size = 1, 0
    with opened(file.path) as source:
        for piece in text.of(_chunks(source, file.path, lambda _: None)):
            rows += sum(map(piece.count, marks))
            size += len(piece)
    return rows, size


class Reader:
    """Reads files: their bytes in a thread, so that the loop never waits for a disk, and the rows out of them in the loop.

    Rows that were made in another thread would come out of the other processor's cache, which costs more than it saves.
    """

    def __init__(self, rules: ReadRules, tally: Tally, stop: Stop, *, in_order: bool = False) -> None:
        """With `in_order` a place that can't be reached any more stops the run as a signal does, and is no error."""
        self._rules = rules
        self._tally = tally
        self._stop = stop
        self._in_order = in_order

    async def run(self, file: InputFile, out: Channel[tuple[InputFile, AnyBlock]]) -> ReadCounts:
        """Put the blocks of a file on the channel, which stays open; return between two of them if the run is stopped.

        Raises InputError if the file isn't the one that was inspected, or changes while it is read.
        """
        source = _Source(file)
        text, reading = self._text(file), self._reading(file)
        counts = _Counts()
        chunk = None
        while chunk != b"":
            try:
                chunk = await asyncio.to_thread(source.read)
            except InputUnavailable as error:
                if not self._in_order:
                    raise
                self._stop.pull(str(error), ExitCode.RESUMABLE)
                return counts.read(complete=False)
            for block in self._blocks(text, reading, chunk):
                if self._stop.pulled():
                    return counts.read(complete=False)
                await out.put((file, block))
                counts.add(block)
                self._tally.rows_read += len(block.rows)
        return counts.read(complete=True)

    def _text(self, file: InputFile) -> Text:
        doubling = [Doubling(file.delimiter, file.quote)] if file.backslashes else []
        return Text(*unpacking(file.packing, file.path, self._rules.max_ratio), *decoding(file.encoding), *doubling)

    def _reading(self, file: InputFile) -> AnyReading:
        rules = replace(self._rules, delimiter=file.delimiter, encoding=file.encoding)
        if file.format == "csv":
            return CsvReading(file.columns, rules, corrected=file.corrected)
        return JsonReading(rules) if file.format == "jsonl" else ArrayReading(rules)

    def _blocks(self, text: Text, reading: AnyReading, chunk: bytes) -> Iterator[AnyBlock]:
        """Yield the blocks of a chunk; an empty one is the file's end."""
        for start in range(0, len(chunk), PART):
            part = chunk[start : start + PART]
            self._tally.bytes_read += len(part)
            for piece in text.feed(part):
                yield from reading.feed(piece)
        if not chunk:
            for piece in text.end():
                yield from reading.feed(piece)
            yield from reading.end()


class _Source:
    """The bytes of a file. It is open only while it is read, so nothing is left open when a run ends early."""

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self._offset = 0

    def read(self) -> bytes:
        """Return the next chunk, an empty one at the end. Raises InputError if the file has changed."""
        with opened(self._file.path) as source:
            if (source.size, source.version) != (self._file.size, self._file.version):
                raise changed(self._file.path)
            chunk = source.read(self._offset, CHUNK)
        self._offset += len(chunk)
        if not chunk and self._offset != self._file.size:
            raise changed(self._file.path)
        return chunk


@dataclass(slots=True)
class _Counts:
    """What was put on the channel."""

    blank: int = 0
    unreadable: int = 0
    rows: int = 0

    def add(self, block: AnyBlock) -> None:
        self.blank += block.blank
        self.unreadable += len(block.unreadable)
        self.rows += len(block.rows)

    def read(self, *, complete: bool) -> ReadCounts:
        return ReadCounts(self.blank + self.unreadable + self.rows, self.blank, self.unreadable, self.rows, complete)
