"""Records into chunks: as many as fit, by count, by bytes and by types, in their order."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from pipeline.model.record import Chunk, Kin

ENVELOPE = 32
"""Bytes that a payload has beside its records and the two between each of them."""
MOST_TYPES = MOST_LEVELS = 5
"""Objects that the records of one tree request may be of, and levels that they may hang under each other.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm
"""

HOW_TO_LOAD_IT = " (mapping.large_families says whether it may go in parts)"
"""Said of families that a request doesn't take."""


class Load(NamedTuple):
    """Records, their bytes in a payload, and the objects that they are of."""

    records: int
    size: int
    types: AbstractSet[str]


class Packer:
    """Fills one chunk after the other with rows of one file that become records of one object."""

    def __init__(self, file: int, object_name: str = "", *, most_records: int, most_bytes: int) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes - ENVELOPE
        self._file = file
        self._object = object_name
        self._open = self._fresh()
        self._size = 0
        self._count = 0
        self._types = {object_name}

    @property
    def load(self) -> Load:
        """What is open."""
        return Load(self._count, self._size, self._types)

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
        keys: Sequence[tuple[bytes, ...]] = (),
    ) -> Iterator[Chunk]:
        """Take in rows without kin, each of which `fits`; yield the chunks that are full, with number 0."""
        start = 0
        while start < len(records):
            stop, size = self._reach(records, start)
            if stop > start:
                self._open.lines += lines[start:stop]
                self._open.offsets += offsets[start:stop]
                self._open.references += references[start:stop]
                self._open.records += records[start:stop]
                self._open.sources += sources[start:stop]
                self._open.keys.update(*keys[start:stop])
                self._size += size
                self._count += stop - start
                if self._open.kin:
                    self._open.kin += [()] * (stop - start)
            if stop < len(records) or self._count == self._most_records:
                yield from self.flush()
            start = stop

    def add_family(
        self,
        line: int,
        offset: int,
        reference: str,
        record: bytes,
        source: bytes,
        kin: tuple[Kin, ...],
        keys: tuple[bytes, ...] = (),
    ) -> Iterator[Chunk]:
        """Take in one row with what hangs under its record, which `fits` and is no larger than a request may be."""
        types = self._types | {one.object for one in kin}
        size = len(record) + 2
        full = self._count + 1 + len(kin) > self._most_records or self._size + size > self._most_bytes
        if full or len(types) > MOST_TYPES:
            yield from self.flush()
            types = {self._object, *(one.object for one in kin)}
        chunk = self._open
        if kin and not chunk.kin:
            chunk.kin = [()] * len(chunk)
        chunk.lines.append(line)
        chunk.offsets.append(offset)
        chunk.references.append(reference)
        chunk.records.append(record)
        chunk.sources.append(source)
        if chunk.kin or kin:
            chunk.kin.append(kin)
        chunk.keys.update(keys)
        self._size += size
        self._count += 1 + len(kin)
        self._types = types
        if self._count == self._most_records:
            yield from self.flush()

    def take_in(self, other: "Packer") -> bool:
        """Take in all that is open in another packer of the same file and object, if there is room for it."""
        load = other.load
        records, size, types = self._count + load.records, self._size + load.size, self._types | load.types
        if records > self._most_records or size > self._most_bytes or len(types) > MOST_TYPES:
            return False
        self._count, self._size, self._types = records, size, types
        for chunk in other.flush():
            self._open.take_in(chunk)
        return True

    def flush(self) -> Iterator[Chunk]:
        """Yield what is open, if anything is."""
        if len(self._open):
            yield self._open
            self._open = self._fresh()
            self._size = self._count = 0
            self._types = {self._object}

    def _fresh(self) -> Chunk:
        return Chunk(0, self._file, [], [], [], [], [], object=self._object)

    def _reach(self, records: Sequence[bytes], start: int) -> tuple[int, int]:
        """Tell up to where the open chunk can take records, and their bytes."""
        stop = min(start + self._most_records - self._count, len(records))
        size = sum(map(len, records[start:stop])) + 2 * (stop - start)
        while self._size + size > self._most_bytes:
            stop -= 1
            size -= len(records[stop]) + 2
        return stop, size


def leftovers(packers: Iterable[Packer]) -> Iterator[Chunk]:
    """Yield what is open in packers of one file and object: each as a whole, and as many together as fit, the largest first.

    Of two chunks that are left the later holds something that had no room in the earlier.
    """
    chunks: list[Packer] = []
    for packer in sorted(packers, key=lambda one: -one.load.records):
        if not any(chunk.take_in(packer) for chunk in chunks):
            chunks.append(packer)
    for chunk in chunks:
        yield from chunk.flush()
