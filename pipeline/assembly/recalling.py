"""Rows read a second time: what was sent for them, to be held against what the org has."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from pipeline.assembly.way import Way
from pipeline.assembly.work import Import
from pipeline.channel import Channel
from pipeline.errors import InputError, UsageError
from pipeline.formats.nesting import ATTRIBUTES
from pipeline.model.made import Made
from pipeline.model.pending import Pending
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.policy.kinship import Place
from pipeline.stages.investigator.looking import SentBelow
from pipeline.stages.reader import Reader, inspect
from pipeline.stop import Stop

T = TypeVar("T")

Fields = Mapping[str, Any]
"""Of a record, as they were sent."""


class Recaller:
    """Reads rows of a run again."""

    def __init__(self, work: Import, way: Way, run: str, *, steady: bool) -> None:
        """Make of rows what the run made of them; `steady`: all its sessions had the same functions and looked-up ids."""
        self._work = work
        self._steady = steady
        self._makers = way.makers(run)
        self._links = {
            (described.name, relationship.name): relationship.field
            for described in way.describes()
            for relationship in described.children.values()
        }

    async def rows(self, waiting: Sequence[Pending]) -> Mapping[Place, Fields]:
        """Return the fields of each row's own record, as they were sent, by file and line.

        :raises InputError: if a file has changed since.
        :raises UsageError: if something else has, so that they aren't what was sent.
        """
        return await self._read(waiting, self._own)

    async def kin(self, waiting: Sequence[Pending]) -> Mapping[Place, Sequence[SentBelow]]:
        """Return what hangs under the record of each row, parents first, by file and line of the row.

        :raises InputError: if a file has changed since.
        :raises UsageError: if something else has, so that they aren't what was sent.
        """
        return await self._read(waiting, self._below)

    def _own(self, made: Made, at: int, _: Place) -> Fields:
        return _sent(made, at)[made.references[at]]

    def _below(self, made: Made, at: int, place: Place) -> list[SentBelow]:
        own, fields = made.references[at], _sent(made, at)
        places = {own: place}
        objects = {own: made.objects[at] if made.objects else made.object}
        below = []
        for one in made.kin[at] if made.kin else ():
            places[one.reference], objects[one.reference] = (one.file, one.line), one.object
            link = one.object, self._links[objects[one.parent], one.relationship]
            below.append(SentBelow(places[one.reference], places[one.parent], link, fields[one.reference]))
        return below

    async def _read(self, waiting: Sequence[Pending], pick: Callable[[Made, int, Place], T]) -> dict[Place, T]:
        """Return what is picked of each row, of what was made of its block."""
        if not self._steady:
            raise UsageError(
                f"{len(waiting):,} requests can't be looked for by what was sent: a function of the mapping was changed "
                "since, or other ids were looked up; say what you know with `treeload resolve`"
            )
        wanted: dict[int, set[int]] = {}
        for pending in waiting:
            wanted.setdefault(pending.file, set()).update(pending.lines)
        picked: dict[Place, T] = {}
        for file in self._work.files:
            if file.number in wanted:
                lines, make = wanted[file.number], self._makers[file.number]
                blocks = Channel[tuple[InputFile, AnyBlock]](1)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._blocks(file, blocks))
                    async for _, block in blocks:
                        if lines.isdisjoint(block.lines):
                            continue
                        made = make(block)
                        for at, line in enumerate(block.lines):
                            if line in lines:
                                _check(made, at, f"line {line} of file {file.number}")
                                picked[file.number, line] = pick(made, at, (file.number, line))
        return picked

    async def _blocks(self, file: InputFile, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
        rules = self._work.settings.read
        now = inspect(file.path, file.number, rules)
        if now.sha256 != file.sha256:
            raise InputError(f"{file.path}: changed since its rows were sent, so they can't be looked for: put the old file back")
        await Reader(rules, Tally(), Stop()).run(now, blocks)
        await blocks.close()


def _check(made: Made, at: int, where: str) -> None:
    if at in made.faults:
        raise UsageError(f"{where} can't be made as it was sent: {made.faults[at][0].message}")


def _sent(made: Made, at: int) -> dict[str, Fields]:
    """Tell the fields of a row's record and of all that hangs under it, as they were sent, by reference."""
    kin = made.kin[at] if made.kin else ()
    hung: dict[str, set[str]] = {}
    for one in kin:
        hung.setdefault(one.parent, set()).add(one.relationship)
    fields: dict[str, Fields] = {}
    records: list[dict[str, Any]] = [orjson.loads(made.records[at])]
    for record in records:
        reference = record.pop(ATTRIBUTES)["referenceId"]
        for relationship in hung.get(reference, ()):
            records += record.pop(relationship)["records"]
        fields[reference] = record
    return fields
