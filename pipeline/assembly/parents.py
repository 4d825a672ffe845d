"""Records under which others are sent later: what has become of them, learned from the journal between two passes.

Only families that are larger than a request have such records: there are few of them, however many wait for them.
"""

from pipeline.assembly.links import Outcomes

Place = tuple[int, int]
"""File and place of a record."""


class Parents:
    """What is known of them. Each takes some 300 bytes."""

    def __init__(self) -> None:
        self._awaited: set[Place] = set()
        self._ids: dict[Place, str] = {}
        self._lost: dict[Place, str] = {}

    def id_of(self, parent: Place) -> str:
        """Return the id of a record; empty, if it isn't known yet: then it is asked for before the next pass."""
        if not self._told(parent):
            self._awaited.add(parent)
        return self._ids.get(parent, "")

    def lost(self, parent: Place) -> str:
        """Say what has become of a record that will never have an id: `was rejected by org`; empty, if it may have one."""
        return self._lost.get(parent, "")

    async def refresh(self, journal: Outcomes) -> None:
        """Read what has become of those that are waited for."""
        wanted: dict[int, set[int]] = {}
        for file, place in self._awaited:
            if not self._told((file, place)):
                wanted.setdefault(file, set()).add(place)
        for file, places in wanted.items():
            ids, ended = await journal.outcomes(file, frozenset(places))
            self._ids.update({(file, place): key for place, key in ids.items()})
            self._lost.update({(file, place): f"was {state.replace('_', ' ')}" for place, state in ended.items()})

    async def learn(self, journal: Outcomes) -> bool:
        """Read that, and tell whether anything waits no longer that had to wait until now."""
        await self.refresh(journal)
        told = {parent for parent in self._awaited if self._told(parent)}
        self._awaited -= told
        return bool(told)

    def _told(self, parent: Place) -> bool:
        return parent in self._ids or parent in self._lost
