"""How rows in doubt are looked for: the way that the job's mapping allows, and the reading of rows a second time."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from pipeline.assembly.way import Way
from pipeline.assembly.work import Import, Surroundings
from pipeline.channel import Channel
from pipeline.errors import InputError
from pipeline.journal.doubts import Doubts
from pipeline.model.pending import Pending
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.policy.rules import EvidenceRules
from pipeline.stages.investigator import Investigator
from pipeline.stages.investigator.asking import Asker
from pipeline.stages.investigator.by_key import ByKey
from pipeline.stages.investigator.by_marker import ByMarker
from pipeline.stages.investigator.by_values import ByValues
from pipeline.stages.investigator.looking import Look
from pipeline.stages.reader import Reader, inspect
from pipeline.stop import Stop
from pipeline.transport.connection import Connection


def investigator(work: Import, org: Connection, doubts: Doubts, way: Way, run: str, around: Surroundings) -> Investigator:
    """Make the one who asks the org what became of a run's rows in doubt."""
    rules = work.settings.evidence_rules
    asker = Asker(org, work.settings.org.api_version, around.clock)
    look = _look(work, rules, asker, doubts, way, run)
    return Investigator(rules, doubts, look, around.clock, around.stop, around.tally)


def _look(work: Import, rules: EvidenceRules, asker: Asker, doubts: Doubts, way: Way, run: str) -> Look:
    recall = partial(recalled, work, way)
    if way.columns.marker:
        return ByMarker(asker, way.object, way.columns.marker, run)
    if way.columns.key:
        return ByKey(asker, way.object, way.columns.key, recall, doubts.claimed)
    return ByValues(
        asker,
        way.object,
        way.types,
        rules.window,
        recall=recall,
        claimed=doubts.claimed,
        last_created=partial(doubts.last_created, way.object),
    )


async def recalled(work: Import, way: Way, waiting: Sequence[Pending]) -> Mapping[tuple[int, int], Mapping[str, Any]]:
    """Read rows again: the fields of each, as they were sent, by file and line.

    :raises InputError: if a file has changed since.
    """
    wanted: dict[int, set[int]] = {}
    for pending in waiting:
        wanted.setdefault(pending.file, set()).update(pending.lines)
    rows: dict[tuple[int, int], Mapping[str, Any]] = {}
    for file in work.files:
        if file.number in wanted:
            now = inspect(file.path, file.number, work.settings.read)
            if now.sha256 != file.sha256:
                raise InputError(
                    f"{file.path}: changed since its rows were sent, so they can't be looked for: put the old file back"
                )
            blocks = Channel[tuple[InputFile, AnyBlock]](1)
            async with asyncio.TaskGroup() as group:
                group.create_task(_read(work, now, blocks))
                async for _, block in blocks:
                    rows |= _picked(file.number, block, wanted[file.number], way)
    return rows


async def _read(work: Import, file: InputFile, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
    await Reader(work.settings.read, Tally(), Stop()).run(file, blocks)
    await blocks.close()


def _picked(file: int, block: AnyBlock, wanted: set[int], way: Way) -> dict[tuple[int, int], Mapping[str, Any]]:
    if wanted.isdisjoint(block.lines):
        return {}
    fields, _ = way.maps[file](block)
    return {
        (file, line): way.columns.constants | orjson.loads(record)
        for line, record in zip(block.lines, fields, strict=True)
        if line in wanted
    }
