"""What can be said of a file from its name and its first bytes: what it is, and which columns it has."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Literal

from pipeline.errors import InputError
from pipeline.formats.backslashes import doubled
from pipeline.formats.delimiters import find_delimiter, separator
from pipeline.formats.encoding import AUTO
from pipeline.formats.flaws import flaw
from pipeline.formats.json_array import ArrayReading
from pipeline.formats.json_lines import JsonReading
from pipeline.formats.nesting import nested_keys
from pipeline.formats.rules import ReadRules
from pipeline.formats.spreadsheet import OURS, unescape
from pipeline.formats.tree_file import BLANKS, OPENING, find_elements
from pipeline.formats.unpacking import unpacked_name
from pipeline.formats.window import BOM, Window

HEAD = OPENING
"""Bytes within which a header must end, and the records of a tree file begin."""
FIRST_ROWS = 1000
"""Rows of JSON Lines whose keys are looked at."""

Format = Literal["csv", "jsonl", "json"]
Escape = Literal["double", "backslash"]

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}
_BLANKS: dict[Format, bytes] = {"csv": b"\r\n", "jsonl": BLANKS, "json": BLANKS}


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file."""

    columns: tuple[str, ...]
    """The header of a CSV file, in order; of JSON Lines the keys of the first rows. Empty if there is none."""
    corrected: bool
    """It is a rejected file of ours: it has columns that begin with `treeload_`."""
    size: int
    """Bytes before the first line that may be a row."""
    delimiter: str = ","
    """Of a CSV file: the one that the rules say, or the one that was found."""
    escape: Escape = "double"
    """The one that the rules say; of a rejected file of ours how we write it."""
    nested: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Of JSON: the names that lead to records nested in the first rows, each with the keys of these."""


def file_format(name: str, rules: ReadRules) -> Format:
    """Tell the format of a file by the rules or by its ending. Raises InputError if neither says it."""
    by_ending = next((known for ending, known in _ENDINGS.items() if unpacked_name(name).lower().endswith(ending)), None)
    if rules.format == "json" and by_ending == "jsonl":
        return by_ending  # the rejected rows of an array are JSON Lines
    if rules.format != "auto":
        return rules.format
    if by_ending:
        return by_ending
    raise InputError(
        f"{name}: its ending doesn't say what it is; .csv, .tsv and .tab are CSV, .jsonl and .ndjson are JSON Lines, "
        ".json is a JSON array or a tree file, or set read.format"
    )


def read_head(name: str, kind: Format, start: bytes, rules: ReadRules, *, whole: bool) -> Head:
    """Read the first bytes of a file, in UTF-8; `whole`: it has no others. Raises InputError if the file can't be read at all.

    Refused is a CSV header that isn't UTF-8 text, goes on for more than a MiB, has columns without a
    name or of the same name, or doesn't tell what separates its cells.
    """
    window = Window()
    window.add(start)
    window.ended = whole
    if kind == "csv":
        return _csv_head(name, window, rules)
    if kind == "jsonl":
        return _json_head(window, JsonReading(rules))
    found = find_elements(window.data)
    if found is None and whole and window.data.strip(BLANKS):
        found = 'a JSON object that ends before its "records" begin'
    if isinstance(found, str):
        advice = 'put the records into [ ], or set read.format = "jsonl" if each line is a record'
        raise InputError(f"{name}: is {found}: {advice}")
    head = _json_head(window, ArrayReading(rules))
    return replace(head, size=head.size + (found or 0))


def holds_rows(kind: Format, chunks: Iterable[bytes]) -> bool:
    """Whether anything but blank lines is behind the head, or the end of an array. Looks at no more chunks than it must."""
    behind = next(filter(None, (chunk.lstrip(_BLANKS[kind]) for chunk in chunks)), b"")
    return bool(behind) and not (kind == "json" and behind.startswith(b"]"))


def rowless(kind: Format, head: Head, size: int) -> str:
    """Say in which way a file of `size` bytes has no rows."""
    if head.columns:
        return "has a header and no rows"
    if kind == "json" and size > len(BOM):
        return "has no records"
    return "has only blank lines" if size > len(BOM) else "is empty"


def _json_head(window: Window, reading: JsonReading | ArrayReading) -> Head:
    blocks = chain(reading.feed(window.data), reading.end() if window.ended else ())
    rows = list(islice(chain.from_iterable(block.rows for block in blocks), FIRST_ROWS))
    columns = tuple(dict.fromkeys(chain.from_iterable(rows)))
    nested = tuple((path, tuple(keys)) for path, keys in nested_keys(rows).items())
    return Head(columns, _is_ours(columns), window.offset, nested=nested)


def _csv_head(name: str, window: Window, rules: ReadRules) -> Head:
    if rules.escape == "backslash":
        with suppress(InputError):
            ours = _csv_head(name, window, replace(rules, escape="double"))
            if ours.corrected:
                return ours
    lines = window.lines()
    delimiter = rules.delimiter
    if delimiter == AUTO:
        # Where the header isn't text, that is what is wrong.
        next(filter(str.strip, _decoded(name, lines, window.offset, rules.encoding)), None)
        delimiter = find_delimiter(name, _texts(lines), rules)
    csv.field_size_limit(rules.max_line)
    texts = _decoded(name, lines, window.offset, rules.encoding)
    if rules.escape == "backslash":
        texts = doubled(texts, delimiter, rules.quote)
    reader = csv.reader(chain(texts, [""]), delimiter=delimiter, quotechar=rules.quote)
    try:
        columns = next((row for row in reader if row and not _says_delimiter(lines, reader.line_num)), [])
    except csv.Error:
        raise InputError(f"{name}: a column's name in its header has more than {rules.max_line:,} characters") from None
    if reader.line_num > len(lines) and (columns or not window.ended):
        fault = "opens a quote that is never closed" if window.ended else f"doesn't end within {HEAD:,} bytes"
        raise InputError(f"{name}: its header {fault}; is it a CSV file?")
    _check_names(name, columns)
    corrected = _is_ours(columns)
    names = tuple(map(unescape, columns) if corrected else columns)
    return Head(names, corrected, window.offset + sum(map(len, lines[: reader.line_num])), delimiter, rules.escape)


def _says_delimiter(lines: list[bytes], number: int) -> bool:
    """Whether the line that a parser has read last names the delimiter; behind the end there is none."""
    return any(map(separator, lines[number - 1 : number]))


def _texts(lines: list[bytes]) -> list[str]:
    """Decode lines whatever is in them: to count cells that is enough."""
    return [line.decode(errors="replace") for line in lines]


def _decoded(name: str, lines: list[bytes], offset: int, encoding: str) -> Iterator[str]:
    for line in lines:
        if reason := flaw(line, offset, encoding):
            raise InputError(f"{name}: its header can't be read: {reason}; mend it, or set read.encoding")
        yield line.decode()
        offset += len(line)


def _check_names(name: str, columns: list[str]) -> None:
    """Each column needs a name of its own, or a cell could get lost."""
    nameless = [str(at) for at, column in enumerate(columns, 1) if not column.strip()]
    if nameless:
        raise InputError(f"{name}: its header has columns without a name: {', '.join(nameless)}; name or remove them")
    repeated = [column for column, times in Counter(columns).items() if times > 1]
    if repeated:
        raise InputError(f"{name}: its header has columns of the same name: {', '.join(map(repr, repeated))}; rename all but one")


def _is_ours(columns: Iterable[str]) -> bool:
    return any(column.startswith(OURS) for column in columns)
