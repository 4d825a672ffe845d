"""Row locks: while a transaction runs it holds the records that its new ones look up; others wait for them, but not for ever.

https://developer.salesforce.com/blogs/2014/07/record-locking-cheat-sheet
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pipeline.simulator.fault_plan import LockPlan
from pipeline.simulator.fault_turns import Sent
from pipeline.simulator.objects import Field, SObject
from pipeline.simulator.org import Org

LOCKING = frozenset({"tree", "create"})
"""The endpoints whose requests lock what their records look up."""
_SHORT = 15
_SETUP = frozenset({"User", "Group", "RecordType", "Organization", "Profile", "UserRole"})
"""What an insert doesn't lock: no row of a customer's own."""
_CATALOGUE = frozenset({"Pricebook2", "PricebookEntry", "Product2"})


class NotLocked(Exception):
    """A parent was held by others for too long: these are the parents, and the records that look them up."""

    def __init__(self, parents: Sequence[str], records: Sequence[Sent]) -> None:
        super().__init__()
        self.parents = parents
        self.records = records


class Locks:
    """The locks of one org. A request takes all of its own at once, when all of them are free."""

    def __init__(self, org: Org, plan: LockPlan) -> None:
        self._org = org
        self._wait = plan.wait
        self._held: set[str] = set()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, object_name: str, sent: Sequence[Sent]) -> AsyncIterator[None]:
        """Hold what records of a request look up, those without a type being of this object. Raises NotLocked."""
        parents = [{*self._parents(object_name, record)} for record in sent]
        wanted = set().union(*parents)
        try:
            async with asyncio.timeout(self._wait), self._freed:
                await self._freed.wait_for(lambda: self._held.isdisjoint(wanted))
        except TimeoutError:
            missed = wanted & self._held
        else:
            missed = set()
        if missed:
            records = [record for record, own in zip(sent, parents, strict=True) if own & missed]
            raise NotLocked(sorted(missed), records)
        self._held |= wanted  # also if they were freed in the moment in which the time was up
        try:
            yield
        finally:
            self._held -= wanted
            async with self._freed:
                self._freed.notify_all()

    def _parents(self, object_name: str, record: Sent) -> Iterable[str]:
        attributes = record.members.get("attributes")
        name = attributes.get("type") if isinstance(attributes, Mapping) else object_name
        table = self._org.find_table(name)
        return _looked_up(table.sobject, record.members) if table else ()


def _looked_up(sobject: SObject, members: Mapping[str, Any]) -> Iterable[str]:
    for name, value in members.items():
        found = sobject.field(name)
        if found is not None and isinstance(value, str) and _holds(sobject, found):
            yield value[:_SHORT]


def _holds(sobject: SObject, found: Field) -> bool:
    """Say whether a lookup's target is locked: always, but for a custom one that is cleared when the target is deleted."""
    if found.type != "reference" or not {*found.reference_to} - _SETUP - _CATALOGUE:
        return False
    facts = next(each for each in sobject.describe["fields"] if each["name"] == found.name)
    cleared = found.nillable and not facts["cascadeDelete"] and not facts["restrictedDelete"]
    return not (facts["custom"] and cleared)
