"""What a job says about its columns: the `[mapping]` table of the configuration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from pipeline.mapping.dates import fault_of_form, zone_of

Constant = str | bool | int | float
_FUNCTION = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
_LOOKUP = r"[A-Za-z]\w*\.[A-Za-z]\w*"
Part = Literal["whole", "first", "last", "rest"]
Cleaning = Literal["strip", "collapse", "lower", "upper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRules:
    """How one field comes about, step by step in this order. A step that can't take a value makes it that row's error."""

    from_: str | tuple[str, ...] = ()
    """Column that the value comes from, or several. They are loaded as nothing else, unless mapping.columns says so. Only where
    the same value is looked up for every row it is left out, and `default` is that value."""
    null_words: tuple[str, ...] = ()
    """Cells of these columns that are exactly one of these words are empty: `["N/A"]`."""
    join: str = " "
    """What stands between the values of several columns; empty ones are left out."""
    split: str = ""
    """Sign or text at which the value is split; without it, `part` is that of a person's name."""
    part: Part | Annotated[int, Interval(ge=1)] = "whole"
    """Piece that is taken: `first`, `last`, `rest` (all after the first) or a number from 1. Of a name `last` is its last word,
    `first` all before it; with a comma (`Doe, Jane`) `last` stands before it. A single word is a last name."""
    clean: tuple[Cleaning, ...] = ()
    """What is done to the value, in this order: `strip` takes blanks off both ends, `collapse` makes one blank of several,
    `lower` and `upper` change letters."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Value = what becomes of it; `""` for nothing."""
    other: Literal["reject", "keep"] = "reject"
    """What happens to a value that is not among `values`: its row is rejected here, or the value is kept."""
    default: str = ""
    """Value where nothing is left, written as the next steps take it."""
    date: str = ""
    """Form of a date, in the signs of strptime: `%d.%m.%Y`, `%m/%d/%y %I:%M %p`. For a field with a time of day it needs `zone`
    or `%z`; without hours it is then the day's beginning. For a field without one, hours are left out."""
    zone: str = ""
    """Time zone of the dates: `Europe/Berlin`. A time that happens twice there, or never, is its row's error."""
    century: Annotated[int, Interval(ge=0, le=9_900)] = 0
    """First of the hundred years that `%y` can mean: with 1930, 30 to 99 are 1930 to 1999, and 00 to 29 are 2000 to 2029."""
    function: str = ""
    """Function of Python, `package.module:name`, found in this file's folder first: from a text that is not empty to a text or
    None. What a ValueError says is the row's error. It must give the same for the same text each time."""
    lookup: str = ""
    """Object and field in which the value is looked up, `Account.External_Id__c`: the id of the record that has it is loaded.
    `RecordType.DeveloperName` knows the job's object, and takes active ones only. Ids are asked for before anything is sent."""
    on_missing: Literal["reject", "omit"] = "reject"
    """What happens where no record has the value: the row is rejected here, or loaded without the field."""

    def __post_init__(self) -> None:
        for fault in (self._fault_of_source(), self._fault_of_steps(), self._fault_of_date(), self._fault_of_lookup()):
            if fault:
                raise ValueError(fault)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the value comes from."""
        return (self.from_,) if isinstance(self.from_, str) else self.from_

    def _fault_of_source(self) -> str | None:
        if not self.columns and self.default and self.lookup:
            return "function must stand beside from" if self.function else None
        if not self.columns or not all(self.columns):
            return "from must name a column, or several"
        if len({column.lower() for column in self.columns}) < len(self.columns):
            return "from must not name a column twice"
        if self.join != " " and len(self.columns) == 1:
            return "join must stand beside several columns"
        return None

    def _fault_of_steps(self) -> str | None:
        if self.split and self.part == "whole":
            return 'part must say which piece is taken where the value is split: "first", "last", "rest" or a number'
        if not self.split and self.part not in {"whole", "first", "last"}:
            return 'part must be "first" or "last" of a name; for other pieces say where to split'
        if self.other == "keep" and not self.values:
            return "other must stand beside values"
        if self.function and not re.fullmatch(_FUNCTION, self.function):
            return 'function must be a module and its function: "my_company.mapping:phone"'
        return None

    def _fault_of_lookup(self) -> str | None:
        if self.on_missing == "omit" and not self.lookup:
            return "on_missing must stand beside lookup"
        if self.lookup and self.date:
            return "date must not stand beside lookup: an id is no date"
        if self.lookup and not re.fullmatch(_LOOKUP, self.lookup):
            return 'lookup must be an object and one of its fields: "Account.External_Id__c"'
        return None

    def _fault_of_date(self) -> str | None:
        for name in ("zone", "century"):
            if getattr(self, name) and not self.date:
                return f"{name} must stand beside date"
        if not self.date:
            return None
        if self.values:
            return "values must not stand beside date: a date is read by its form"
        if fault := fault_of_form(self.date, self.century):
            return f"date must be the form of dates: it {fault}"
        if self.century and "%y" not in self.date:
            return "century must stand beside a date with %y"
        try:
            if self.zone:
                zone_of(self.zone)
        except ValueError as error:
            return f"zone {error}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Which rows are meant: those whose column has one of some values, or anything, or nothing."""

    column: str
    """Column, or key of a JSON row, that is looked at; blanks around its text don't count."""
    equals: tuple[str, ...] = ()
    """Texts of which it must be one, in any case."""
    filled: bool | None = None
    """`true`: it must not be empty; `false`: it must be."""

    def __post_init__(self) -> None:
        if bool(self.equals) == (self.filled is not None):
            raise ValueError('when must say what the column is: equals = ["a", "b"], or filled = true or false')


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRules:
    """How a further record comes about: one that hangs under a row's own, or what some rows become instead."""

    when: Condition | None = None
    """Which rows make such a record; all, if nothing is said."""
    of_row: bool = False
    """`true`: it is made of columns of the row itself; otherwise it is nested in the row, as JSON can have it."""
    input: str | tuple[str, ...] = ()
    """Files whose rows are such records, each under the row with the same key (`join`): one or several, globs or addresses; paths
    count from this file's folder."""
    join: Mapping[str, str] = field(default_factory=dict)
    """Column of these files = column of the rows that they belong to: `{ "Account No" = "Number" }`. Their texts must be the
    same, in all pairs if there are several. The columns go nowhere else by themselves."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column = field. Of a record that is made of the row no other columns are taken."""
    constants: Mapping[str, Constant] = field(default_factory=dict)
    """Field = value, set on every such record."""
    fields: Mapping[str, FieldRules] = field(default_factory=dict)
    """Field = how it comes about, for those that are more than a column."""
    ignore: tuple[str, ...] = ()
    """Columns that are not loaded."""
    marker: str = ""
    """Field that gets a mark of each such record: a unique text field of 40 characters or more."""
    key: str = ""
    """Field that names each such record by a business key, unique in the org; only for what rows become instead."""
    children: Mapping[str, "RecordRules"] = field(default_factory=dict)
    """What hangs under it, by child relationship: `CampaignMembers`."""

    def __post_init__(self) -> None:
        if self.input and self.of_row:
            raise ValueError("input must not stand beside of_row = true: a record comes from the row, or from a file of its own")
        if self.input and not self.join:
            raise ValueError('join is required beside input: { "column there" = "column of the rows above with the same text" }')
        if self.join and not self.input:
            raise ValueError("join must stand beside input")
        for names in (self.join, self.join.values()):
            if not all(names) or len({*map(str.lower, names)}) < len(names):
                raise ValueError("join must name columns, each once")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files that such records come from."""
        return (self.input,) if isinstance(self.input, str) else self.input

    def as_mapping(self, root: "MappingRules", *, instead: bool) -> "MappingRules":
        """Read it as the mapping of rows of its own; `instead` of those of the job, whose columns count there too."""
        ignored = {column.lower() for column in self.ignore}
        shared = {column: name for column, name in root.columns.items() if instead and column.lower() not in ignored}
        if self.of_row:
            ignore: tuple[str, ...] = ("*",)
        else:
            ignore = (*root.ignore, *self.ignore) if instead else self.ignore
        return MappingRules(
            columns={**shared, **self.columns},
            constants=self.constants,
            fields={**(root.fields if instead else {}), **self.fields},
            ignore=ignore,
            empty_cells=root.empty_cells,
            marker=self.marker,
            key=self.key,
            check=root.check,
            children=self.children,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRules:
    """How columns become fields. A column that is a field's name needs no entry."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column = field, for every column whose name is not the field's own (upper and lower case are the same)."""
    constants: Mapping[str, Constant] = field(default_factory=dict)
    """Field = value, set on every record."""
    fields: Mapping[str, FieldRules] = field(default_factory=dict)
    """Field = how it comes about, for those that are more than a column: a table each."""
    ignore: tuple[str, ...] = ()
    """Columns that are not loaded; `"*"`: all that nothing names. A column that is neither mapped nor ignored stops the run."""
    empty_cells: Literal["omit", "null"] = "omit"
    """What an empty CSV cell means: `omit` leaves the field out, so that the org's default applies; `null` sends null."""
    marker: str = ""
    """Field that gets a mark of each row: a text field of 40 characters or more, unique, filled by nothing else. With it, what
    became of a request whose reply was lost is told by one query, and a record can't be created twice."""
    key: str = ""
    """Field that names each row by a business key: unique in the org, given by a column, never empty. Where there is no
    marker, it tells what became of a request whose reply was lost."""
    check: bool = False
    """Whether values are held against the org's describe before they are sent: lengths, ranges, picklists, ids, addresses,
    required fields. A row that the org would surely refuse is then rejected here; `false` sends it and lets the org decide."""
    bad_rows: Literal["reject", "stop"] = "reject"
    """What becomes of a file with rows that are unreadable or would be rejected here: `reject` sends the others; `stop` reads
    everything before the first send, and if there is a single such row nothing is sent."""
    large_families: Literal["refuse", "split"] = "refuse"
    """What becomes of a row that makes more records than a request takes (`send.chunk_records`, five objects): `refuse` rejects
    it here; `split` loads its own record first, and what hangs under it in later requests, with that record's id."""
    children: Mapping[str, RecordRules] = field(default_factory=dict)
    """What hangs under each record, by child relationship: a table `[mapping.children.CampaignMembers]` each."""
    cases: Mapping[str, RecordRules] = field(default_factory=dict)
    """Object = which rows become one of these instead of `job.object`, and how: a table `[mapping.cases.Lead]` each, of which
    the first that fits counts. What `columns`, `fields` and `ignore` say holds there too."""
