"""Comparer: finds the rows that have the same key, before anything is sent.

Memory holds neither keys nor findings: both lie on disk, in heaps. A key's heap is given by its digest, so that rows with the
same key lie in one, and one heap at a time is compared: of 10 million keys some 40,000. A finding's heap is given by its
place, so that a block of rows finds its own without looking through the others.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import Struct

from pipeline.aside.heaps import Heaps
from pipeline.aside.notes import PLACE
from pipeline.model.row import AnyBlock, InputFile
from pipeline.stages.comparer.repeats import Repeats
from pipeline.stop import Stop

Digests = Callable[[InputFile, AnyBlock], Sequence[bytes]]
"""Makes a digest of the key of each row; an empty one of a row that has none."""

_KEY = Struct("<16sQ")
"""A digest and a place."""
_PLACE = Struct("<Q").pack


class Comparer:
    """Takes blocks of all files, in their order; then says which rows repeat others. Its files are gone with its process."""

    def __init__(self, digests: Digests, folder: Path, *, all_of_them: bool) -> None:
        """Compare by digests, with files in `folder`. With `all_of_them` the first row of several counts as a repeat, too."""
        self._digests = digests
        self._keys = Heaps(folder)
        self._repeats = Repeats(folder)
        self._all = all_of_them

    def close(self) -> None:
        """Give memory and disk back."""
        self._keys.close()
        self._repeats.close()

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Note the keys of a block.

        :raises JournalError: if the disk is full.
        """
        add, start = self._keys.add, file.number << PLACE
        for line, digest in zip(block.lines, self._digests(file, block), strict=True):
            if digest:
                add(digest[0], digest + _PLACE(start | line))

    async def repeats(self, stop: Stop) -> Repeats:
        """Compare what was taken, in a thread; incomplete if the run is stopped meanwhile."""
        for number in self._keys.numbers():
            if stop.pulled():
                break
            await asyncio.to_thread(self._compare, self._keys.heap(number))
        self._keys.close()
        return self._repeats

    def _compare(self, keys: bytes) -> None:
        firsts: dict[bytes, int] = {}
        add, first_of = self._repeats.add, firsts.setdefault
        repeated: set[int] = set()
        for digest, place in _KEY.iter_unpack(keys):
            first = first_of(digest, place)
            if first != place:
                add(place, first)
                if self._all and first not in repeated:
                    repeated.add(first)
                    add(first, place)
