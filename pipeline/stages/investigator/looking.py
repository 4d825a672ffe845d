"""The ways to look for records in the org: what they have in common."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pipeline.model.pending import Pending
from pipeline.model.record import MEMBER
from pipeline.policy.evidence import Finding
from pipeline.policy.kinship import Link, Place

Recall = Callable[[Sequence[Pending]], Awaitable[Mapping[Place, Mapping[str, Any]]]]
"""Reads rows again: the fields of each row's own record, or of one that begins a part, as they were sent, by file and place."""


@dataclass(frozen=True, slots=True)
class SentBelow:
    """What was sent under a row's record, or under another such."""

    place: Place
    parent: Place
    link: Link
    values: Mapping[str, Any]
    """As they were sent."""


RecallKin = Callable[[Sequence[Pending]], Awaitable[Mapping[Place, Sequence[SentBelow]]]]
"""Reads rows again: what hangs under the record of each, by file and line of the row; parents first."""
Claimed = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Tells which ids the journal has for a row already."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the evidence says of something in doubt."""

    pending: Pending
    finding: Finding | None
    """None: the org did not answer."""
    question: str = ""
    final: bool = False
    """To ask again would bring nothing else."""
    way: str = ""
    """`marker`, `key` or `values`."""


class Look(Protocol):
    """A way to look."""

    @property
    def way(self) -> str:
        """Name it: `marker`, `key` or `values`."""
        ...

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:
        """Ask the org once about all of these; rows that are in doubt by themselves come back one by one.

        `others` are in doubt as well, and aren't asked about: what is found may be theirs.

        :raises TreeloadError: it did not answer, or doesn't let us ask.
        """
        ...


def one_by_one(waiting: Sequence[Pending]) -> list[Pending]:
    """Take rows that are in doubt by themselves apart: each has a fate of its own, with what hangs under it."""
    return [part for pending in waiting for part in (_each(pending) if pending.alone else [pending])]


def _each(pending: Pending) -> Iterator[Pending]:
    if len(pending.lines) == 1:
        yield pending
        return
    for line in pending.lines:
        kin = tuple((file, place) for file, place in pending.kin if file == pending.file and place % MEMBER == line)
        yield replace(pending, lines=(line,), kin=kin)
