"""How rows become records of an object: settled before anything is written or sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.assembly.access import describe
from pipeline.assembly.drifting import Tell, tell_drift, untold
from pipeline.assembly.functions import functions_of
from pipeline.assembly.work import Import
from pipeline.mapping.columns import Columns
from pipeline.mapping.mapper import Map, mapper
from pipeline.model.describe import Describe
from pipeline.model.made import Made, Make
from pipeline.model.record import references
from pipeline.model.row import AnyBlock
from pipeline.salesforce import tree
from pipeline.transport.connection import Connection


@dataclass(frozen=True, slots=True)
class Way:
    """What the describe and the mapping make of a job."""

    object: str
    """The object's own name: job.object may be written in any case."""
    prefix: str
    """First characters of the object's ids."""
    types: Mapping[str, str]
    """Type of each of its fields."""
    columns: Columns
    maps: Mapping[int, Map]
    """By number of the file."""

    @property
    def proof(self) -> str:
        """The unique field that says which row a record comes from; empty if there is none."""
        return self.columns.marker or self.columns.key

    def makers(self, run: str) -> Mapping[int, Make]:
        """Return what makes the records of a run, by number of the file."""
        encode = tree.encoder(self.object, self.columns.constants, marker=self.columns.marker, run=run)
        return {file: _maker(file, self.object, map_block, encode) for file, map_block in self.maps.items()}


def _maker(file: int, object_name: str, map_block: Map, encode: tree.Encode) -> Make:
    def make(block: AnyBlock) -> Made:
        fields, faults = map_block(block)
        names = references(file, block.lines)
        return Made(names, encode(names, fields), faults, object_name)

    return make


async def settle_way(work: Import, org: Connection, tell: Tell = untold) -> Way:
    """Hold the mapping against the org: the last thing that can stop a run before anything is written or sent.

    What has changed in the org since the job's describe was kept is told first.

    :raises UsageError: with a line for every fault.
    """
    settings = work.settings
    described = await describe(org, settings.org.api_version, settings.job.object)
    tell_drift(work, described, tell)
    return way_by(work, described)


def way_by(work: Import, described: Describe) -> Way:
    """Hold the mapping against a describe.

    :raises UsageError: with a line for every fault.
    """
    settings = work.settings
    columns = Columns(settings.mapping, described, functions_of(settings.mapping, settings.path.parent))
    keep_empty = settings.mapping.empty_cells == "null"
    return Way(
        described.name,
        described.key_prefix,
        {field.name: field.type for field in described.fields.values()},
        columns,
        {file.number: mapper(file, columns, keep_empty=keep_empty) for file in work.files},
    )
