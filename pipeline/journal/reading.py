"""A journal as its readers see it: read only, by anybody, while a run writes it or long after."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import orjson

from pipeline.errors import JournalError
from pipeline.journal.blobs import unpack_ids, unpack_lines
from pipeline.journal.sql import migrations, statements
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import MEMBER, FieldError
from pipeline.model.row import InputFile
from pipeline.model.run import Run, Session
from pipeline.model.summary import Totals


@dataclass(frozen=True, slots=True)
class ChunkRows:
    """A chunk with the lines of the rows that share its fate, and their ids once they are created."""

    number: int
    first_line: int
    last_line: int
    lines: bytes
    state: ChunkState
    attempts: int
    settled_at: str
    reason: str
    ids: bytes
    recovered: bool
    object: int
    objects: bytes
    """The object of each place by its number, where they aren't all of `object`."""

    def created(self) -> tuple[list[int], list[str]]:
        """Lines and ids, unpacked."""
        return list(unpack_lines(self.lines)), unpack_ids(self.ids)


@dataclass(frozen=True, slots=True)
class RowStory:
    """A row that ended by itself: where, how and why."""

    line: int
    state: RowState
    errors: tuple[FieldError, ...]
    chunk: int | None = None
    attempts: int = 0
    settled_at: str = ""
    id: str = ""
    source: bytes = b""
    object: int = 0
    family: tuple[int, int] = (0, 0)
    """File and line of the row that it hangs under, where that is one of another file."""


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Rows with the same error."""

    state: RowState
    code: str
    fields: tuple[str, ...]
    example: str
    rows: int
    first_file: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Rows that may have been created, and what was asked about them last."""

    file: int
    first_line: int
    last_line: int
    rows: int
    chunk: int
    sent_at: str
    reason: str
    question: str | None
    finding: str | None
    """Why the answer did not settle it."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Rows that were in doubt, and how that was settled: by evidence (`marker`, `key`, `values`) or by a person's `word`."""

    file: int
    chunk: int
    rows: int
    sent_at: str
    way: str
    question: str
    asked_at: str
    finding: str
    reason: str
    who: str


_FINAL = {"settled": RowState.CREATED, "sending": RowState.IN_DOUBT, "planned": RowState.NOT_ATTEMPTED}
"""What the state of a chunk is for its records, where it isn't called the same."""


class OlderJournal(JournalError):
    """A journal of an older version: whoever holds the job's lock may bring it up to date."""


class Record:
    """What a journal says. All sequences are streamed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._sql = statements()

    def begun(self) -> bool:
        """Tell whether the run was written down at all: a process may die just after it made the file."""
        (tables,) = self._db.execute(self._sql["tables"]).fetchone()
        return bool(tables) and self._db.execute(self._sql["the_run"]).fetchone() is not None

    def run(self) -> Run:
        """Return the run.

        :raises JournalError: if it was never written down.
        """
        if not self.begun():
            raise JournalError("this run never began: its process died before anything was sent")
        return Run(*self._db.execute(self._sql["the_run"]).fetchone())

    def sessions(self) -> list[Session]:
        """Return the starts of the command on it."""
        return [
            Session(
                no, at, version, config, before, after, allowance, path, tuple(orjson.loads(overrides)), orjson.loads(effects)
            )
            for no, at, version, config, before, after, allowance, path, overrides, effects in self._db.execute(
                self._sql["the_sessions"]
            )
        ]

    def files(self) -> list[InputFile]:
        """Return the input files, in order."""
        return [
            InputFile(
                number, path, form, size, sha256, delimiter, quote, tuple(orjson.loads(columns)), object=name, joined=joined
            )
            for number, path, form, size, sha256, delimiter, quote, columns, name, joined, *_ in self._db.execute(
                self._sql["the_files"]
            )
        ]

    def objects(self) -> dict[int, str]:
        """Name the objects that records are of, by number; 0 is the run's own."""
        return dict(self._db.execute(self._sql["the_objects"]))

    def complete(self) -> dict[int, bool]:
        """Tell of each file whether it was read to its end."""
        return {row[0]: bool(row[-1]) for row in self._db.execute(self._sql["the_files"])}

    def calls(self) -> Mapping[str, int]:
        """Return calls by purpose, over all sessions."""
        return dict(self._db.execute(self._sql["the_calls"]))

    def totals(self, count_distinct: Callable[[Callable[[], Iterator[bytes]]], int]) -> dict[int, Totals]:
        """Count each file's rows by final state: each term of the equation from its own source.

        Lines, blank lines and rows are what the reader counted; ids are counted as distinct by `count_distinct`. Of a joined
        file only those rows count that were taken up to where the others were read: all of them, once these are read to the end.
        """
        whole = all(self.complete().values())
        chunks = {row[0]: row[1:] for row in self._db.execute(self._sql["chunk_totals"])}
        rows: dict[int, Counter[str]] = {}
        sent: Counter[int] = Counter()
        for file, state, count, in_chunks in self._db.execute(self._sql["row_totals"]):
            rows.setdefault(file, Counter())[state] = count
            sent[file] += in_chunks
        totals = {}
        for number, *_, joined, all_lines, blank, all_rows, nested, _complete in self._db.execute(self._sql["the_files"]):
            together, created, recovered, in_doubt, not_attempted = chunks.get(number, (0, 0, 0, 0, 0))
            ended = rows.get(number, Counter())
            lines_read, read = all_lines, all_rows
            if joined and not whole:
                taken = ended[RowState.DUPLICATE_IN_FILE] + ended[RowState.REJECTED_HERE] + together + sent[number]
                read = taken - nested
                lines_read = blank + ended[RowState.UNREADABLE] + read
            totals[number] = Totals(
                lines_read=lines_read,
                blank=blank,
                unreadable=ended[RowState.UNREADABLE],
                rows=read,
                nested=nested,
                duplicate_in_file=ended[RowState.DUPLICATE_IN_FILE],
                rejected_here=ended[RowState.REJECTED_HERE],
                eligible=together + sent[number],
                created=created + ended[RowState.RECOVERED],
                recovered=recovered + ended[RowState.RECOVERED],
                rejected_by_org=ended[RowState.REJECTED_BY_ORG],
                in_doubt=in_doubt + ended[RowState.IN_DOUBT],
                not_attempted=not_attempted,
                distinct_ids=count_distinct(partial(self.ids, number)),
            )
        return totals

    def by_object(self) -> dict[str, Counter[RowState]]:
        """Count the records of each object by their final state."""
        counts: Counter[tuple[int, str]] = Counter()
        for name in ("chunk_states", "row_states"):
            for number, state, records in self._db.execute(self._sql[name]):
                counts[number, state] += records
        for numbers, state in self._db.execute(self._sql["mixed_chunks"]):
            counts.update((number, state) for number in numbers)
        found: dict[str, Counter[RowState]] = {name: Counter() for name in self.objects().values()}
        for (number, state), records in counts.items():
            found[self.objects()[number]][_FINAL.get(state) or RowState(state)] += records
        return {name: states for name, states in found.items() if states}

    def chunks(self, file: int) -> Iterator[ChunkRows]:
        """Yield a file's chunks in the order of its lines."""
        for row in self._db.execute(self._sql["the_chunks"], {"file": file}):
            number, first, last, lines, state, attempts, settled_at, reason, ids, recovered, *objects = row
            yield ChunkRows(
                number, first, last, lines, ChunkState(state), attempts, settled_at, reason, ids, bool(recovered), *objects
            )

    def rows(self, file: int) -> Iterator[RowStory]:
        """Yield a file's rows with a story of their own, in the order of its lines."""
        for line, state, errors, chunk, attempts, at, key, number, *family in self._db.execute(
            self._sql["the_rows"], {"file": file}
        ):
            yield RowStory(
                line, RowState(state), _errors(errors), chunk, attempts, at, key, object=number, family=(family[0], family[1])
            )

    def sources(self, file: int) -> Iterator[RowStory]:
        """Yield a file's rejected rows with their sources, in the order of its lines."""
        for line, state, errors, source in self._db.execute(self._sql["the_sources"], {"file": file}):
            yield RowStory(line, RowState(state), _errors(errors), source=source)

    def part_sources(self, file: int, object_number: int) -> Iterator[RowStory]:
        """Yield rejected records of an object that began a part of a family, with what was sent, in the order of the file."""
        asked = {"file": file, "object": object_number}
        for line, state, errors, source in self._db.execute(self._sql["the_part_sources"], asked):
            yield RowStory(line, RowState(state), _errors(errors), source=source, object=object_number)

    def ids(self, file: int) -> Iterator[bytes]:
        """Yield the ids of each chunk of a file, joined."""
        for (ids,) in self._db.execute(self._sql["the_ids"], {"file": file}):
            yield ids

    def doubts(self) -> list[Doubt]:
        """Return what is in doubt, in the order of the files."""
        return [Doubt(*row) for row in self._db.execute(self._sql["doubts"])]

    def resolutions(self) -> list[Resolution]:
        """Return what was in doubt and is settled, in the order in which that came about."""
        return [Resolution(*row) for row in self._db.execute(self._sql["inquiries"])]

    def error_groups(self) -> list[ErrorGroup]:
        """Return the errors with the number of rows each, the most frequent first."""
        return [
            ErrorGroup(RowState(state), code, tuple(orjson.loads(fields)), example, count, *divmod(place, MEMBER))
            for state, code, fields, example, count, place in self._db.execute(self._sql["error_groups"])
        ]


@contextmanager
def reading(path: Path) -> Iterator[Record]:
    """Open a journal to read it.

    :raises JournalError: if it isn't one, or not one that this program can read.
    """
    try:
        db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise JournalError(f"{path}: can't be opened ({error})") from error
    try:
        _check_version(db, path)
        yield Record(db)
    finally:
        db.close()


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    known = len(migrations())
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise JournalError(f"{path}: is not a journal ({error})") from error
    if 0 < version < known:  # 0: made, and nothing written yet
        raise OlderJournal(
            f"{path}: is a journal of version {version}, this treeload reads version {known}: `treeload run` of its job "
            "brings it up to date; or use the treeload that wrote it"
        )
    if version > known:
        raise JournalError(
            f"{path}: is a journal of version {version}, this treeload reads version {known}: use the one that wrote it"
        )


def _errors(text: str) -> tuple[FieldError, ...]:
    return tuple(FieldError(code, message, tuple(fields)) for code, message, fields in orjson.loads(text))
