"""results.csv: one line for every row that was read, and for every record nested in one, in the order of the files.

Safe to open in a spreadsheet.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import NamedTuple

from pipeline.formats.spreadsheet import escape_row
from pipeline.journal.reading import ChunkRows, Record, RowStory
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import MEMBER, FieldError, member_reference
from pipeline.model.row import InputFile
from pipeline.stages.reporter.scattered import in_order

HEADER = b"file,line,object,reference,state,id,error_code,error_message,error_fields,chunk,attempts,settled_at\n"


def results(record: Record, folder: Path) -> Iterator[bytes]:
    """Yield the file in pieces: the header, then a piece a chunk or less; what has to be put in order for it lies in `folder`."""
    yield HEADER
    files = record.files()
    names, objects = shown_names(files), record.objects()
    for file in files:
        lines = _Lines(file.number, names[file.number], objects)
        if file.joined:  # its rows lie in the chunks of others, in their order
            yield from in_order(_placed(record, file.number, lines), folder)
            continue
        stories = _Ahead(record.rows(file.number))
        held, enough = _NONE, 0
        for chunk in record.chunks(file.number):
            if len(held.places) >= enough:
                ready, held = held.parted(chunk.first_line)
                yield ready.joined([lines.story(story) for story in stories.until(chunk.first_line)])
                enough = 2 * len(held.places)  # where chunks overlap, what stays is looked at only when there is as much again
            held = held.and_also(lines.chunk(chunk)._replace(first=chunk.first_line, last=chunk.last_line))
        yield held.joined([lines.story(story) for story in stories.until(None)])


def _placed(record: Record, file: int, lines: "_Lines") -> Iterator[tuple[int, str]]:
    """Yield the lines of a file in any order, with the places of their records."""
    for chunk in record.chunks(file):
        held = lines.chunk(chunk)
        yield from zip(held.places, held.texts, strict=True)
    for story in record.rows(file):
        yield lines.story(story)


class _Held(NamedTuple):
    """Lines of the report, with the places that their records have in the file."""

    places: list[int]
    texts: list[str]
    first: int = 0
    """The first line of the file among them ..."""
    last: int = 0
    """... and the last one."""

    def parted(self, before: int) -> tuple["_Held", "_Held"]:
        """Part what stands before a line of the file from the rest, which is mixed with rows of chunks that come."""
        if self.last < before:
            return self, _NONE
        if self.first >= before:
            return _NONE, self
        first = [_row(place) < before for place in self.places]
        rest = [not is_first for is_first in first]
        return self._chosen(first), self._chosen(rest)

    def _chosen(self, chosen: list[bool]) -> "_Held":
        places = list(compress(self.places, chosen))
        rows = [*map(_row, places)]
        return _Held(places, list(compress(self.texts, chosen)), min(rows, default=0), max(rows, default=0))

    def and_also(self, other: "_Held") -> "_Held":
        """Add lines of a chunk that comes."""
        if not self.places:
            return other
        first, last = min(self.first, other.first), max(self.last, other.last)
        return _Held([*self.places, *other.places], self.texts + other.texts, first, last)

    def joined(self, stories: list[tuple[int, str]]) -> bytes:
        """Write these lines and those of stories in the order of the file, in which they nearly always are."""
        if not stories and max(self.places, default=0) < MEMBER and self.places == sorted(self.places):
            return "".join(self.texts).encode()
        placed = [*zip(self.places, self.texts, strict=True), *stories]
        return "".join([text for _, text in sorted(placed, key=lambda one: (_row(one[0]), one[0]))]).encode()


_NONE = _Held([], [])


def _row(place: int) -> int:
    return place & (MEMBER - 1)


def shown_names(files: Iterable[InputFile]) -> dict[int, str]:
    """Name each file by its name alone, or by its path where two have the same name."""
    files = list(files)
    names = [Path(file.path).name for file in files]
    return {file.number: name if names.count(name) == 1 else file.path for file, name in zip(files, names, strict=True)}


def error_columns(errors: Iterable[FieldError]) -> tuple[str, str, str]:
    """All errors of a row in three cells: codes, messages, fields."""
    errors = tuple(errors)
    fields = dict.fromkeys(field for error in errors for field in error.fields)
    return "; ".join(error.code for error in errors), " | ".join(error.message for error in errors), "; ".join(fields)


class _Ahead:
    """A stream of stories, taken up to a line."""

    def __init__(self, stories: Iterator[RowStory]) -> None:
        self._stories = stories
        self._next = next(stories, None)

    def until(self, line: int | None) -> Iterator[RowStory]:
        while self._next is not None and (line is None or _row(self._next.line) < line):
            yield self._next
            self._next = next(self._stories, None)


class _Lines:
    """Writes the lines of one file."""

    def __init__(self, file: int, name: str, objects: Mapping[int, str]) -> None:
        self._file = file
        self._name = name
        self._objects = objects

    def chunk(self, chunk: ChunkRows) -> _Held:
        """Write the records of a chunk."""
        places, ids = chunk.created()
        if chunk.state is not ChunkState.SETTLED:
            return self._open(chunk, places)
        head = _csv(self._name)
        tail = f",,,,{chunk.number},{chunk.attempts},{chunk.settled_at}\n"
        state = f",{RowState.RECOVERED.value if chunk.recovered else RowState.CREATED.value},"
        if chunk.objects or max(places, default=0) >= MEMBER:
            return _Held(
                places,
                [
                    f"{head},{_row(at)},{name},{member_reference(self._file, at)}{state}{key}{tail}"
                    for at, name, key in zip(places, self._names(chunk, places), ids, strict=True)
                ],
            )
        middle = f",{self._objects[chunk.object]},r{self._file}_"
        return _Held(places, [f"{head},{line}{middle}{line}{state}{key}{tail}" for line, key in zip(places, ids, strict=True)])

    def _names(self, chunk: ChunkRows, places: Sequence[int]) -> list[str]:
        """Name the object of each record."""
        return [self._objects[number] for number in chunk.objects or [chunk.object] * len(places)]

    def _open(self, chunk: ChunkRows, places: list[int]) -> _Held:
        planned = chunk.state is ChunkState.PLANNED
        state = RowState.NOT_ATTEMPTED if planned else RowState.IN_DOUBT
        errors = () if planned else (FieldError("IN_DOUBT", chunk.reason or "on its way, and not answered yet"),)
        numbers = chunk.objects or [chunk.object] * len(places)
        return _Held(
            places,
            [
                self.story(RowStory(at, state, errors, chunk.number, chunk.attempts, chunk.settled_at, object=number))[1]
                for at, number in zip(places, numbers, strict=True)
            ],
        )

    def story(self, story: RowStory) -> tuple[int, str]:
        """Write a record that lies in no chunk."""
        recovered = story.state is RowState.RECOVERED
        codes, messages, fields = error_columns(() if recovered else story.errors)
        text = _csv(
            self._name,
            str(_row(story.line)),
            self._objects[story.object],
            "" if story.state is RowState.UNREADABLE else member_reference(self._file, story.line),
            story.state.value,
            story.id,
            codes,
            messages,
            fields,
            "" if story.chunk is None else str(story.chunk),
            str(story.attempts),
            story.settled_at,
        )
        return story.line, text + "\n"


def _csv(*cells: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(escape_row(cells))
    return out.getvalue()
