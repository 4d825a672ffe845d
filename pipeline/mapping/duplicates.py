"""Which rows of a run's files are the same: the `[duplicates]` table, and the digest of its key by which rows are compared."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from hashlib import blake2b
from typing import Any, Literal

import orjson

from pipeline.errors import UsageError
from pipeline.model.made import Made, Make
from pipeline.model.record import DUPLICATE_IN_FILE, FieldError
from pipeline.model.row import AnyBlock, CellBlock, InputFile

DIGEST = 16
"""Bytes of a digest: among 10 million keys two are taken for the same with a chance of 1 in 10^25."""
NOT_UNIQUE = "NOT_UNIQUE_IN_FILE"
"""Code of a row that is rejected because others have its key."""
MOST_SHAPES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRules:
    """Which rows count as the same, over all files of a run, and which of them is loaded."""

    columns: tuple[str, ...] = ()
    """Columns, or keys of JSON rows, whose values together are a row's key; without any nothing is compared. A row in which
    one of them is empty is compared with none. It costs one more reading of the files before anything is sent."""
    compare: Literal["exact", "normalised"] = "exact"
    """`normalised`: upper and lower case, forms of the same letter (Unicode's NFKC) and blanks make no difference."""
    keep: Literal["first", "none"] = "first"
    """`first`: the first row with a key stands for the later ones, which are left out, whatever becomes of it. `none`: all
    rows with a key that comes more than once are rejected here."""

    def __post_init__(self) -> None:
        if not all(self.columns):
            raise ValueError("columns must be names of columns, and one has none")
        if len(set(map(str.lower, self.columns))) < len(self.columns):
            raise ValueError("columns must be different ones")
        if not self.columns and (self.compare, self.keep) != ("exact", "first"):
            raise ValueError("columns is required: the names of the columns that make a row's key")


Shape = tuple[str | None, ...]
"""Under which keys objects have the columns that make a row's key; None: they don't have it."""


class Keys:
    """Makes the keys of rows. Which column of a file is meant is settled once; upper and lower case are the same there."""

    def __init__(self, rules: DuplicateRules, files: Iterable[InputFile], *, where: str = "duplicates.columns") -> None:
        """Find the columns; `where` is what names them.

        :raises UsageError: with a line for every column that a CSV file doesn't have.
        """
        self._rules = rules
        self._where = where
        self._places: dict[int, list[int]] = {}
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._seen: dict[int, set[str]] = {}
        """Of each file with JSON rows: which of the columns some row of it had."""
        faults = []
        for file in files:
            if file.format == "csv":
                found = [_own_name(column, file.columns) for column in rules.columns]
                faults += absent(rules.columns, file, where)
                self._places[file.number] = [file.columns.index(own) for own in found if own is not None]
        if faults:
            raise UsageError("\n".join(faults))

    def digests(self, file: InputFile, block: AnyBlock) -> list[bytes]:
        """Give each row's key as a digest; of a row without a key an empty one."""
        if isinstance(block, CellBlock):
            texts = [[row[place] for row in block.rows] for place in self._places[file.number]]
        else:
            texts = self._of_objects(file, block.rows, block.raw)
        if self._rules.compare == "normalised":
            texts = [[*map(normalised, column)] for column in texts]
        return [*map(_digest, texts[0] if len(texts) == 1 else map(_together, zip(*texts, strict=True)))]

    def check(self, file: InputFile) -> None:
        """Say of a file of which all rows have been seen whether its rows have these keys at all.

        :raises UsageError: if none of them has one of the columns: its name must be wrong.
        """
        seen = self._seen.get(file.number)
        if seen is not None and (absent := [column for column in self._rules.columns if column not in seen]):
            raise UsageError("\n".join(_absent(column, file, self._where) for column in absent))

    def _of_objects(self, file: InputFile, rows: Sequence[dict[str, Any]], raw: Sequence[bytes]) -> list[list[str]]:
        shapes = [self._shape(keys) for keys in map(tuple, rows)]
        if rows:
            seen = self._seen.setdefault(file.number, set())
            seen.update(self._rules.columns[at] for shape in set(shapes) for at, key in enumerate(shape) if key is not None)
        return [
            [
                "" if (key := shape[at]) is None else _text(row[key], key, line)
                for row, shape, line in zip(rows, shapes, raw, strict=True)
            ]
            for at in range(len(self._rules.columns))
        ]

    def _shape(self, keys: tuple[str, ...]) -> Shape:
        """Name the keys that are meant, of rows with exactly these."""
        shape = self._shapes.get(keys)
        if shape is None:
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[keys] = tuple(_own_name(column, keys) for column in self._rules.columns)
        return shape


Locate = Callable[[Sequence[int]], Mapping[int, str]]
"""Says of rows of a file, by their lines, which repeat others: by position, with the place of the other one in words."""


def without_repeats(make: Make, rules: DuplicateRules, locate: Locate) -> Make:
    """Make records with those rows as faults that have the key of others.

    What else is wrong with a row for which an earlier one stands is not told: it is not to be corrected.
    """

    def make_each_once(block: AnyBlock) -> Made:
        made = make(block)
        faults = dict(made.faults)
        for at, place in locate(block.lines).items():
            others = () if rules.keep == "first" else faults.get(at, ())
            faults[at] = (*others, _fault_of_repeat(rules, place))
        return replace(made, faults=faults)

    return make_each_once


def _fault_of_repeat(rules: DuplicateRules, place: str) -> FieldError:
    same = f"has the same {' and '.join(rules.columns)} as {place}"
    if rules.keep == "first":
        return FieldError(DUPLICATE_IN_FILE, same, rules.columns)
    return FieldError(NOT_UNIQUE, f'{same}, and duplicates.keep = "none" loads neither: keep the right one', rules.columns)


def normalised(text: str) -> str:
    """Give what texts have in common that differ in case, in forms of the same letters or in blanks only."""
    folded = text.lower() if text.isascii() else _nfkc(_nfkc(text).casefold())
    return " ".join(folded.split())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _together(texts: Iterable[str]) -> str:
    """Make one text of several, so that no others make the same one; an empty one if one of them is empty."""
    texts = tuple(texts)
    return "".join([f"{len(text)}:{text}" for text in texts]) if all(map(str.strip, texts)) else ""


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest() if text.strip() else b""


def _text(value: Any, key: str, line: bytes) -> str:
    """Write a value of a JSON row: numbers digit for digit as they stand in its line; null and nested values are empty."""
    if type(value) is str:  # as most are
        return value
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():  # may stand for a number with more digits than it holds
            found = _number_of(key).search(line)
            return (found[1] if found else line).decode()
        case _:
            return ""


@cache
def _number_of(key: str) -> re.Pattern[bytes]:
    return re.compile(re.escape(orjson.dumps(key)) + rb"\s*:\s*(-?[0-9][0-9.eE+-]*)")


def _own_name(column: str, names: Sequence[str]) -> str | None:
    """Find a column as it is written there; upper and lower case are the same unless both are there."""
    if column in names:
        return column
    lower = column.lower()
    return next((name for name in names if name.lower() == lower), None)


def absent(columns: Iterable[str], file: InputFile, where: str) -> list[str]:
    """Say which columns a CSV file doesn't have; `where` is what names them. Of JSON each row may have other ones."""
    if file.format != "csv":
        return []
    return [_absent(column, file, where) for column in columns if _own_name(column, file.columns) is None]


def _absent(column: str, file: InputFile, where: str) -> str:
    near = get_close_matches(column, file.columns, n=1)
    what = "column" if file.format == "csv" else "row with a key"
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(file.columns[:20])}"
    return f"{where}: {file.path} has no {what} {column!r}; {hint}"
