"""What hangs under records that were found, told apart: which record in the org is which of those that were sent.

A request is atomic, so where the first records of its families exist, all that was sent with them exists too. What was sent under
one parent is held against what the org has there, as multisets of values; records that are alike, with all that hangs under
them, may stand for each other. Nothing is guessed: a record counts for one that was sent only if nothing else is left for either.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Place = tuple[int, int]
"""File and place of a record."""
Link = tuple[str, str]
"""Object of records, and the field of theirs that holds the parent's id."""


@dataclass(frozen=True, slots=True)
class SentKin:
    """A record that was sent under another one."""

    place: Place
    parent: Place
    link: Link
    values: Mapping[str, object]
    """The fields that were not empty, with comparable (hashable) values."""


@dataclass(frozen=True, slots=True)
class SeenKin:
    """A record in the org that hangs under another one."""

    id: str
    parent: str
    link: Link
    values: Mapping[str, object]
    """Comparable values of the fields asked for; those that are empty may be missing."""


@dataclass(frozen=True, slots=True)
class First:
    """The first record of a family, and the record that was found for it."""

    place: Place
    id: str
    like: Hashable
    """Equal where two of a request are alike, so that it can't be told by themselves whose id is whose."""


def tell_apart(firsts: Sequence[First], sent: Iterable[SentKin], seen: Iterable[SeenKin]) -> dict[Place, str] | None:
    """Tell the id of each record of a request, the first ones of its families included; None if that can't be told."""
    top, nowhere = ("", ""), (0, 0)
    roots = [SentKin(first.place, nowhere, top, {"": first.like}) for first in firsts]
    found = [SeenKin(first.id, "", top, {"": first.like}) for first in firsts]
    return _Kinship([*roots, *sent], [*found, *seen]).under(nowhere, "")


@dataclass(slots=True)
class _Group:
    """Records that were sent under one parent and are alike."""

    places: list[Place]
    left: set[str] = field(default_factory=set)
    """Records there that fit, and have no place yet."""


class _Kinship:
    def __init__(self, sent: Sequence[SentKin], seen: Sequence[SeenKin]) -> None:
        self._sent: dict[Place, list[SentKin]] = {}
        for one in sent:
            self._sent.setdefault(one.parent, []).append(one)
        self._seen: dict[tuple[str, Link], list[SeenKin]] = {}
        for other in seen:
            self._seen.setdefault((other.parent, other.link), []).append(other)
        self._forms: dict[Hashable, int] = {}
        self._form: dict[Place, int] = {}
        self._fitting: dict[tuple[int, str], bool] = {}

    def under(self, place: Place, record_id: str) -> dict[Place, str] | None:
        """Tell the ids of all that was sent under a place, if this record stands for it; None if they can't be told."""
        by_link: dict[Link, list[SentKin]] = {}
        for one in self._sent.get(place, ()):
            by_link.setdefault(one.link, []).append(one)
        ids: dict[Place, str] = {}
        for link, sent in by_link.items():
            told = self._among(sent, self._seen.get((record_id, link), ()))
            if told is None:
                return None
            ids |= told
        return ids

    def _among(self, sent: Iterable[SentKin], seen: Iterable[SeenKin]) -> dict[Place, str] | None:
        """Give places their ids, one group after the other, as long as one has just as many records left as places."""
        groups: dict[int, _Group] = {}
        for one in sent:
            form = self._form_of(one)
            if form not in groups:
                groups[form] = _Group([], {other.id for other in seen if self._fits(one, form, other)})
            groups[form].places.append(one.place)
        ids: dict[Place, str] = {}
        while groups:
            ready = next((form for form, group in groups.items() if len(group.left) == len(group.places)), None)
            if ready is None:
                return None
            group = groups.pop(ready)
            for place, record_id in zip(sorted(group.places), sorted(group.left), strict=True):
                ids |= {place: record_id} | (self.under(place, record_id) or {})
            for other in groups.values():
                other.left -= group.left
        return ids

    def _form_of(self, one: SentKin) -> int:
        """Give a number to what a record looks like with all that hangs under it: those that are alike have the same."""
        if one.place not in self._form:
            below = sorted((kin.link, self._form_of(kin)) for kin in self._sent.get(one.place, ()))
            form = (one.link, frozenset(one.values.items()), tuple(below))
            self._form[one.place] = self._forms.setdefault(form, len(self._forms))
        return self._form[one.place]

    def _fits(self, one: SentKin, form: int, other: SeenKin) -> bool:
        """Tell whether a record, with what hangs under it, may be one that was sent."""
        if (form, other.id) not in self._fitting:
            equal = all(other.values.get(name) == value for name, value in one.values.items())
            self._fitting[form, other.id] = equal and self.under(one.place, other.id) is not None
        return self._fitting[form, other.id]
