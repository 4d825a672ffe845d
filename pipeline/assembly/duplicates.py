"""Which rows of a run's files repeat others, as its survey asks."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from pipeline.assembly.way import Around, Way
from pipeline.assembly.work import Import
from pipeline.mapping.duplicates import Keys, without_repeats
from pipeline.model.made import Make
from pipeline.model.row import AnyBlock, InputFile
from pipeline.stages.comparer import Comparer
from pipeline.stages.comparer.repeats import Repeats
from pipeline.stages.reporter.results import shown_names
from pipeline.stop import Stop


class Duplicates:
    """A question of a survey. The answer needs it open as long as rows are mapped."""

    def __init__(self, work: Import, folder: Path, stop: Stop) -> None:
        """Settle which columns make the key.

        :raises UsageError: if a CSV file doesn't have them.
        """
        self._work = work
        self._stop = stop
        self._rules = work.settings.duplicates
        self._names = shown_names(work.main)
        self._keys = Keys(self._rules, work.main)
        self._repeats: Repeats | None = None
        self._comparer = Comparer(self._keys.digests, folder, all_of_them=self._rules.keep == "none")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._comparer.close()

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Note the keys of a block; rows that belong to others are compared with none."""
        if not file.joined:
            self._comparer.take(file, block)

    async def answered(self, way: Way) -> Way:
        """Let rows that repeat others be faults of the mapping.

        :raises UsageError: if no row of a file with JSON rows has the keys.
        """
        for file in self._work.main:
            self._keys.check(file)
        repeats = self._repeats = await self._comparer.repeats(self._stop)
        main = [file.number for file in self._work.main]
        return replace(way, around={file: self._around(repeats, file, way.around.get(file)) for file in main})

    def left_out(self, file: int, line: int) -> bool:
        """Tell of a row whether an earlier one stands for it, once that is answered."""
        return self._rules.keep == "first" and self._repeats is not None and bool(self._repeats.among(file, [line]))

    def _around(self, repeats: Repeats, file: int, inner: Around | None) -> Around:
        def once(make: Make) -> Make:
            return without_repeats(inner(make) if inner else make, self._rules, partial(self._located, repeats, file))

        return once

    def _located(self, repeats: Repeats, file: int, lines: Sequence[int]) -> dict[int, str]:
        found = repeats.among(file, lines).items()
        return {at: f"line {line}" + f" of {self._names[other]}" * (len(self._names) > 1) for at, (other, line) in found}
