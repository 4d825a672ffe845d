"""The life of one run, played at random against the journal on disk. Its process may be killed at any moment.

What the journal said was durable is kept beside it in plain Python (`told.py`), and after each step a reader must find exactly
that (`life.py`).
"""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from pipeline.errors import ExitCode, JournalError
from pipeline.journal.reading import reading
from pipeline.model.lifecycle import MOVES, ChunkState, RowState
from pipeline.model.pending import Inquiry, Pending
from pipeline.model.record import MEMBER, Ending
from pipeline.model.summary import imbalances
from pipeline.salesforce.ids import count_distinct
from tests.journal.killing import Moment
from tests.journal.life import ERRORS, LINES, Life, families_of, family_end, new_chunk, places_of
from tests.journal.told import Place

data = st.data()
killed = st.sampled_from([*[None] * 27, *Moment])
by_org = st.sampled_from([RowState.REJECTED_BY_ORG, RowState.IN_DOUBT])
by_us = st.sampled_from([RowState.UNREADABLE, RowState.DUPLICATE_IN_FILE, RowState.REJECTED_HERE])

with_rows_left = precondition(lambda self: self.numbers and self.unplaced())
with_one_planned = precondition(lambda self: self.holds(ChunkState.PLANNED))
with_one_sending = precondition(lambda self: self.holds(ChunkState.SENDING))


class OneRun(Life):
    """The steps of a run."""

    # ------------------------------------------------------------ sessions

    @initialize(data=data)
    def there_is_a_past(self, data):
        for _ in range(4):
            self.a_new_chunk_is_sent(data, None)
        self.a_try_did_nothing_and_some_rows_end_by_themselves(data, None)
        self.all_rows_of_a_chunk_end_by_themselves(data, None)

    @precondition(lambda self: self.held)
    @rule(ended=st.booleans(), moment=killed)
    def the_process_is_gone_and_another_goes_on(self, ended, moment):
        """End as a run does that is told to stop, or be killed while nothing is asked for."""
        if ended:
            self.the_run_ends()
        else:
            self.process.die()
        self.go_on(moment)

    def the_run_ends(self):
        counts = self.counts()
        nested = sum(place >= MEMBER for place in self.told.places())
        self.tell(lambda journal: journal.file_read(1, counts), lambda: None)
        self.tell(lambda journal: journal.nested_counted(1, nested), lambda: None)
        with reading(self.process.path) as record:
            assert imbalances(record.totals(count_distinct)[1]) == []
        self.tell(lambda journal: journal.end_session({"load": 1}, used=None, allowance=None), lambda: None)
        self.tell(lambda journal: journal.end(ExitCode.RESUMABLE, "SIGTERM was received"), lambda: None)
        self.process.end()

    @precondition(lambda self: self.lost())
    @rule(moment=killed)
    def what_was_not_done_is_read_again(self, moment):
        free = self.tell(lambda journal: journal.replan(), self.told.forget_the_planned, moment)
        if moment is None:
            assert free == self.told.free()
            known = self.process.ask(lambda journal: journal.known.rows(1))
            own = sorted(place for place in self.told.places() if place < MEMBER)
            assert [line for line in LINES if line in known] == own
            self.forget()
            self.numbers = count(free)

    # ------------------------------------------------------------ chunks

    @with_rows_left
    @rule(data=data, moment=killed)
    def a_new_chunk_is_sent(self, data, moment):
        chunk = self.cut(data)
        self.held[chunk.number] = chunk
        place = Place(ChunkState.SENDING, places_of(chunk), 1)
        self.tell(lambda journal: journal.sending(chunk), lambda: self.told.chunks.update({chunk.number: place}), moment)

    @with_one_planned
    @rule(data=data, moment=killed)
    def a_chunk_is_sent_again(self, data, moment):
        chunk = self.choose(data, self.holds(ChunkState.PLANNED))
        tries = chunk.attempts + 1
        self.tell(lambda journal: journal.sending(chunk), lambda: self.told.move(chunk.number, ChunkState.SENDING, tries), moment)

    @with_rows_left
    @rule(data=data, moment=killed)
    def a_chunk_is_not_attempted(self, data, moment):
        chunk = self.cut(data)
        place = Place(ChunkState.PLANNED, places_of(chunk), 0)
        self.tell(lambda journal: journal.not_attempted(chunk), lambda: self.told.chunks.update({chunk.number: place}), moment)

    @with_one_planned
    @rule(data=data, moment=killed)
    def a_chunk_is_not_attempted_again(self, data, moment):
        chunk = self.choose(data, self.holds(ChunkState.PLANNED))
        self.tell(lambda journal: journal.not_attempted(chunk), lambda: None, moment)
        self.let_go(chunk)

    @with_one_sending
    @rule(data=data, moment=killed)
    def a_try_did_nothing_and_some_rows_end_by_themselves(self, data, moment):
        chunk = self.choose(data, self.holds(ChunkState.SENDING))
        families = st.lists(st.sampled_from(families_of(chunk)), unique_by=tuple, max_size=len(chunk) - 1)
        ends = chunk.leave_out(self.endings(data, data.draw(families)))

        def change():
            self.told.end(chunk.number, ends)
            self.told.move(chunk.number, ChunkState.PLANNED, chunk.attempts)

        self.tell(lambda journal: journal.withdrawn(chunk, ends), change, moment)

    @with_one_sending
    @rule(data=data, moment=killed)
    def all_rows_of_a_chunk_end_by_themselves(self, data, moment):
        chunk = self.choose(data, self.holds(ChunkState.SENDING))
        ends = chunk.leave_out(self.endings(data, families_of(chunk)))

        def change():
            self.told.end(chunk.number, ends)
            self.told.move(chunk.number, ChunkState.SETTLED, chunk.attempts)

        self.tell(lambda journal: journal.ended(chunk, ends), change, moment)
        self.let_go(chunk)

    @with_one_sending
    @rule(data=data, moment=killed)
    def a_chunk_is_created(self, data, moment):
        chunk = self.choose(data, self.holds(ChunkState.SENDING))
        ids = [next(self.ids) for _ in chunk.names()]
        self.tell(
            lambda journal: journal.created(chunk, "".join(ids).encode()),
            lambda: self.told.move(chunk.number, ChunkState.SETTLED, chunk.attempts, ids),
            moment,
        )
        self.let_go(chunk)

    @with_one_sending
    @rule(data=data, moment=killed)
    def a_reply_is_lost(self, data, moment):
        chunk = self.choose(data, self.holds(ChunkState.SENDING))
        self.tell(
            lambda journal: journal.in_doubt(chunk, "the connection was cut"),
            lambda: self.told.move(chunk.number, ChunkState.IN_DOUBT, chunk.attempts),
            moment,
        )
        self.let_go(chunk)

    def endings(self, data, families: list[list[str]]) -> dict[str, Ending]:
        """Name one record or more of each of these families, each with an end of its own."""
        named = [data.draw(st.lists(st.sampled_from(names), unique=True, min_size=1)) for names in families]
        return {name: Ending(data.draw(by_org), ERRORS) for names in named for name in names}

    # ------------------------------------------------------------ the search

    @precondition(lambda self: self.numbers and self.divisible())
    @rule(data=data, steps=st.sampled_from([4, 3, 2, 1]), moment=killed)
    def the_front_of_a_chunk_goes_by_itself_and_may_come_back(self, data, steps, moment):
        """Go so many steps of the search; a process that is killed is killed at the last of them."""
        chunk = self.choose(data, self.divisible())
        front = chunk.take_front(data.draw(st.integers(1, len(chunk) - 1)), self.number())
        self.held[front.number] = front
        self.fronts[front.number] = chunk.number
        tries = front.attempts + 1
        rest, whole = places_of(chunk), places_of(front) + places_of(chunk)

        def divided():
            self.told.keep(chunk.number, rest)
            self.told.chunks[front.number] = Place(ChunkState.PLANNED, places_of(front), tries - 1)

        def joined():
            del self.told.chunks[front.number]
            self.told.keep(chunk.number, whole)

        story = [
            (lambda journal: journal.divided(chunk, front), divided),
            (lambda journal: journal.sending(front), lambda: self.told.move(front.number, ChunkState.SENDING, tries)),
            (lambda journal: journal.withdrawn(front, []), lambda: self.told.move(front.number, ChunkState.PLANNED, tries)),
            (lambda journal: journal.joined(chunk, front), joined),
        ]
        for number, (work, change) in enumerate(story[:steps], start=1):
            if number == len(story):
                chunk.put_back(front)
                self.let_go(front)
            self.tell(work, change, moment if number == steps else None)

    @precondition(lambda self: self.planned_fronts())
    @rule(data=data, moment=killed)
    def a_front_comes_back_later(self, data, moment):
        front = self.choose(data, self.planned_fronts())
        chunk = self.held[self.fronts[front.number]]
        chunk.put_back(front)

        def joined():
            del self.told.chunks[front.number]
            self.told.keep(chunk.number, places_of(chunk))

        self.let_go(front)
        self.tell(lambda journal: journal.joined(chunk, front), joined, moment)

    # ------------------------------------------------------------ rows, doubts, and what is refused

    @precondition(lambda self: self.numbers)
    @rule(data=data, state=by_us, moment=killed)
    def rows_end_here(self, data, state, moment):
        """Tell also of rows that have ended here before: a file is read again from its start."""
        before = {line: how for line, (how, chunk, _) in self.told.rows.items() if chunk is None and line < MEMBER}
        lines = st.sampled_from(sorted([*self.unplaced(), *before]) or [LINES.stop])
        chosen = data.draw(st.lists(lines, unique=True, max_size=3))
        ends = [end for line in chosen for end in family_end(line, before.get(line, state))]
        self.tell(lambda journal: journal.rows_ended(1, ends), lambda: self.told.end(None, ends), moment)

    @precondition(lambda self: self.told.pending())
    @rule(data=data, finding=st.sampled_from(["created", "not created", "rejected", "unclear"]), moment=killed)
    def a_doubt_is_looked_into(self, data, finding, moment):
        pending = self.process.ask(lambda journal: journal.doubts.pending())
        told = [(each.chunk, each.lines, tuple(place for _, place in each.kin), each.alone) for each in pending]
        assert told == self.told.pending()
        one = data.draw(st.sampled_from(pending))
        if one.alone:
            lines = data.draw(st.lists(st.sampled_from(one.lines), unique=True, min_size=1))
            kin = tuple((file, place) for file, place in one.kin if place % MEMBER in lines)
            one = replace(one, lines=tuple(sorted(lines)), kin=kin)
        elif finding == "rejected":
            finding = "not created"
        ids = {line: next(self.ids) for line in one.lines}
        kin_ids = {place: next(self.ids) for place in one.kin}
        inquiry = Inquiry("marker", "SELECT Id", "2026-11-23T00:00:00.000Z", finding)
        work = {
            "created": lambda journal: journal.doubts.created(one, ids, inquiry, kin=kin_ids),
            "not created": lambda journal: journal.doubts.not_created(one, inquiry),
            "rejected": lambda journal: journal.doubts.rejected(one, inquiry),
            "unclear": lambda journal: journal.doubts.unclear(one, inquiry),
        }[finding]
        self.tell(work, lambda: self._found(one, finding, ids | {place: key for (_, place), key in kin_ids.items()}), moment)

    def _found(self, one: Pending, finding: str, ids: dict[int, str]):
        self.told.inquiries += [(one.chunk, one.records, finding)] * (finding != "unclear")
        if finding == "unclear":
            return
        if not one.alone and finding == "created":
            in_order = [ids[place] for place in self.told.chunks[one.chunk].lines]
            self.told.move(one.chunk, ChunkState.SETTLED, ids=in_order, recovered=True)
        elif not one.alone:
            self.told.move(one.chunk, ChunkState.PLANNED)
        elif finding == "not created":
            self.told.rows = {place: row for place, row in self.told.rows.items() if place not in ids}
        else:
            exists = finding == "created"
            state = RowState.RECOVERED if exists else RowState.REJECTED_BY_ORG
            self.told.rows |= {place: (state, one.chunk, ids[place] if exists else "") for place in ids}

    @precondition(lambda self: self.told.chunks)
    @rule(data=data, to=st.sampled_from(ChunkState))
    def a_move_that_the_lifecycle_lacks_is_refused(self, data, to):
        number = data.draw(st.sampled_from(sorted(self.told.chunks)))
        place = self.told.chunks[number]
        chunk = new_chunk(number, [line for line in place.lines if line < MEMBER])
        chunk.attempts = 1
        everything = [end for line in LINES for end in family_end(line, RowState.IN_DOUBT)]
        work = {
            ChunkState.PLANNED: lambda journal: journal.withdrawn(chunk, everything),
            ChunkState.SENDING: lambda journal: journal.sending(chunk),
            ChunkState.SETTLED: lambda journal: journal.created(chunk, b"0" * 18 * chunk.size),
            ChunkState.IN_DOUBT: lambda journal: journal.in_doubt(chunk, "a reset"),
        }[to]
        if (place.state, to) not in MOVES:
            with pytest.raises(JournalError, match=f"can't become {to}"):
                self.tell(work, lambda: None)


def test_whatever_happens_to_a_run_what_its_journal_was_told_is_there_once():
    run_state_machine_as_test(OneRun, settings=settings(max_examples=80, stateful_step_count=25))
