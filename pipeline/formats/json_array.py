"""One JSON array of records, by itself or in a tree file: bytes to blocks of rows, one element after the other, however many.

An element's line is its number in the array, from 1 on: many arrays are one physical line, and each row needs a place of its own.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, NamedTuple

from pipeline.formats.flaws import RAW, too_long
from pipeline.formats.json_lines import object_in, objects_in
from pipeline.formats.reading import BLOCK_ROWS
from pipeline.formats.rules import ReadRules
from pipeline.formats.tree_file import BLANKS, NO_ARRAY, fault_behind, find_elements
from pipeline.formats.window import BOM
from pipeline.model.row import ObjectBlock, Unreadable

_SIGN = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'\\.|"', re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[{}\[\]]', re.DOTALL)
"""Everything up to the next bracket that is in no string, and the bracket: an object is a few steps, not one for each sign."""
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
"""No string in JSON holds a line end as it is, so none of them means anything."""


class _Part(Enum):
    BEFORE = auto()
    WITHIN = auto()
    AFTER = auto()
    BEHIND = auto()
    """After the records of a tree file."""
    NOWHERE = auto()
    """The file holds no array."""


class _Element(NamedTuple):
    """What stands between two commas."""

    offset: int
    raw: bytes
    """Only the beginning, if it is too long."""
    size: int


class ArrayReading:
    """Reads a JSON array or a tree file. It never fails, whatever the bytes: what holds no record is among the `unreadable`."""

    def __init__(self, rules: ReadRules) -> None:
        self._most_bytes = rules.max_line
        self._encoding = rules.encoding
        self._part = _Part.BEFORE
        self._in_tree = False
        self._fault = ""
        """Why the file holds no array."""
        self._count = 0
        """Elements so far."""
        self._held = b""
        """What is in hand: it begins behind the last element that was whole, or in the midst of one that is too long."""
        self._offset = 0
        """Where that begins in the file."""
        self._gone = 0
        """Bytes of an element that is too long which are no longer in hand."""
        self._kept = b""
        """The first of these."""
        self._seen = 0
        """Bytes in hand that were looked at; behind them so many brackets are open, and perhaps a string."""
        self._depth = 0
        self._in_string = False

    def feed(self, chunk: bytes) -> Iterator[ObjectBlock]:
        """Take the next bytes; yield blocks of the elements that are whole now."""
        self._held += chunk
        if self._part is _Part.BEFORE:
            self._begin()
        while self._part is _Part.WITHIN and (found := list(self._elements())):
            yield self._block(found)
        if self._part in {_Part.AFTER, _Part.NOWHERE}:
            self._pass_over(len(self._held) - len(self._held.lstrip(BLANKS)))
            self._held = self._held[:RAW]
        elif self._part is _Part.BEHIND:
            self._held = self._held[: RAW + 1]
        elif self._part is _Part.WITHIN and self._gone + len(self._held) > self._most_bytes:
            self._kept = (self._kept + self._held[: self._seen])[:RAW]
            self._gone += self._seen
            self._pass_over(self._seen)

    def end(self) -> Iterator[ObjectBlock]:
        """Yield what is left at the file's end, which is nothing if the array is closed."""
        reason = self._left_over()
        if reason:
            where = self._count + 1, self._offset - self._gone
            yield ObjectBlock([], [], [], [Unreadable(*where, reason, (self._kept + self._held)[:RAW])])

    def _begin(self) -> None:
        if self._offset == 0 and self._held.startswith(BOM):
            self._pass_over(len(BOM))
        if self._offset == 0 and BOM.startswith(self._held):
            return  # it may become a byte order mark
        found = find_elements(self._held)
        if isinstance(found, str):
            self._part, self._fault = _Part.NOWHERE, found
        elif found is None:
            blank = len(self._held) - len(self._held.lstrip(BLANKS))
            self._pass_over(blank)
        else:
            self._part = _Part.WITHIN
            self._in_tree = self._held.lstrip(BLANKS).startswith(b"{")
            self._pass_over(found)

    def _left_over(self) -> str | None:
        """Say what is wrong with what is in hand at the file's end."""
        match self._part:
            case _Part.BEFORE if self._held.startswith(b"{"):
                return 'a JSON object that ends before its "records" begin'
            case _Part.BEFORE:
                return NO_ARRAY if self._held.removeprefix(BOM) else None
            case _Part.WITHIN:
                return "the array is never closed; everything to the end of the file is in this element"
            case _Part.AFTER:
                return "something follows the end of the array" if self._held else None
            case _Part.BEHIND:
                return fault_behind(self._held)
            case _Part.NOWHERE:
                return self._fault

    def _elements(self) -> Iterator[_Element]:
        """Take the next elements that are whole, at most as many as a block has."""
        begin = 0
        for _ in range(BLOCK_ROWS):
            end = self._find_end()
            if end is None:
                break
            raw = self._held[begin:end]
            element = _Element(
                self._offset + begin - self._gone, (self._kept + raw)[:RAW] if self._gone else raw, self._gone + len(raw)
            )
            self._kept, self._gone = b"", 0
            last = self._held.startswith(b"]", end)
            begin = self._seen = end + 1
            if not last or self._count or element.raw.strip(BLANKS):  # otherwise an array without elements
                self._count += 1
                yield element
            if last:
                self._part = _Part.BEHIND if self._in_tree else _Part.AFTER
                break
        self._pass_over(begin)

    def _find_end(self) -> int | None:
        """Return the position of the comma or bracket behind the element, or None if it isn't in hand."""
        self._leap()
        while match := (_IN_STRING if self._in_string else _SIGN).search(self._held, self._seen):
            sign = match[0]
            if not self._depth and not self._in_string and sign in b",]":
                return match.start()
            self._seen = match.end()
            if sign == b'"':
                self._in_string = not self._in_string
            elif self._depth == 0 and sign in b"[{":
                self._depth = 1
                self._leap()
            elif not self._in_string and sign != b",":
                self._depth = max(0, self._depth + (1 if sign in b"[{" else -1))
        half = self._in_string and self._held.endswith(b"\\", self._seen)  # an escape whose other half is to come
        self._seen = len(self._held) - half
        return None

    def _leap(self) -> None:
        """Go on from bracket to bracket as long as the element isn't at its end and what is between them is in hand."""
        depth, seen, held = self._depth, self._seen, self._held
        while depth and not self._in_string and (match := _TO_BRACKET.match(held, seen)):
            seen = match.end()
            depth += 1 if held[seen - 1] in b"[{" else -1
        self._depth, self._seen = depth, seen

    def _block(self, elements: list[_Element]) -> ObjectBlock:
        return self._plain(elements) or self._sorted_out(elements)

    def _plain(self, elements: list[_Element]) -> ObjectBlock | None:
        """Make a block of elements that hold an object each; `None` if one of them doesn't."""
        if max(element.size for element in elements) > self._most_bytes:
            return None
        raw = [element.raw.strip(BLANKS) for element in elements]
        rows = objects_in(raw)
        if rows is None:
            return None
        lines = range(self._count - len(elements) + 1, self._count + 1)
        offsets = [element.offset + element.raw.index(b"{") for element in elements]
        return ObjectBlock(lines, offsets, [text.translate(_ON_ONE_LINE) for text in raw], rows=rows)

    def _sorted_out(self, elements: list[_Element]) -> ObjectBlock:
        """Do the same one by one: unreadable ones are set aside."""
        lines: list[int] = []
        offsets: list[int] = []
        raw: list[bytes] = []
        rows: list[dict[str, Any]] = []
        unreadable: list[Unreadable] = []
        for number, element in enumerate(elements, self._count - len(elements) + 1):
            text = element.raw.strip(BLANKS)
            offset = element.offset + len(element.raw) - len(element.raw.lstrip(BLANKS))
            row = self._row(element, text, offset)
            if isinstance(row, str):
                unreadable.append(Unreadable(number, offset, row, text[:RAW]))
            else:
                lines.append(number)
                offsets.append(offset)
                raw.append(text.translate(_ON_ONE_LINE))
                rows.append(row)
        return ObjectBlock(lines, offsets, raw, unreadable, 0, rows)

    def _row(self, element: _Element, text: bytes, offset: int) -> dict[str, Any] | str:
        """Return the object that an element is, or the reason why it is none."""
        if element.size > self._most_bytes:
            return too_long("an element", self._most_bytes, "bytes")
        row = object_in(text, offset, self._most_bytes, self._encoding)
        return "nothing between two commas" if row is None else row

    def _pass_over(self, size: int) -> None:
        self._held = self._held[size:]
        self._offset += size
        self._seen = max(0, self._seen - size)
