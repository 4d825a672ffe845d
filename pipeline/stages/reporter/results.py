"""results.csv: one line for every row that was read, in the order of the files. Safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.formats.spreadsheet import escape_row
from pipeline.journal.reading import ChunkRows, Record, RowStory
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import FieldError, references
from pipeline.model.row import InputFile

HEADER = b"file,line,object,reference,state,id,error_code,error_message,error_fields,chunk,attempts,settled_at\n"


def results(record: Record) -> Iterator[bytes]:
    """Yield the file in pieces: the header, then a piece a chunk or less."""
    yield HEADER
    files = record.files()
    names = shown_names(files)
    for file in files:
        lines = _Lines(file.number, names[file.number], record.run().object)
        stories = _Ahead(record.rows(file.number))
        for chunks in _apart(record.chunks(file.number)):
            yield lines.stories(stories.until(chunks[0].first_line))
            yield lines.chunks(chunks, list(stories.until(max(chunk.last_line for chunk in chunks) + 1)))
        yield lines.stories(stories.until(None))


def _apart(chunks: Iterable[ChunkRows]) -> Iterator[list[ChunkRows]]:
    """Put chunks together that lie within each other: a row that went again by itself lies among those it was sent with first."""
    group: list[ChunkRows] = []
    last = 0
    for chunk in chunks:
        if group and chunk.first_line > last:
            yield group
            group = []
        group.append(chunk)
        last = max(last, chunk.last_line)
    if group:
        yield group


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
        while self._next is not None and (line is None or self._next.line < line):
            yield self._next
            self._next = next(self._stories, None)


class _Lines:
    """Writes the lines of one file."""

    def __init__(self, file: int, name: str, object_name: str) -> None:
        self._file = file
        self._name = name
        self._object = object_name

    def chunks(self, chunks: list[ChunkRows], stories: list[RowStory]) -> bytes:
        """Write the rows of chunks, and those that lie between them."""
        written = [self._chunk(chunk) for chunk in chunks]
        if len(chunks) == 1 and not stories:
            return "".join(written[0][1]).encode()
        placed = [place for lines, texts in written for place in zip(lines, texts, strict=True)]
        placed += [(story.line, self._story(story)) for story in stories]
        return "".join([text for _, text in sorted(placed)]).encode()

    def _chunk(self, chunk: ChunkRows) -> tuple[list[int], list[str]]:
        lines, ids = chunk.created()
        settled = chunk.state is ChunkState.SETTLED
        return lines, self._created(chunk, lines, ids) if settled else self._open(chunk, lines)

    def stories(self, stories: Iterable[RowStory]) -> bytes:
        """Write rows that lie in no chunk."""
        return "".join([self._story(story) for story in stories]).encode()

    def _created(self, chunk: ChunkRows, lines: Iterable[int], ids: list[str]) -> list[str]:
        head = _csv(self._name)
        middle = f",{self._object},r{self._file}_"
        tail = f",,,,{chunk.number},{chunk.attempts},{chunk.settled_at}\n"
        state = f",{RowState.RECOVERED.value if chunk.recovered else RowState.CREATED.value},"
        return [f"{head},{line}{middle}{line}{state}{key}{tail}" for line, key in zip(lines, ids, strict=True)]

    def _open(self, chunk: ChunkRows, lines: Iterable[int]) -> list[str]:
        planned = chunk.state is ChunkState.PLANNED
        state = RowState.NOT_ATTEMPTED if planned else RowState.IN_DOUBT
        errors = () if planned else (FieldError("IN_DOUBT", chunk.reason or "on its way, and not answered yet"),)
        return [self._story(RowStory(line, state, errors, chunk.number, chunk.attempts, chunk.settled_at)) for line in lines]

    def _story(self, story: RowStory) -> str:
        (named,) = [""] if story.state is RowState.UNREADABLE else references(self._file, [story.line])
        recovered = story.state is RowState.RECOVERED
        codes, messages, fields = error_columns(() if recovered else story.errors)
        number = "" if story.chunk is None else str(story.chunk)
        return (
            _csv(
                self._name,
                str(story.line),
                self._object,
                named,
                story.state.value,
                story.id,
                codes,
                messages,
                fields,
                number,
                str(story.attempts),
                story.settled_at,
            )
            + "\n"
        )


def _csv(*cells: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(escape_row(cells))
    return out.getvalue()
