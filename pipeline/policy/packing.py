"""Records into chunks: as many as fit, by count and by bytes, in their order."""

from collections.abc import Iterator, Sequence

from pipeline.model.record import Chunk

ENVELOPE = 32
"""Bytes that a payload has beside its records and the two between each of them."""


class Packer:
    """Fills one chunk after the other with the rows of one file."""

    def __init__(self, file: int, *, most_records: int, most_bytes: int) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes - ENVELOPE
        self._file = file
        self._open = self._fresh()
        self._size = 0

    def fits(self, record: bytes) -> bool:
        """Tell whether a record fits into a chunk at all."""
        return len(record) + 2 <= self._most_bytes

    def add(
        self,
        lines: Sequence[int],
        offsets: Sequence[int],
        references: Sequence[str],
        records: Sequence[bytes],
        sources: Sequence[bytes],
    ) -> Iterator[Chunk]:
        """Take in rows, each of which `fits`; yield the chunks that are full, with number 0."""
        start = 0
        while start < len(records):
            stop, size = self._reach(records, start)
            if stop > start:
                self._open.lines += lines[start:stop]
                self._open.offsets += offsets[start:stop]
                self._open.references += references[start:stop]
                self._open.records += records[start:stop]
                self._open.sources += sources[start:stop]
                self._size += size
            if stop < len(records) or len(self._open) == self._most_records:
                yield from self.flush()
            start = stop

    def flush(self) -> Iterator[Chunk]:
        """Yield what is open, if anything is."""
        if len(self._open):
            yield self._open
            self._open = self._fresh()
            self._size = 0

    def _fresh(self) -> Chunk:
        return Chunk(number=0, file=self._file, lines=[], offsets=[], records=[], sources=[], references=[])

    def _reach(self, records: Sequence[bytes], start: int) -> tuple[int, int]:
        """Tell up to where the open chunk can take records, and their bytes."""
        stop = min(start + self._most_records - len(self._open), len(records))
        size = sum(map(len, records[start:stop])) + 2 * (stop - start)
        while self._size + size > self._most_bytes:
            stop -= 1
            size -= len(records[stop]) + 2
        return stop, size
