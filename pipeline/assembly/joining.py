"""Which rows of joined files belong to which rows of the others, as a run's survey asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from pipeline.assembly.joined import Matched, aside, portions, with_children
from pipeline.assembly.joins import Join
from pipeline.assembly.way import Way
from pipeline.assembly.work import Import
from pipeline.errors import InputError
from pipeline.mapping.duplicates import DuplicateRules, Keys
from pipeline.model.made import Make
from pipeline.model.row import AnyBlock, InputFile
from pipeline.stages.joiner import Joiner, LeftOut
from pipeline.stages.reporter.results import shown_names
from pipeline.stop import Stop

FEWEST = 10
"""Rows with a key of which at least one must have a parent; of fewer, each is told by itself."""


class _Side:
    """The files of one side of a join, and the columns of its key there."""

    def __init__(self, join: Join, side: int, files: Sequence[InputFile]) -> None:
        self.files = {file.number: file for file in files}
        columns = tuple(pair[side] for pair in join.columns)
        self.keys = Keys(DuplicateRules(columns=columns), files, where=join.where)

    def named(self) -> str:
        return ", ".join(file.path for file in self.files.values())


class Joining:
    """A question of a survey. The answer needs it open as long as rows are mapped."""

    def __init__(self, work: Import, way: Way, folder: Path, stop: Stop, left_out: LeftOut) -> None:
        """Settle which columns make the keys; `left_out` tells of rows for which others stand.

        :raises UsageError: if a CSV file doesn't have them.
        """
        self._work = work
        self._stop = stop
        self._left_out = left_out
        mine = [file for file in work.main if work.object_of(file).lower() == work.settings.job.object.lower()]
        self._parents = {join.name: _Side(join, 1, mine) for join in way.joins}
        self._children = {
            join.name: _Side(join, 0, [file for file in work.files if file.number in join.children]) for join in way.joins
        }
        most = work.settings.send.chunk_records - 1
        self._joiners = {join.name: Joiner(folder, most=most) for join in way.joins}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for joiner in self._joiners.values():
            joiner.close()

    def take(self, file: InputFile, block: AnyBlock) -> None:
        """Note the keys of a block, and put rows aside that belong to others."""
        for name, joiner in self._joiners.items():
            parents, children = self._parents[name], self._children[name]
            if file.number in parents.files:
                joiner.take_parents(file.number, block.lines, parents.keys.digests(file, block))
            elif file.number in children.files:
                joiner.take_children(file.number, block, children.keys.digests(file, block))

    async def answered(self, way: Way) -> Way:
        """Let rows that belong together be made together.

        :raises UsageError: if no row of a file with JSON rows has the keys.
        :raises InputError: if no row has found its parent, so that the wrong columns must be named.
        """
        for side in (*self._parents.values(), *self._children.values()):
            for file in side.files.values():
                side.keys.check(file)
        matched = []
        for join in way.joins:
            joiner = self._joiners[join.name]
            await joiner.match(self._stop, self._left_out)
            if joiner.tried.keyed >= FEWEST and not joiner.tried.found and not self._stop.pulled():
                raise InputError(self._none(join, joiner.tried.keyed))
            matched.append(self._matched(join, joiner))
        parents = {number for side in self._parents.values() for number in side.files}
        parted = {number: partial(portions, number, joins=matched) for number in parents}
        return replace(way, together=partial(_together, way, matched, parents), portions=parted)

    def _matched(self, join: Join, joiner: Joiner) -> Matched:
        settings = self._work.settings
        names = shown_names(self._work.files)
        return Matched(join, joiner, self._children[join.name].files, names, settings.read, settings.send.chunk_records)

    def _none(self, join: Join, keyed: int) -> str:
        pairs = " and ".join(f"{theirs!r} = {ours!r}" for theirs, ours in join.columns)
        return (
            f"{join.where}: none of the {keyed:,} rows of {self._children[join.name].named()} belongs to a row of "
            f"{self._parents[join.name].named()}, so nothing was sent: compare the columns ({pairs}); their texts must be "
            "the same, with leading zeros and blanks"
        )


def _together(way: Way, joins: Sequence[Matched], parents: set[int], made: Mapping[int, Make]) -> Mapping[int, Make]:
    """Let the makers of several files work together."""
    whole = dict(made)
    for matched in joins:
        for number in matched.join.children:
            whole[number] = aside(number, made[number], matched, way.kinds[number].own.describe.name)
    for number in parents:
        whole[number] = with_children(number, made[number], [*_with_makes(joins, made)])
    return whole


def _with_makes(joins: Sequence[Matched], made: Mapping[int, Make]) -> Iterator[tuple[Matched, Mapping[int, Make]]]:
    for matched in joins:
        yield matched, {number: made[number] for number in matched.join.children}
