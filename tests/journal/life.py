"""What the random life of a run is played with: a process, what its journal was told, and what must be found after each step."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from pipeline.journal.reading import Record, reading
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import Chunk, Ending, FieldError, RowEnd, references
from pipeline.model.record_id import to_18
from pipeline.model.row import InputFile
from pipeline.model.run import ReadCounts, Run
from pipeline.model.summary import imbalances
from pipeline.salesforce.ids import count_distinct
from tests.journal.killing import Moment, Process, Work
from tests.journal.told import Place, Told

LINES = range(1, 61)
RUN = Run("20261122-235635-abcd", "key", "people", "Contact", "embedded", "67.0", "reports", "2026-11-22T23:56:35Z")
FILE = InputFile(1, "/data/people.csv", "csv", 100, "ab" * 32, columns=("LastName",))
ERRORS = (FieldError("INVALID_EMAIL_ADDRESS", "Email: x", ("Email",)),)


def row_end(line: int, state: RowState) -> RowEnd:
    return RowEnd(line, line * 20, Ending(state, ERRORS), b"Kim,x")


def new_chunk(number: int, lines: list[int]) -> Chunk:
    rows = [b"Kim,x\n"] * len(lines)
    return Chunk(number, 1, [*lines], [line * 20 for line in lines], [b"{}"] * len(lines), rows, references(1, lines))


class Life(RuleBasedStateMachine):
    """`held` is what the process has in memory; `fronts` says from which chunk each front was taken."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.process = Process(Path(self.folder.name))
        self.ids = (to_18(f"003SM{number:010d}") for number in count(1))
        self.told = Told()
        self.numbers: count | None = count(1)
        self.held: dict[int, Chunk] = {}
        self.fronts: dict[int, int] = {}
        self.process.ask(lambda journal: journal.begin(RUN, [FILE]))
        self.process.ask(lambda journal: journal.start_session("0.1.0", "digest"))

    def teardown(self):
        self.process.close()
        self.folder.cleanup()

    def forget(self):
        """Forget what only the process knew."""
        self.numbers, self.held, self.fronts = None, {}, {}

    def tell(self, work: Work, change: Callable[[], object], moment: Moment | None = None) -> Any:
        """Ask for work. What changes by it is told, unless the process dies before that is on the disk; then the next goes on."""
        if moment is None:
            answer = self.process.ask(work)
            change()
            return answer
        self.process.ask_and_die(work, moment)
        if moment is Moment.COMMITTED:
            change()
        self.go_on()
        return None

    def go_on(self, moment: Moment | None = None):
        """Start a session in a new process, which knows only what is in the journal."""
        self.forget()
        self.a_reader_finds_what_was_told()
        self.tell(lambda journal: journal.start_session("0.1.0", "digest"), self.told.doubt_the_sending, moment)
        with reading(self.process.path) as record:
            assert all(chunk.state is not ChunkState.SENDING for chunk in record.chunks(1))

    def lost(self) -> bool:
        """Tell whether the river is over, and rows may have to flow once more."""
        planned = any(place.state is ChunkState.PLANNED for place in self.told.chunks.values())
        return not self.held and (self.numbers is None or planned)

    def holds(self, state: ChunkState) -> list[int]:
        """List the chunks in this state that the process has in memory; one whose front is out waits for it."""
        waiting = self.fronts.values()
        return [number for number in sorted(self.held) if self.told.chunks[number].state is state and number not in waiting]

    def divisible(self) -> list[int]:
        """List the chunks that the search may take a front from: a front itself goes back first."""
        return [n for n in self.holds(ChunkState.PLANNED) if n not in self.fronts and len(self.held[n]) > 1]

    def planned_fronts(self) -> list[int]:
        return [n for n in self.holds(ChunkState.PLANNED) if self.fronts.get(n) in self.held]

    def choose(self, data, numbers: list[int]) -> Chunk:
        return self.held[data.draw(st.sampled_from(numbers))]

    def let_go(self, chunk: Chunk):
        self.held.pop(chunk.number, None)
        self.fronts.pop(chunk.number, None)

    def number(self) -> int:
        """Give a new chunk its number."""
        assert self.numbers is not None
        return next(self.numbers)

    def unplaced(self) -> list[int]:
        return [line for line in LINES if line not in self.told.places()]

    def cut(self, data) -> Chunk:
        """Cut a chunk from the next rows that have no place, as the chunker does: no row that has one lies between them."""
        free, size = self.unplaced(), data.draw(st.integers(1, 6).map(lambda less: 7 - less))
        return new_chunk(self.number(), [*takewhile(free.__contains__, range(free[0], free[0] + size))])

    def counts(self) -> ReadCounts:
        """Count as a reader that has read just the rows that have a place."""
        places, unreadable = len(self.told.places()), self.told.count(RowState.UNREADABLE)
        return ReadCounts(lines=places, blank=0, unreadable=unreadable, rows=places - unreadable, complete=True)

    @invariant()
    def a_reader_finds_what_was_told(self):
        with reading(self.process.path) as record:
            nothing_is_lost_and_nothing_else_is_there(record, self.told)
            each_row_has_one_place_and_each_created_row_one_id(record)
            the_equation_holds(record, self.told, self.counts())


def nothing_is_lost_and_nothing_else_is_there(record: Record, told: Told):
    chunks = {}
    for each in record.chunks(1):
        lines, ids = each.created()
        chunks[each.number] = Place(each.state, tuple(lines), each.attempts, tuple(ids), each.recovered)
    assert chunks == {number: place for number, place in told.chunks.items() if place.lines}
    assert {row.line: (row.state, row.chunk, row.id) for row in record.rows(1)} == told.rows
    assert [(each.chunk, each.rows, each.finding) for each in record.resolutions()] == told.inquiries


def each_row_has_one_place_and_each_created_row_one_id(record: Record):
    places = [row.line for row in record.rows(1)]
    for chunk in record.chunks(1):
        lines, ids = chunk.created()
        assert len(ids) == (len(lines) if chunk.state is ChunkState.SETTLED else 0)
        assert lines == sorted(lines)
        assert chunk.first_line <= lines[0] <= lines[-1] <= chunk.last_line
        places += lines
    assert len(places) == len(set(places))


def the_equation_holds(record: Record, told: Told, counts: ReadCounts):
    totals = record.totals(count_distinct)[1]
    assert imbalances(replace(totals, lines_read=counts.lines, rows=counts.rows)) == []
    assert totals.in_doubt == told.count(ChunkState.IN_DOUBT) + told.count(ChunkState.SENDING) + told.count(RowState.IN_DOUBT)
    assert totals.duplicate_in_file == told.count(RowState.DUPLICATE_IN_FILE)
    assert totals.not_attempted == told.count(ChunkState.PLANNED)
    assert totals.created == told.count(ChunkState.SETTLED) + told.count(RowState.RECOVERED)
    assert sum(doubt.rows for doubt in record.doubts()) == totals.in_doubt
