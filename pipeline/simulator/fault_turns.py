"""Whose turn it is: which fault of a plan happens to a request, and to which of its records."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

import orjson

from pipeline.simulator.fault_plan import Fault, Plan


class Sent(NamedTuple):
    """A record as it was sent; outside a tree it has no reference."""

    reference: str | None
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Struck:
    """A request that a fault happens to: all its records, and those that fit `where` (without one: all of them)."""

    fault: Fault
    sent: Sequence[Sent]
    fitting: Sequence[Sent]


LOCKED = 0
"""Stands in `happened` for the requests that failed because rows were locked: no fault has this number."""


class Turns:
    """Counts, fault by fault, the requests that match. `happened` has how often each fault did, by its number in the plan."""

    def __init__(self, plan: Plan) -> None:
        self.happened: Counter[int] = Counter()
        self.plan = plan
        self._matched: Counter[int] = Counter()
        # dice of its own for each: what one fault draws doesn't change what happens by another
        self._dice = {fault.number: Random(f"{plan.seed}/{fault.number}") for fault in plan.faults}  # noqa: S311 - no secret
        self._reading = frozenset(name for fault in plan.faults if fault.needs_records for name in fault.on)

    def take(self, endpoint: str, body: bytes) -> Struck | None:
        """Give the first fault of the plan whose turn it is. Every fault counts the request, whichever happens."""
        return self.strike(endpoint, tuple(records(body)) if endpoint in self._reading else ())

    def strike(self, endpoint: str, sent: Sequence[Sent]) -> Struck | None:
        """Give the first fault whose turn it is, for records that were read already."""
        struck = [found for fault in self.plan.faults if (found := self._strike(fault, endpoint, sent))]
        if not struck:
            return None
        self.happened[struck[0].fault.number] += 1
        return struck[0]

    def _strike(self, fault: Fault, endpoint: str, sent: Sequence[Sent]) -> Struck | None:
        if endpoint not in fault.on:
            return None
        fitting = sent if fault.where is None else [record for record in sent if fault.where.fits(record.members)]
        if fault.needs_records and not fitting:
            return None
        if fault.over is not None and len(sent) <= fault.over:
            return None
        self._matched[fault.number] += 1
        if not self._is_turn(fault, self._matched[fault.number] - fault.after):
            return None
        return Struck(fault, sent, fitting)

    def _is_turn(self, fault: Fault, count: int) -> bool:
        if count < 1 or (fault.times is not None and self.happened[fault.number] >= fault.times):
            return False
        if fault.nth:
            return count in fault.nth
        if fault.every is not None:
            return count % fault.every == 0
        return fault.chance is None or self._dice[fault.number].random() < fault.chance


def records(body: bytes) -> Iterator[Sent]:
    """List the records of a tree, children after their parent, or the one of a single create; of anything else, none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    if isinstance(document, dict) and "records" in document:
        yield from _walk(document["records"])
    elif isinstance(document, dict):
        yield Sent(None, document)


def _walk(level: Any) -> Iterator[Sent]:
    for members in level if isinstance(level, list) else ():
        attributes = members.get("attributes") if isinstance(members, dict) else None
        if not isinstance(attributes, dict):
            continue
        reference = attributes.get("referenceId")
        yield Sent(reference if isinstance(reference, str) else None, members)
        for child in members.values():
            if isinstance(child, dict) and "records" in child:
                yield from _walk(child["records"])
