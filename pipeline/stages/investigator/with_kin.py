"""Look further, where rows make families: once their first records are found, ask what hangs under these, level by level."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from pipeline.model.pending import Pending
from pipeline.policy.evidence import Exists, Finding, Unclear
from pipeline.policy.kinship import First, Link, Place, SeenKin, SentKin, tell_apart
from pipeline.salesforce import questions
from pipeline.stages.investigator.asking import Asker
from pipeline.stages.investigator.looking import Found, Look, Recall, RecallKin, SentBelow

NOT_TOLD = Unclear(
    "its first records are there, so it was executed, but what hangs under them isn't just what was sent: "
    "changed, deleted or hidden since, or there is more that is alike"
)
TOO_MANY = Unclear("its first records are there, but more hangs under them than can be asked for")


@dataclass(frozen=True, slots=True)
class Memory:
    """Rows that are read again, and how fields compare."""

    rows: Recall
    kin: RecallKin
    types: Mapping[str, Mapping[str, str]]
    """By object the type of each field."""


class WithKin:
    """Looks in some way for rows' own records, then for all that was sent with them."""

    def __init__(self, look: Look, asker: Asker, memory: Memory) -> None:
        self._look = look
        self._asker = asker
        self._memory = memory

    @property
    def way(self) -> str:
        """Name the way to find rows' own records."""
        return self._look.way

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:
        """Ask for rows' own records, then for what hangs under those that exist."""
        found = await self._look.find(waiting, others)
        families = [each.pending for each in found if each.pending.kin and isinstance(each.finding, Exists)]
        if not families:
            return found
        sent = await self._memory.kin(families)
        alike = await self._memory.rows(families) if self.way == "values" else {}
        return [await self._further(each, sent, alike) for each in found]

    async def _further(
        self, found: Found, sent: Mapping[Place, Sequence[SentBelow]], alike: Mapping[Place, Mapping[str, Any]]
    ) -> Found:
        pending, finding = found.pending, found.finding
        if not (pending.kin and isinstance(finding, Exists)):
            return found
        below = [*chain.from_iterable(sent[pending.file, line] for line in pending.lines)]
        if {one.place for one in below} != {*pending.kin}:
            return replace(found, finding=Unclear("what its rows make now isn't what they made when they were sent"))
        seen, question = await self._seen(below, [*finding.ids.values()])
        if seen is None:
            return replace(found, finding=TOO_MANY, question=question)
        firsts = [
            First((pending.file, line), key, self._likeness(pending, line, alike)) for line, key in sorted(finding.ids.items())
        ]
        return replace(found, finding=self._told(firsts, below, seen), question=question)

    def _told(self, firsts: Sequence[First], below: Sequence[SentBelow], seen: Sequence[SeenKin]) -> Finding:
        sent = [SentKin(one.place, one.parent, one.link, self._comparable(one.link[0], one.values)) for one in below]
        ids = tell_apart(firsts, sent, seen)
        if ids is None or len({*ids.values()}) < len(ids):
            return NOT_TOLD
        own = {first.place for first in firsts}
        return Exists({place[1]: ids[place] for place in own}, {place: key for place, key in ids.items() if place not in own})

    def _likeness(self, pending: Pending, line: int, alike: Mapping[Place, Mapping[str, Any]]) -> Hashable:
        """Say what rows' own records are equal in that can't be told apart otherwise: only by values they may be."""
        values = alike.get((pending.file, line))
        return line if values is None else frozenset(self._comparable(pending.object, values).items())

    async def _seen(self, below: Sequence[SentBelow], ids: Sequence[str]) -> tuple[list[SeenKin] | None, str]:
        """Ask for what hangs under records with these ids, and under that; return it, and the last question."""
        levels = _levels(below)
        seen: list[SeenKin] = []
        parents: Mapping[Link | None, Sequence[str]] = {None: ids}
        question = ""
        for level in levels:
            found: dict[Link | None, list[str]] = {}
            for (above, link), fields in level.items():
                for portion in questions.portions(dict.fromkeys(parents.get(above, ()))):
                    question = questions.below(link[0], link[1], sorted(fields), portion)
                    records = await self._asker.ask(question)
                    if records is None:
                        return None, question
                    kin = [SeenKin(one["Id"], one[link[1]], link, self._comparable(link[0], one)) for one in records]
                    seen += kin
                    found.setdefault(link, []).extend(one.id for one in kin)
            parents = found
        return [*{(one.id, one.link): one for one in seen}.values()], question

    def _comparable(self, object_name: str, values: Mapping[str, Any]) -> dict[str, object]:
        types = self._memory.types[object_name]
        compared = {field: questions.comparable(value, types[field]) for field, value in values.items() if field in types}
        return {field: value for field, value in compared.items() if value is not None}


def _levels(below: Sequence[SentBelow]) -> list[dict[tuple[Link | None, Link], set[str]]]:
    """Tell the fields that were sent, by level, by how the parents hang and by how these do."""
    depth: dict[Place, int] = {}
    links: dict[Place, Link] = {}
    levels: list[dict[tuple[Link | None, Link], set[str]]] = []
    for one in below:  # parents come first
        at = depth[one.place] = depth.get(one.parent, -1) + 1
        links[one.place] = one.link
        if at == len(levels):
            levels.append({})
        levels[at].setdefault((links.get(one.parent), one.link), set()).update(one.values)
    return levels
