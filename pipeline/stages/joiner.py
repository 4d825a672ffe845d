"""Joiner: finds the parent of each row of another file, before anything is sent.

Memory holds neither keys nor rows: keys lie on disk in heaps by their digest, the rows beside each other. One heap at a time
is matched, and what it shows is put aside by the place of the parent, so that a block of parents finds its children without
looking through the others.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from pipeline.aside.heaps import Heaps
from pipeline.aside.notes import PLACE, Notes, file_and_line
from pipeline.aside.spool import Spool
from pipeline.model.row import AnyBlock
from pipeline.stop import Stop

_PARENT = Struct("<16sQ")
"""A digest and a place."""
_CHILD = Struct("<16sQQQI")
"""A digest, a place, the offset in its file, and where the row was put aside, with its size."""
_PARENTS_TOGETHER = 7
"""Bits of a line: so few parents have their children in one heap that these take some MB of memory at most."""
_ROWS_TOGETHER = 14
"""Bits of a line: rows that can't be loaded are looked for in one heap."""

LeftOut = Callable[[int, int], bool]
"""Tells of a row, by file and line, whether another one stands for it."""


class Reason(IntEnum):
    """Why a row goes nowhere."""

    NO_KEY = 0
    NO_PARENT = 1
    SEVERAL = 2
    """Several rows have the key that some ask for."""
    TOO_LARGE = 3
    """More ask for one row than a request takes."""


class Child(NamedTuple):
    """A row that belongs to another one."""

    file: int
    line: int
    offset: int
    at: int
    """Where it was put aside ..."""
    size: int
    """... and how many bytes it has."""


class Wrong(NamedTuple):
    """What is wrong with a row, parent or child."""

    reason: Reason
    others: tuple[tuple[int, int], ...] = ()
    """File and line: of a child its parent, or two that could be; of a parent another one with its key."""
    children: int = 0
    """How many ask for the parent, where these are too many."""


@dataclass(slots=True)
class Tried:
    """How many rows had a key, and how many of these a parent."""

    keyed: int = 0
    found: int = 0


class Joiner:
    """Takes blocks of both sides, in the order of their files; then says which rows belong together."""

    def __init__(self, folder: Path, *, most: int) -> None:
        """Put aside in `folder`; of a parent's children there may be `most`."""
        self._most = most
        self._parents = Heaps(folder)
        self._children = Heaps(folder)
        self._rows = Spool(folder)
        self._below = Notes(folder, "QQQI", span=_PARENTS_TOGETHER)
        self._wrong = Notes(folder, "QQQB", span=_ROWS_TOGETHER)
        self.tried = Tried()

    def close(self) -> None:
        """Give memory and disk back."""
        for each in (self._parents, self._children, self._rows, self._below, self._wrong):
            each.close()

    def take_parents(self, file: int, lines: Sequence[int], digests: Sequence[bytes]) -> None:
        """Note the keys of rows that others may belong to; an empty digest is none.

        :raises JournalError: if the disk is full.
        """
        start = file << PLACE
        for line, digest in zip(lines, digests, strict=True):
            if digest:
                self._parents.add(digest[0], _PARENT.pack(digest, start | line))

    def take_children(self, file: int, block: AnyBlock, digests: Sequence[bytes]) -> None:
        """Put rows that belong to others aside.

        :raises JournalError: if the disk is full.
        """
        start, at = file << PLACE, self._rows.add(block.raw)
        for line, offset, raw, digest in zip(block.lines, block.offsets, block.raw, digests, strict=True):
            if digest:
                self._children.add(digest[0], _CHILD.pack(digest, start | line, offset, at, len(raw)))
            else:
                self._wrong.add(start | line, 0, 0, 0, Reason.NO_KEY)
            at += len(raw)

    async def match(self, stop: Stop, left_out: LeftOut) -> None:
        """Match what was taken, in a thread; incomplete if the run is stopped meanwhile."""
        self._rows.end()
        for number in self._children.numbers():
            if stop.pulled():
                break
            await asyncio.to_thread(self._match, number, left_out)
        self._parents.close()
        self._children.close()

    def below(self, file: int, lines: Sequence[int]) -> Mapping[int, Sequence[Child]]:
        """Return the children of rows, by position among these lines, in the order of their files."""
        found = self._below.among(file, lines)
        return {
            position: [Child(*file_and_line(place), offset, at, size) for place, offset, at, size in notes]
            for position, notes in found.items()
        }

    def counted(self, file: int, lines: Sequence[int]) -> list[int]:
        """Count the children of each of these rows."""
        return self._below.counts(file, lines)

    def raw(self, children: Sequence[Child]) -> list[bytes]:
        """Return the bytes of rows, as they stand in their file."""
        return self._rows.rows([(child.at, child.size) for child in children])

    def wrong(self, file: int, lines: Sequence[int]) -> Mapping[int, Wrong]:
        """Say which rows, parents or children, can't be loaded, by position among these lines."""
        return {position: _wrong(*notes[0]) for position, notes in self._wrong.among(file, lines).items()}

    def _match(self, number: int, left_out: LeftOut) -> None:
        asked = Counter(digest for digest, *_ in self._unpacked(number))
        found = _by_digest(self._parents.heap(number), asked)
        parent: dict[bytes, int] = {}
        for digest, places in found.items():
            candidates = [place for place in places if not left_out(*file_and_line(place))] if len(places) > 1 else places
            if len(candidates) > 1:
                found[digest] = candidates
                for place in candidates:
                    self._wrong.add(place, candidates[place == candidates[0]], 0, 0, Reason.SEVERAL)
            else:
                parent[digest] = (candidates or places)[0]
                if asked[digest] > self._most:
                    self._wrong.add(parent[digest], 0, 0, asked[digest], Reason.TOO_LARGE)
        self.tried.keyed += asked.total()
        self.tried.found += sum(asked[digest] for digest in found)
        for digest, place, offset, at, size in self._unpacked(number):
            if digest not in found:
                self._wrong.add(place, 0, 0, 0, Reason.NO_PARENT)
            elif digest not in parent:
                self._wrong.add(place, *found[digest][:2], 0, Reason.SEVERAL)
            elif asked[digest] > self._most:
                self._wrong.add(place, parent[digest], 0, asked[digest], Reason.TOO_LARGE)
            else:
                self._below.add(parent[digest], place, offset, at, size)

    def _unpacked(self, number: int) -> Iterator[tuple[bytes, int, int, int, int]]:
        """Yield the children of a heap, which are without number where they all ask for the same row."""
        for piece in self._children.pieces(number):
            yield from _CHILD.iter_unpack(piece)


def _by_digest(parents: bytes, asked: Mapping[bytes, int]) -> dict[bytes, list[int]]:
    """Find the places of the rows that somebody asks for."""
    found: dict[bytes, list[int]] = {}
    for digest, place in _PARENT.iter_unpack(parents):
        if digest in asked:
            found.setdefault(digest, []).append(place)
    return found


def _wrong(one: int, other: int, count: int, reason: int) -> Wrong:
    return Wrong(Reason(reason), tuple(map(file_and_line, filter(None, (one, other)))), count)


def cut(counts: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Cut rows with so many children each into portions that have `most` together, or one row: where each begins and ends."""
    start = together = 0
    for at, count in enumerate(counts):
        if together and together + count > most:
            yield start, at
            start, together = at, 0
        together += count
    yield start, len(counts)
