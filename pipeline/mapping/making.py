"""Fields that are made of columns: their texts are put beside those that were read, as if they were columns too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from pipeline.mapping.steps import Step, Texts
from pipeline.mapping.target import Faults, Target, invalid
from pipeline.mapping.written import as_written
from pipeline.model.record import FieldError
from pipeline.model.row import AnyBlock, CellBlock, ObjectBlock

MADE = "\ud800"
"""Begins the names of made columns: no text of a file can hold it, so none of a file's columns is called like that."""


_MOST_SHAPES = 1000


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the texts of one field are made."""

    target: Target
    columns: tuple[str, ...]
    """Without any the text is the same for each row."""
    join: Callable[[Sequence[Texts]], Texts]
    steps: Step
    """All but the last, which looks the texts up."""
    look_up: Step | None = None

    @property
    def key(self) -> str:
        """Name of the made column."""
        return MADE + self.target.field

    def make(self, columns: Sequence[Texts], rows: int, faults: Faults) -> Texts:
        """Make the text of each row; that of a row which can't be made is empty, and its fault noted."""
        joined = self.join(columns) if self.columns else [""] * rows
        try:
            return self._all_steps(joined)
        except ValueError:
            return [self._one(position, text, faults) for position, text in enumerate(joined)]

    def _all_steps(self, texts: Texts) -> Texts:
        made = self.steps(texts)
        return made if self.look_up is None else self.look_up(made)

    def _one(self, position: int, text: str, faults: Faults) -> str:
        try:
            return self._all_steps([text])[0]
        except ValueError as complaint:
            faults[position] = (*faults.get(position, ()), invalid(self.target, text, complaint))
            return ""


class Making:
    """Adds made columns to the blocks of a file."""

    def __init__(self, recipes: Sequence[Recipe], columns: Sequence[str]) -> None:
        """Make by these recipes; `columns` is the header, if the file is CSV."""
        self._recipes = recipes
        places = {column.lower(): place for place, column in enumerate(columns)}
        self._places = [[places.get(column.lower(), 0) for column in recipe.columns] for recipe in recipes]
        self._keys: dict[tuple[str, ...], dict[str, str]] = {}

    def make(self, block: AnyBlock) -> tuple[AnyBlock, Faults]:
        """Return the block with the made columns, and what could not be made."""
        if not block.rows:
            return block, {}
        return self._of_cells(block) if isinstance(block, CellBlock) else self._of_objects(block)

    def _sources(self, block: AnyBlock, faults: Faults) -> Iterator[Sequence[Texts]]:
        """Yield for each recipe the texts of its columns."""
        if isinstance(block, CellBlock):
            columns = [*zip(*block.rows, strict=True)]
            for places in self._places:
                yield [columns[place] for place in places]
            return
        for recipe in self._recipes:
            yield [self._values(block, column, recipe.target, faults) for column in recipe.columns]

    def _values(self, block: ObjectBlock, column: str, target: Target, faults: Faults) -> Texts:
        values = _column(column, block.rows)
        if {*map(type, values)} == {str}:
            return values
        return [
            value if type(value) is str else self._text(position, row, column, target, block.raw[position], faults)
            for position, (row, value) in enumerate(zip(block.rows, values, strict=True))
        ]

    def _made(self, block: AnyBlock, faults: Faults) -> list[Texts]:
        sources = self._sources(block, faults)
        return [recipe.make(texts, len(block.rows), faults) for recipe, texts in zip(self._recipes, sources, strict=True)]

    def _of_cells(self, block: CellBlock) -> tuple[CellBlock, Faults]:
        faults: Faults = {}
        made = self._made(block, faults)
        rows = [[*row, *texts] for row, texts in zip(block.rows, zip(*made, strict=True), strict=True)]
        return replace(block, rows=rows), faults

    def _of_objects(self, block: ObjectBlock) -> tuple[ObjectBlock, Faults]:
        faults: Faults = {}
        made = self._made(block, faults)
        names = [recipe.key for recipe in self._recipes]
        rows = [row.copy() for row in block.rows]
        for name, texts in zip(names, made, strict=True):
            for row, text in zip(rows, texts, strict=True):
                row[name] = text or None
        return replace(block, rows=rows), faults

    def _own_keys(self, keys: tuple[str, ...]) -> Mapping[str, str]:
        """Give the keys of an object by their names in lower case."""
        if keys not in self._keys:
            if len(self._keys) >= _MOST_SHAPES:
                self._keys.clear()
            self._keys[keys] = {key.lower(): key for key in keys}
        return self._keys[keys]

    def _text(self, position: int, row: Mapping[str, Any], column: str, target: Target, line: bytes, faults: Faults) -> str:
        """Read a value of a JSON object as the text that it is in its line, whatever the case of its key."""
        key = column if column in row else self._own_keys(tuple(row)).get(column.lower(), "")
        value = row.get(key)
        if value is None:
            return ""
        if isinstance(value, str | bool):
            return value if isinstance(value, str) else str(value).lower()
        text = str(value) if isinstance(value, int) else as_written(value, key, line) if isinstance(value, float) else None
        if text is None:
            nested = isinstance(value, dict | list)
            code, what = (
                ("NESTED_VALUE", "holds a nested value") if nested else ("INVALID_VALUE", "has more digits than are kept")
            )
            error = FieldError(code, f"{key}: {what}: {target.field} can't be made of it", (target.field,))
            faults[position] = (*faults.get(position, ()), error)
        return text or ""


def _column(key: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the values that objects have for a key; None where they don't have it."""
    try:
        return [*map(itemgetter(key), rows)]
    except KeyError:
        return [row.get(key) for row in rows]


def together(made: Faults, mapped: Faults, *, outranks: FieldError) -> Faults:
    """Put the faults of rows together: what could not be made has no second fault, and a row with the last one no other."""
    for position, errors in made.items():
        others = mapped.get(position, ())
        if outranks not in others:
            fields = {error.fields for error in errors}
            mapped[position] = (*errors, *(error for error in others if error.fields not in fields))
    return mapped
