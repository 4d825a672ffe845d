"""The three ways to look for records in the org: what they have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.model.pending import Pending
from pipeline.policy.evidence import Finding


@dataclass(frozen=True, slots=True)
class Found:
    """What the evidence says of something in doubt."""

    pending: Pending
    finding: Finding | None
    """None: the org did not answer."""
    question: str = ""
    final: bool = False
    """To ask again would bring nothing else."""


class Look(Protocol):
    """A way to look."""

    @property
    def way(self) -> str:
        """Name it: `marker`, `key` or `values`."""
        ...

    async def find(self, waiting: Sequence[Pending]) -> list[Found]:
        """Ask the org once about all of these; rows that are in doubt by themselves come back one by one.

        :raises TreeloadError: it did not answer, or doesn't let us ask.
        """
        ...


def one_by_one(waiting: Sequence[Pending]) -> list[Pending]:
    """Take rows that are in doubt by themselves apart: each has a fate of its own."""
    return [
        part
        for pending in waiting
        for part in (
            [Pending(pending.chunk, pending.file, (line,), pending.sent_at, pending.reason, alone=True) for line in pending.lines]
            if pending.alone
            else [pending]
        )
    ]
