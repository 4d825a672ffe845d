"""What a journal was told, kept in plain Python: what has to be found in it, whatever happens to its process."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import MEMBER, RowEnd

Row = tuple[RowState, int | None, str]
"""State, chunk and id of a row with a story of its own."""


@dataclass(frozen=True)
class Place:
    """A chunk as it should stand in the journal."""

    state: ChunkState
    lines: tuple[int, ...]
    """The places of its records, each row's own and then those of its kin."""
    attempts: int
    ids: tuple[str, ...] = ()
    recovered: bool = False


@dataclass
class Told:
    """Everything that was told to be durable, and nothing else."""

    chunks: dict[int, Place] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    inquiries: list[tuple[int, int, str]] = field(default_factory=list)
    """Chunk, number of records and finding of those that settled something."""

    def places(self) -> list[int]:
        """Return the places of records that are known; one that is known in two ways is there twice."""
        return [*self.rows, *(line for place in self.chunks.values() for line in place.lines)]

    def free(self) -> int:
        """Return the first chunk number that nothing has."""
        of_rows = [chunk for _, chunk, _ in self.rows.values() if chunk is not None]
        return max([0, *self.chunks, *of_rows, *(chunk for chunk, _, _ in self.inquiries)]) + 1

    def count(self, state: ChunkState | RowState) -> int:
        """Count the records that are in this state, in chunks or by themselves."""
        together = sum(len(place.lines) for place in self.chunks.values() if place.state is state)
        return together + sum(alone is state for alone, _, _ in self.rows.values())

    def pending(self) -> list[tuple[int, tuple[int, ...], tuple[int, ...], bool]]:
        """Return chunk, lines, places of kin and whether they are alone of all that waits, as the journal lists it."""
        together = [(n, p.lines, False) for n, p in sorted(self.chunks.items()) if p.state is ChunkState.IN_DOUBT]
        alone: dict[int, list[int]] = {}
        for line, (state, chunk, _) in sorted(self.rows.items()):
            if state is RowState.IN_DOUBT and chunk is not None:
                alone.setdefault(chunk, []).append(line)
        return [
            (chunk, tuple(at for at in places if at < MEMBER), tuple(at for at in places if at >= MEMBER), by_themselves)
            for chunk, places, by_themselves in [*together, *((chunk, lines, True) for chunk, lines in sorted(alone.items()))]
        ]

    def move(self, number: int, state: ChunkState, attempts: int | None = None, ids: Sequence[str] = (), *, recovered=False):
        before = self.chunks[number]
        tries = before.attempts if attempts is None else attempts
        self.chunks[number] = Place(state, before.lines, tries, tuple(ids), recovered)

    def keep(self, number: int, lines: Sequence[int]):
        self.chunks[number] = replace(self.chunks[number], lines=tuple(lines))

    def end(self, number: int | None, ends: Sequence[RowEnd]):
        """Take records out of a chunk; of one that has a story already the first one stands."""
        for end in ends:
            self.rows.setdefault(end.line, (end.ending.state, number, end.ending.id))
        if number is not None:
            gone = {end.line for end in ends}
            self.keep(number, [line for line in self.chunks[number].lines if line not in gone])

    def doubt_the_sending(self):
        for number, place in self.chunks.items():
            if place.state is ChunkState.SENDING:
                self.move(number, ChunkState.IN_DOUBT)

    def forget_the_planned(self):
        self.chunks = {number: place for number, place in self.chunks.items() if place.state is not ChunkState.PLANNED}
