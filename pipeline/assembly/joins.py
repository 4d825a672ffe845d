"""Joins: which files have the children of which others, by which columns."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.mapping.rules import RecordRules
from pipeline.model.describe import Relationship
from pipeline.model.row import InputFile


@dataclass(frozen=True, slots=True)
class Join:
    """Files whose rows hang under the rows of others."""

    name: str
    """The child relationship, as the job writes it."""
    relationship: Relationship
    columns: tuple[tuple[str, str], ...]
    """Pairs of columns, the children's first."""
    children: tuple[int, ...]
    """Numbers of the files."""

    @property
    def where(self) -> str:
        """The setting that names the columns."""
        return f"mapping.children.{self.name}.join"


def asked_for(children: Iterable[RecordRules]) -> set[str]:
    """Name the columns, in lower case, of the rows to which rows of other files belong."""
    return {column.lower() for each in children for column in each.join.values()}


def keys_in(file: InputFile, rules: RecordRules) -> list[str]:
    """Name the columns of a joined file that say where its rows belong, as they are written there."""
    wanted = {*map(str.lower, rules.join)}
    return [column for column in file.columns if column.lower() in wanted]
