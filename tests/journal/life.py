"""What the random life of a run is played with: a process, what its journal was told, and what must be found after each step."""

from collections import Counter
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
from pipeline.model.record import MEMBER, NO_KIN, Chunk, Ending, FieldError, Kin, RowEnd, member_reference, references
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


OBJECTS = ("Contact", "CampaignMember", "Contact")
"""What a row's own record is, what hangs under it, and what hangs under that."""


def kin_of(line: int) -> tuple[Kin, ...]:
    """Say what hangs under a row's record: each line has its own, and most have nothing."""
    places = [line + at * MEMBER for at in range(1, (0, 0, 2, 0, 1)[line % 5] + 1)]
    return tuple(
        Kin(OBJECTS[at], member_reference(1, place), place, 1, line * 20, member_reference(1, place - MEMBER), "Kin")
        for at, place in enumerate(places, start=1)
    )


def family_end(line: int, state: RowState) -> list[RowEnd]:
    """Let a row end by itself, with what hangs under it; a line that can't be read has nothing of that."""
    kin = () if state is RowState.UNREADABLE else kin_of(line)
    ending = Ending(state, ERRORS)
    return [
        RowEnd(line, line * 20, ending, b"Kim,x", "Contact"),
        *(RowEnd(one.line, one.offset, ending, b"", one.object) for one in kin),
    ]


def new_chunk(number: int, lines: list[int]) -> Chunk:
    rows, kin = [b"Kim,x\n"] * len(lines), [kin_of(line) for line in lines]
    chunk = Chunk(number, 1, [*lines], [line * 20 for line in lines], [b"{}"] * len(lines), rows, references(1, lines))
    chunk.kin = kin if any(kin) else []
    return chunk


def places_of(chunk: Chunk) -> tuple[int, ...]:
    """Give the places of its records, as the journal has to keep them."""
    return tuple(place for _, place, _ in chunk.places())


def families_of(chunk: Chunk) -> list[list[str]]:
    """Give the references of each row's records."""
    return [
        [own, *(one.reference for one in kin)]
        for own, kin in zip(chunk.references, chunk.kin or [NO_KIN] * len(chunk), strict=True)
    ]


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
        places, unreadable = sum(place < MEMBER for place in self.told.places()), self.told.count(RowState.UNREADABLE)
        return ReadCounts(lines=places, blank=0, unreadable=unreadable, rows=places - unreadable, complete=True)

    @invariant()
    def a_reader_finds_what_was_told(self):
        with reading(self.process.path) as record:
            nothing_is_lost_and_nothing_else_is_there(record, self.told)
            each_row_has_one_place_and_each_created_row_one_id(record)
            no_family_is_cut(record, self.told)
            the_equation_holds(record, self.told, self.counts())


def nothing_is_lost_and_nothing_else_is_there(record: Record, told: Told):
    chunks = {}
    for each in record.chunks(1):
        lines, ids = each.created()
        chunks[each.number] = Place(each.state, tuple(lines), each.attempts, tuple(ids), each.recovered)
    assert chunks == {number: place for number, place in told.chunks.items() if place.lines}
    rows = list(record.rows(1))
    assert {row.line: (row.state, row.chunk, row.id) for row in rows} == told.rows
    assert [row.line for row in rows] == sorted(told.rows, key=lambda place: (place % MEMBER, place))
    assert [(each.chunk, each.rows, each.finding) for each in record.resolutions()] == told.inquiries


def each_row_has_one_place_and_each_created_row_one_id(record: Record):
    places = [row.line for row in record.rows(1)]
    for chunk in record.chunks(1):
        lines, ids = chunk.created()
        assert len(ids) == (len(lines) if chunk.state is ChunkState.SETTLED else 0)
        own = [line for line in lines if line < MEMBER]
        assert own == sorted(own)
        assert chunk.first_line <= own[0] <= own[-1] <= chunk.last_line
        places += lines
    assert len(places) == len(set(places))


def no_family_is_cut(record: Record, told: Told):
    """All records of a row are in one chunk, or have ended by themselves; each is counted as what it is."""
    unreadable = [line for line, (state, _, _) in told.rows.items() if state is RowState.UNREADABLE]
    for group in (told.rows, *(place.lines for place in told.chunks.values())):
        own = {place for place in group if place < MEMBER}
        assert {*group} - own == {one.line for line in own.difference(unreadable) for one in kin_of(line)}
    counted = {name: sum(states.values()) for name, states in record.by_object().items()}
    known = Counter(OBJECTS[place // MEMBER] for place in told.places() if place not in unreadable)
    assert counted == known


def the_equation_holds(record: Record, told: Told, counts: ReadCounts):
    totals = record.totals(count_distinct)[1]
    nested = sum(place >= MEMBER for place in told.places())
    assert imbalances(replace(totals, lines_read=counts.lines, rows=counts.rows, nested=nested)) == []
    assert totals.in_doubt == told.count(ChunkState.IN_DOUBT) + told.count(ChunkState.SENDING) + told.count(RowState.IN_DOUBT)
    assert totals.duplicate_in_file == told.count(RowState.DUPLICATE_IN_FILE)
    assert totals.not_attempted == told.count(ChunkState.PLANNED)
    assert totals.created == told.count(ChunkState.SETTLED) + told.count(RowState.RECOVERED)
    assert sum(doubt.rows for doubt in record.doubts()) == totals.in_doubt
