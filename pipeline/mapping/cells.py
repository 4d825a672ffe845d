"""CSV rows become the fields of records: one JSON object a row, encoded once."""

from collections.abc import Callable, Sequence
from operator import itemgetter

import orjson

from pipeline.mapping.building import builder_of
from pipeline.mapping.target import Faults, Target, cells_fit, fault_of, invalid
from pipeline.model.record import FieldError


class CellMapper:
    """Maps the rows of a CSV file whose columns have these targets."""

    def __init__(self, targets: Sequence[Target | None], *, keep_empty: bool) -> None:
        """Map to these targets, in the order of the columns; with `keep_empty` an empty cell becomes null."""
        loaded = [(place, target) for place, target in enumerate(targets) if target is not None]
        self._records = builder_of(tuple(target.field for _, target in loaded))
        self._converted = [(place, target, target.convert) for place, (_, target) in enumerate(loaded) if target.convert]
        self._judged = [(place, target) for place, (_, target) in enumerate(loaded) if target.judged]
        self._pick = _picker([place for place, _ in loaded], len(targets))
        self._keep_empty = keep_empty

    def map(self, rows: Sequence[Sequence[str]]) -> tuple[list[bytes], Faults]:
        """Encode the fields of each row; beside that, say which rows can't be encoded, and why."""
        faults: Faults = {}
        picked = self._pick(rows)
        if self._judged and picked:
            self._judge([*zip(*picked, strict=True)], faults)
        values: Sequence[Sequence[object]] = self._convert(picked, faults) if self._converted else picked
        if self._keep_empty:
            values = [[None if cell == "" else cell for cell in row] for row in values]
        return self._encode(values), faults

    def _encode(self, values: Sequence[Sequence[object]]) -> list[bytes]:
        """Encode each row without its empty cells."""
        return [
            orjson.dumps(record if "" not in row else {field: cell for field, cell in record.items() if cell != ""})
            for record, row in zip(self._records(values), values, strict=True)
        ]

    def _judge(self, columns: Sequence[Sequence[str]], faults: Faults) -> None:
        """Look at whole columns, and at each of its texts only where one is wrong."""
        for place, target in self._judged:
            if not cells_fit(target, columns[place]):
                for position, text in enumerate(columns[place]):
                    if (text or target.required) and (error := fault_of(target, text)):
                        _note(faults, position, error)

    def _convert(self, picked: Sequence[Sequence[str]], faults: Faults) -> list[list[object]]:
        """Copy the rows with values in the place of text; a text that is no such value is noted."""
        copies: list[list[object]] = [list(row) for row in picked]
        for place, target, convert in self._converted:
            for position, row in enumerate(picked):
                if text := row[place]:
                    try:
                        copies[position][place] = convert(text)
                    except ValueError as error:
                        _note(faults, position, invalid(target, text, error))
        return copies


def _note(faults: Faults, position: int, error: FieldError) -> None:
    faults[position] = (*faults.get(position, ()), error)


def _picker(places: list[int], columns: int) -> Callable[[Sequence[Sequence[str]]], Sequence[Sequence[str]]]:
    """Make what takes the loaded cells out of rows, in the fastest way that serves."""
    if places == list(range(columns)):
        return lambda rows: rows
    if len(places) == 1:
        (only,) = places
        return lambda rows: [(row[only],) for row in rows]
    if not places:
        return lambda rows: [()] * len(rows)
    pick = itemgetter(*places)
    return lambda rows: [pick(row) for row in rows]
