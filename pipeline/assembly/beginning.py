"""From somebody's file to a first configuration: what the file is, which object fits it, and what is odd about its first rows."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.assembly.access import connection, creatable, whole_describe
from pipeline.channel import Channel
from pipeline.config import Settings
from pipeline.errors import AccessRefused, ExitCode, UsageError
from pipeline.formats.at_references import SIGN
from pipeline.formats.nesting import ATTRIBUTES
from pipeline.formats.rules import ReadRules
from pipeline.mapping.date_forms import forms_of
from pipeline.mapping.naming import Fit, Match, fit
from pipeline.mapping.proof import MARK_LENGTH
from pipeline.mapping.record_types import FIELD, record_type_target
from pipeline.mapping.record_types import KEY as RECORD_TYPE
from pipeline.mapping.target import fault_of, invalid, target_of
from pipeline.model.describe import Describe, Field
from pipeline.model.row import AnyBlock, CellBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.salesforce import describe as describing
from pipeline.stages.reader import Reader
from pipeline.stop import Stop
from pipeline.transport.connection import Connection
from pipeline.transport.logins import Login

USUAL = ("Contact", "Lead", "Account", "Campaign", "CampaignMember", "Opportunity", "Task", "Event", "Case", "Product2")
"""Objects that are tried where none is named; of those that fit alike, the first."""
FIRST_ROWS = 1_000
"""Rows that are looked at."""
MOST_NAMED = 8
"""Columns that a message names."""
NULL_WORDS = ("NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "None", "none", "-", "(null)", "\\N")


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is to be said of a file before there is a job for it."""

    file: InputFile
    fits: Sequence[Fit]
    """How the objects that were tried go with it, the best first."""
    rows: int
    """How many of its rows were looked at."""
    doubts: Mapping[str, str]
    """What is odd about a column, in its first rows."""
    dates: Mapping[str, tuple[str, Sequence[str]]]
    """Field of each column whose first values are dates in another form than the org's, and the forms that fit them."""
    null_words: Sequence[str]
    """Words among its cells that may mean nothing."""

    @property
    def best(self) -> Fit:
        """The object that fits best."""
        return self.fits[0]

    @property
    def markers(self) -> list[str]:
        """Fields that could be the marker."""
        given = {match.field for match in self.best.matches}
        return [name for name, field in self.best.describe.fields.items() if name not in given and _could_mark(field)]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Columns that could be the business key, with their fields."""
        fields = self.best.describe.fields
        return [(match.column, match.field) for match in self.best.matches if match.field and fields[match.field].unique]


def _could_mark(field: Field) -> bool:
    return field.createable and field.unique and field.external_id and field.type == "string" and field.length >= MARK_LENGTH


async def describes_of(settings: Settings, login: Login, object_name: str | None) -> list[Describe]:
    """Fetch the describe of an object, or of the usual ones that the org has.

    :raises UsageError: if it has no such object, or its records can't be created.
    """
    async with connection(login, settings) as org:
        if object_name is not None:
            described, _ = await whole_describe(org, settings.org.api_version, object_name)
            return [creatable(described)]
        names = describing.decipher_global(await org.send(describing.build_global(settings.org.api_version)))
        tried = [await _creatable(org, settings, name) for name in USUAL if name in names]
    return [described for described in tried if described is not None]


async def _creatable(org: Connection, settings: Settings, name: str) -> Describe | None:
    try:
        described, _ = await whole_describe(org, settings.org.api_version, name)
    except AccessRefused:
        return None
    return described if described.createable else None


async def object_said(file: InputFile, rules: ReadRules) -> str:
    """Name the object that the records of a file say they are, as those of trees do; empty if they don't, or don't agree."""
    if not _is_tree(file):
        return ""
    attributes = (await _first_cells(file, rules)).get(ATTRIBUTES, [])
    said = {str(each["type"]) for each in attributes if isinstance(each, dict) and isinstance(each.get("type"), str)}
    return said.pop() if len(said) == 1 else ""


def _is_tree(file: InputFile) -> bool:
    return file.format != "csv" and ATTRIBUTES in file.columns


async def begin(file: InputFile, rules: ReadRules, describes: Sequence[Describe]) -> Beginning:
    """Find the object that fits a file best, and look at the file's first rows.

    :raises UsageError: if there are several, and no column is called like a field of any of them.
    """
    fits = sorted((fit(file.columns, described) for described in describes), key=lambda each: -each.score)
    if not fits or (len(fits) > 1 and not fits[0].mapped):
        tried = ", ".join(each.describe.name for each in fits)
        columns = ", ".join(map(repr, file.columns[:MOST_NAMED])) + ", ..." * (len(file.columns) > MOST_NAMED)
        raise UsageError(
            f"{file.path}: no column ({columns}) is called like a field of {tried or 'any object'}: name the object with "
            "--object, or give its describe with --describe"
        )
    cells = await _first_cells(file, rules)
    best, doubts = fits[0], {}
    named = {each.get("referenceId") for each in cells.get(ATTRIBUTES, ()) if isinstance(each, dict)} if _is_tree(file) else None
    matches = []
    for found in best.matches:
        if found.column == ATTRIBUTES and not _all_plain(cells.get(ATTRIBUTES, ())):
            continue  # says of what object a record of a tree is
        match, doubt = _looked_at(found, cells.get(found.column, []), named, best.describe)
        matches.append(match)
        if doubt:
            doubts[match.column] = doubt
    rows = max(map(len, cells.values()), default=0)
    words = [word for word in NULL_WORDS if any(word in values for values in cells.values())]
    meant = {match.column: match.field for match in best.matches}
    dates = {
        match.column: (meant[match.column], forms)
        for match in matches
        if (forms := _forms(meant[match.column], match, cells.get(match.column, []), best.describe))
    }
    return Beginning(file, [Fit(best.describe, matches), *fits[1:]], rows, doubts, dates, words)


def _forms(meant: str, found: Match, values: Sequence[Any], describe: Describe) -> list[str]:
    """Find the forms of dates where a date was meant and isn't one as it stands."""
    if found.field or not meant or describe.fields[meant].type not in {"date", "datetime"}:
        return []
    return forms_of([value for value in values if isinstance(value, str) and value and value not in NULL_WORDS])


def _looked_at(match: Match, values: Sequence[Any], named: Collection[Any] | None, describe: Describe) -> tuple[Match, str]:
    """Hold a column's first values against its field. `named`: the records of a tree by name, which a lookup may refer to."""
    is_lookup = bool(match.field) and describe.fields[match.field].type == "reference"
    names = [value for value in values if isinstance(value, str) and value.startswith(SIGN)] if is_lookup and named else []
    if not names:
        return _doubted(match, values, describe)
    others = [value for value in values if value and value not in names]
    match, doubt = _doubted(match, others, describe) if others else (match, "")
    if strange := next((name for name in names if name.removeprefix(SIGN) not in (named or ())), None):
        doubt = f"names records that are not in this file ({strange}): load them together, by their plan or as several inputs"
    return match, doubt


def _doubted(match: Match, values: Sequence[Any], describe: Describe) -> tuple[Match, str]:
    """Hold a column's first values against its field; one that most of them don't fit isn't the one that was meant."""
    given = [value for value in values if value not in {None, ""}] if _all_plain(values) else list(values)
    if not given:
        return match, "is empty in all of the first rows"
    if not _all_plain(values) and (under := describe.children.get(match.column.lower())):
        why = f"holds {under.object} records: keys that are no fields are mapped in [mapping.children.{under.name}]"
        return replace(match, field="", why=why, nested=True), ""
    if match.column.lower() == RECORD_TYPE and not _all_plain(values) and record_type_target(describe):
        return replace(match, field="", why=f"names record types: their ids go to {FIELD}", nested=True), ""
    if not match.field:
        return match, ""
    if not _all_plain(values):
        return replace(match, field="", why=f"looks like {match.field}, but holds nested values"), ""
    field = describe.fields[match.field]
    faults = [fault for value in given if (fault := _fault(match.column, field, value))]
    if not faults:
        return match, ""
    said = f"{len(faults):,} of {len(given):,} values don't fit {field.name}: {faults[0]}"
    if len(faults) * 2 > len(given) and not field.required:
        return replace(match, field="", why=f"looks like {field.name}, but {said}"), ""
    return match, said


def _all_plain(values: Sequence[Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _fault(column: str, field: Field, value: Any) -> str:
    target = target_of(column, field, strict=True)
    if error := fault_of(target, value):
        return error.message
    if target.convert and isinstance(value, str):
        try:
            target.convert(value)
        except ValueError as complaint:
            return invalid(target, value, complaint).message
    return ""


async def _first_cells(file: InputFile, rules: ReadRules) -> dict[str, list[Any]]:
    """Read the first rows; return the values of each column."""
    stop, cells = Stop(), dict[str, list[Any]]()
    blocks = Channel[tuple[InputFile, AnyBlock]](1)
    seen = 0
    async with asyncio.TaskGroup() as group:
        group.create_task(_read(Reader(rules, Tally(), stop), file, blocks))
        async for _, block in blocks:
            for row in block.rows[: FIRST_ROWS - seen]:
                # a block of cells has lists for rows, any other dicts, which mypy does not see of a union
                named = zip(file.columns, row, strict=True) if isinstance(block, CellBlock) else row.items()  # type: ignore[union-attr]
                for column, value in named:
                    cells.setdefault(column, []).append(value)
            seen += len(block.rows)
            if seen >= FIRST_ROWS:
                stop.pull("enough was seen", ExitCode.DONE)
    return cells


async def _read(reader: Reader, file: InputFile, blocks: Channel[tuple[InputFile, AnyBlock]]) -> None:
    await reader.run(file, blocks)
    await blocks.close()
