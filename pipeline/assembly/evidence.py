"""How rows in doubt are looked for: the way that the job's mapping allows, and the reading of rows a second time."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from pipeline.assembly.way import Way
from pipeline.assembly.work import Import, Surroundings
from pipeline.channel import Channel
from pipeline.errors import InputError, UsageError
from pipeline.journal.doubts import Doubts
from pipeline.journal.reading import Record
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


def investigator(work: Import, org: Connection, doubts: Doubts, way: Way, record: Record, around: Surroundings) -> Investigator:
    """Make the one who asks the org what became of a run's rows in doubt. `record` is the run's journal, with this session."""
    rules = work.settings.evidence_rules
    asker = Asker(org, work.settings.org.api_version, around.clock)
    steady = len({session.config for session in record.sessions() if session.settings == work.settings.digest()}) == 1
    look = _look(work, rules, asker, doubts, way, record.run().id, steady=steady)
    return Investigator(rules, doubts, look, around.clock, around.stop, around.tally)


def _look(work: Import, rules: EvidenceRules, asker: Asker, doubts: Doubts, way: Way, run: str, *, steady: bool) -> Look:
    """Choose the way; what is made by other functions or of other ids than in an earlier session is not what was sent."""
    recall = partial(recalled, work, way) if steady else _not_recalled
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


async def _not_recalled(waiting: Sequence[Pending]) -> Mapping[tuple[int, int], Mapping[str, Any]]:
    raise UsageError(
        f"{len(waiting):,} requests can't be looked for by what was sent: a function of the mapping was changed since, or "
        "other ids were looked up; say what you know with `treeload resolve`"
    )


async def _read(work: Import, file: InputFile, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
    await Reader(work.settings.read, Tally(), Stop()).run(file, blocks)
    await blocks.close()


def _picked(file: int, block: AnyBlock, wanted: set[int], way: Way) -> dict[tuple[int, int], Mapping[str, Any]]:
    if wanted.isdisjoint(block.lines):
        return {}
    fields, faults = way.maps[file](block)
    for at, line in enumerate(block.lines):
        if line in wanted and at in faults:
            raise UsageError(f"line {line} of file {file} can't be made as it was sent: {faults[at][0].message}")
    return {
        (file, line): way.columns.constants | orjson.loads(record)
        for line, record in zip(block.lines, fields, strict=True)
        if line in wanted
    }
