"""Which record of a run a reference means, what is known of it, and which rows have to wait for it."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple, Protocol

from pipeline.model.record import MEMBER, FieldError
from pipeline.model.record_id import to_18
from pipeline.policy.waves import Row, Waves, circle, waves

MOST_NEAR = 20_000
"""Names among which the nearest is looked for: it takes a second for a hundred thousand."""
_NO_PREFIX = "000"


class Named(NamedTuple):
    """Where a named record stands. With its name it takes some 300 bytes."""

    file: int
    place: int
    object: str

    @property
    def row(self) -> Row:
        """The row that it is in."""
        return self.file, self.place & (MEMBER - 1)


class Outcomes(Protocol):
    """Where what became of records is written down."""

    async def outcomes(self, file: int, places: frozenset[int]) -> tuple[Mapping[int, str], Mapping[int, str]]:
        """Of records of a file return ids, and the states of those that have ended without one, by their places."""
        ...


class Links:
    """The references of a run: noted while its files are looked through, and learned from its journal between two passes."""

    def __init__(self, files: Mapping[int, str], prefixes: Mapping[str, str]) -> None:
        """Name files in messages by `files`; `prefixes` has what the ids of each object begin with."""
        self._files = files
        self._prefixes = prefixes
        self._named: dict[str, Named] = {}
        self._twice: dict[str, Named] = {}
        self._needs: dict[Row, tuple[str, ...]] = {}
        self._ids: dict[str, str] = {}
        self._never: dict[Row, str] = {}
        self._ended: dict[str, str] = {}
        """Of named records that have ended without an id, how. Others of the same row may have one, if it went in parts."""
        self._open: dict[Row, list[Row]] = {}
        self._waves = Waves({}, {}, ())

    def note(self, row: Row, records: Iterable[tuple[str, int, str]], needs: Iterable[str]) -> None:
        """Note the named records of a row (name, place, object) and the names that it refers to."""
        for name, place, object_name in records:
            where = Named(row[0], place, object_name)
            if self._named.setdefault(name, where) != where:
                self._twice.setdefault(name, where)
        if wanted := tuple(dict.fromkeys(needs)):
            self._needs[row] = wanted

    def settle(self) -> None:
        """Put the rows in order, as far as they are known."""
        for row, needs in self._needs.items():
            if row not in self._never and any(name in self._ended or self._mistake(row, name) for name in needs):
                self._never[row] = "can't be sent"
        self._open = {
            row: [self._named[name].row for name in needs if name not in self._ids]
            for row, needs in self._needs.items()
            if row not in self._never and any(name not in self._ids for name in needs)
        }
        self._waves = waves(self._open, self._never.keys())

    def wave(self, row: Row) -> int:
        """Say how many passes go before the one that can take a row; 0: it can go now."""
        return self._waves.number.get(row, 0)

    @property
    def waiting(self) -> int:
        """How many rows have to wait."""
        return len(self._waves.number)

    def refusal(self, row: Row, key: str, name: str) -> FieldError | None:
        """Say why what a row refers to by a name will never have an id, if so."""
        if mistake := self._mistake(row, name):
            return FieldError("UNKNOWN_REFERENCE", f"{key}: @{name} {mistake}", (key,))
        if name in self._ids:
            return None
        other = self._named[name].row
        if other in self._waves.circular and row in self._waves.circular:
            way = " -> ".join(map(self._place, circle(row, self._open, self._waves.circular)))
            return FieldError("CIRCULAR_REFERENCE", f"{key}: @{name} leads into a circle: {way}", (key,))
        lost = "can't be sent" if other in self._waves.lost else ""
        if why := self._ended.get(name) or self._never.get(other) or lost:
            return FieldError("REFERENCE_REJECTED", f"{key}: @{name} is {self._place(other)}, which {why}", (key,))
        return None

    def id_for(self, name: str) -> str:
        """Return the id of a named record; as long as it isn't known, one of the same form."""
        known = self._ids.get(name)
        prefix = self._prefixes.get(self._named[name].object, _NO_PREFIX) if name in self._named else _NO_PREFIX
        return known or to_18(prefix + "0" * 12)

    def lose_one(self, row: Row, why: str) -> None:
        """Note a row that doesn't become a record, while the files are looked through."""
        self._never[row] = why

    def lose(self, rows: Iterable[Row], why: str) -> bool:
        """Note rows that don't become records; tell whether that is the end of rows that refer to them."""
        before = self._waves
        self._never.update(dict.fromkeys((row for row in rows if row not in self._never), why))
        self.settle()
        return before.number != self._waves.number

    async def learn(self, journal: Outcomes) -> bool:
        """Read what has become of records that others refer to; tell whether rows that waited need wait no longer."""
        before = self._waves.number.keys()
        wanted: dict[int, dict[int, str]] = {}
        for row, needs in self._needs.items():
            if row not in self._never:
                for name in needs:
                    where = self._named[name]
                    if name not in self._ids and name not in self._ended and where.row not in self._never:
                        wanted.setdefault(where.file, {})[where.place] = name
        for file, names in wanted.items():
            ids, ended = await journal.outcomes(file, frozenset(names))
            self._ids.update({names[place]: key for place, key in ids.items()})
            self._ended.update({names[place]: f"was {state.replace('_', ' ')}" for place, state in ended.items()})
        self.settle()
        return any(not self.wave(row) for row in before)

    def _mistake(self, row: Row, name: str) -> str:
        """Say what is wrong with a reference, whatever becomes of records."""
        if name not in self._named:
            near = get_close_matches(name, self._named, n=1) if len(self._named) <= MOST_NEAR else []
            hint = f"; did you mean @{near[0]}?" if near else ""
            return f"names no record of these files, by its attributes.referenceId{hint}"
        if name in self._twice:
            both = " and ".join(self._place(each[name].row) for each in (self._named, self._twice))
            return f"names two records, {both}: give each a name of its own"
        if self._named[name].row == row:
            return "is in its own family, which goes as a whole"
        return ""

    def _place(self, row: Row) -> str:
        file, line = row
        return f"line {line} of {self._files[file]}"
