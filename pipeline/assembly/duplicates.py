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
        self._names = shown_names(work.files)
        self._keys = Keys(self._rules, work.files)
        self._comparer = Comparer(self._keys.digests, folder, all_of_them=self._rules.keep == "none")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._comparer.close()

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Note the keys of a block."""
        self._comparer.take(file, block)

    async def answered(self, way: Way) -> Way:
        """Let rows that repeat others be faults of the mapping.

        :raises UsageError: if no row of a file with JSON rows has the keys.
        """
        for file in self._work.files:
            self._keys.check(file)
        repeats = await self._comparer.repeats(self._stop)
        return replace(way, around={file: self._around(repeats, file, way.around.get(file)) for file in way.kinds})

    def _around(self, repeats: Repeats, file: int, inner: Around | None) -> Around:
        def once(make: Make) -> Make:
            return without_repeats(inner(make) if inner else make, self._rules, partial(self._located, repeats, file))

        return once

    def _located(self, repeats: Repeats, file: int, lines: Sequence[int]) -> dict[int, str]:
        found = repeats.among(file, lines).items()
        return {at: f"line {line}" + f" of {self._names[other]}" * (len(self._names) > 1) for at, (other, line) in found}
