"""JSON Lines: bytes to blocks of rows, each a JSON object, with the bytes it was read from and the place where it stands.

https://jsonlines.org
"""

import re
from collections.abc import Generator, Sequence
from contextlib import suppress
from itertools import accumulate, count
from typing import Any

import orjson

from pipeline.formats.flaws import RAW, flaw, not_an_object, not_json, too_long, twice, without_end
from pipeline.formats.json_keys import all_distinct, repeated_key
from pipeline.formats.reading import BLOCK_ROWS, FindEnd, LongRow, Reading
from pipeline.formats.rules import ReadRules
from pipeline.formats.tree_file import BLANKS
from pipeline.formats.window import Window
from pipeline.model.row import ObjectBlock, Unreadable

_LINE_END = re.compile(rb"\r\n|\r|\n")


class JsonReading(Reading[ObjectBlock]):
    """Reads a JSON Lines file."""

    def __init__(self, rules: ReadRules) -> None:
        super().__init__(rules.max_line)
        self._max_line = rules.max_line
        self._encoding = rules.encoding

    def _whole_rows(self, window: Window) -> Generator[ObjectBlock, None, bool]:
        lines = window.lines()
        starts = list(accumulate(map(len, lines), initial=window.offset))
        for first in range(0, len(lines), BLOCK_ROWS):
            part = lines[first : first + BLOCK_ROWS]
            offsets = starts[first : first + len(part)]
            line, limit = window.line + first, self._max_line
            yield _plain(part, line, offsets, limit) or _sorted_out(part, line, offsets, limit, self._encoding)
        window.pass_over(starts[-1] - window.offset, lines=len(lines))
        return False

    def _find_end(self) -> FindEnd:
        return _find_line_end

    def _set_aside(self, long: LongRow) -> ObjectBlock:
        reason = too_long("a line", self._max_line, "bytes")
        return ObjectBlock([], [], [], [Unreadable(long.line, long.offset, reason, without_end(long.start()))])


def _plain(part: list[bytes], line: int, offsets: list[int], max_line: int) -> ObjectBlock | None:
    """Make a block of lines that hold a JSON object each; `None` if one of them doesn't."""
    if offsets[-1] + len(part[-1]) - offsets[0] > max_line and max(map(len, part)) > max_line:
        return None
    rows = objects_in(part)
    if rows is None:
        return None
    return ObjectBlock(range(line, line + len(part)), offsets, list(map(bytes.strip, part)), rows=rows)


def objects_in(texts: Sequence[bytes]) -> list[dict[str, Any]] | None:
    """Return the objects that these texts hold, one each; `None` if there may be something wrong with one of them."""
    with suppress(orjson.JSONDecodeError):
        rows = list(map(orjson.loads, texts))
        if set(map(type, rows)) == {dict} and all_distinct(b"".join(texts), rows):
            return rows
    return None


def _sorted_out(part: list[bytes], line: int, offsets: list[int], max_line: int, encoding: str) -> ObjectBlock:
    """Do the same line by line: blank lines are counted, unreadable ones set aside."""
    kept: list[tuple[int, int, dict[str, Any], bytes]] = []
    unreadable: list[Unreadable] = []
    blank = 0
    for number, offset, whole in zip(count(line), offsets, part):
        text = without_end(whole)
        row = object_in(text, offset, max_line, encoding)
        if isinstance(row, dict):
            kept.append((number, offset, row, text.strip(BLANKS)))
        elif row is None:
            blank += 1
        else:
            unreadable.append(Unreadable(number, offset, row, text[:RAW]))
    lines, places, rows, raw = map(list, zip(*kept, strict=True)) if kept else ([], [], [], [])
    return ObjectBlock(lines, places, raw, unreadable, blank, rows)


def object_in(line: bytes, offset: int, max_line: int, encoding: str) -> dict[str, Any] | str | None:
    """Return the object that a line holds, the reason why it holds none, or `None` for a blank line."""
    if len(line) > max_line:
        return too_long("a line", max_line, "bytes")
    if not line.strip(BLANKS):
        return None
    if reason := flaw(line, offset, encoding):
        return reason
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return not_json(error.msg, error.colno)
    if not isinstance(row, dict):
        return not_an_object(row)
    key = None if all_distinct(line, [row]) else repeated_key(line)
    return row if key is None else twice(key)


def _find_line_end(piece: bytes) -> int | None:
    end = _LINE_END.search(piece)
    return end and end.end()
