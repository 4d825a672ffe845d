"""Investigator: what is in doubt, settled by evidence from the org, or left to a person. It never sends a record.

Each request in doubt is looked for until it is found, or until the window is closed in which the org may still execute it; only
then "not found" counts. What was not created is planned again, and the river flows once more.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from pipeline.clock import Clock, stamp
from pipeline.errors import OrgUnavailable, TreeloadError
from pipeline.logs import get_logger
from pipeline.model.pending import Inquiry, Pending
from pipeline.model.tally import Tally
from pipeline.policy.evidence import Absent, Exists, Partly, Unclear, settled
from pipeline.policy.rules import EvidenceRules
from pipeline.stages.investigator.looking import Found, Look
from pipeline.stop import Stop

FIRST_WAIT = 2.0
"""Seconds before the org is asked a second time; after that twice as long each time, until the window closes."""
MOST_FAILURES = 5
"""Questions in a row that the org doesn't answer, after which the run is stopped, to be resumed."""


class Doubts(Protocol):
    """What the journal knows of doubts; each method returns once it is durable."""

    async def pending(self) -> list[Pending]:
        """Return what is in doubt."""
        ...

    async def created(
        self, pending: Pending, ids: Mapping[int, str], inquiry: Inquiry, *, kin: Mapping[tuple[int, int], str]
    ) -> None:
        """Settle: they exist."""
        ...

    async def not_created(self, pending: Pending, inquiry: Inquiry) -> None:
        """Plan again."""
        ...

    async def partly(self, pending: Pending, ids: Mapping[int, str], inquiry: Inquiry) -> None:
        """Settle the rows that have ids; plan the others again."""
        ...

    async def rejected(self, pending: Pending, inquiry: Inquiry) -> None:
        """Settle: the org's error stands."""
        ...

    async def unclear(self, pending: Pending, inquiry: Inquiry) -> None:
        """Leave it in doubt."""
        ...


class Investigator:
    """Settles what can be settled."""

    def __init__(self, rules: EvidenceRules, doubts: Doubts, look: Look, clock: Clock, stop: Stop, tally: Tally) -> None:
        """Look in one of the three ways to find a record: by marker, by key, by values; or in that of each object."""
        self._window = timedelta(seconds=rules.window)
        self._doubts = doubts
        self._look = look
        self._clock = clock
        self._stop = stop
        self._tally = tally
        self._failures = 0
        self._log = get_logger()

    async def run(self) -> bool:
        """Settle what can be settled; tell whether rows are to be sent again."""
        waiting = await self._doubts.pending()
        wait, replanned = FIRST_WAIT, False
        unclear: list[Pending] = []
        while waiting and not self._stop.pulled():
            asked_at = self._clock.now()
            found, waiting = await self._find(waiting, unclear), []
            for each in found:
                if not await self._settle(each, asked_at):
                    waiting.append(each.pending)
                elif isinstance(each.finding, Unclear):
                    unclear.append(each.pending)
                elif isinstance(each.finding, Absent | Partly) and not each.pending.alone:
                    replanned = True
            if waiting and not self._stop.pulled() and not self._closed_since(asked_at, waiting):
                await self._wait(waiting, wait)
                wait *= 2
        return replanned

    async def _find(self, waiting: Sequence[Pending], unclear: Sequence[Pending]) -> list[Found]:
        try:
            found = await self._look.find(waiting, unclear)
        except OrgUnavailable as error:
            self._failures += 1
            self._log.warning("not answered", question="evidence", reason=str(error))
            if self._failures >= MOST_FAILURES and all(self._closed(pending, self._clock.now()) for pending in waiting):
                self._stop.pull(str(error), error.exit_code)
            return [Found(pending, None) for pending in waiting]
        except TreeloadError as error:  # no later try would fare better
            return [Found(pending, Unclear(str(error)), final=True) for pending in waiting]
        self._failures = 0
        return found

    async def _settle(self, found: Found, asked_at: datetime) -> bool:
        """Write down what was found; tell whether it ends the search.

        The answer tells of the moment at which it was asked for: what was executed since, while the org was asked about others
        and their rows were read again, is not in it.
        """
        pending, finding = found.pending, found.finding
        if finding is None or not settled(finding, window_closed=found.final or self._closed(pending, asked_at)):
            return False
        if pending.alone and isinstance(finding, Absent) and not finding.certain:
            finding = Unclear("the org says that it has a record with this value, and doesn't show it to this user")
        match finding:
            case Exists(ids, kin):
                await self._doubts.created(pending, ids, self._inquiry(found, "created"), kin=kin)
                self._tally.created += pending.records
                self._tally.in_doubt -= pending.records
            case Absent(reason) if pending.alone:
                await self._doubts.rejected(pending, self._inquiry(found, "rejected", reason))
                self._tally.in_doubt -= pending.records
            case Absent(reason):
                await self._doubts.not_created(pending, self._inquiry(found, "not created", reason))
                self._tally.in_doubt -= pending.records
            case Partly(ids, reason):
                await self._doubts.partly(pending, ids, self._inquiry(found, "created", reason))
                self._tally.created += len(ids)
                self._tally.in_doubt -= pending.records
            case Unclear(reason):
                await self._doubts.unclear(pending, self._inquiry(found, "unclear", reason))
            case _:
                assert_never(finding)
        self._log.info("looked for", chunk=pending.chunk, records=pending.records, finding=type(finding).__name__)
        return True

    def _inquiry(self, found: Found, finding: str, reason: str = "") -> Inquiry:
        return Inquiry(found.way or self._look.way, found.question, stamp(self._clock.now()), finding, reason)

    def _closes(self, pending: Pending) -> datetime:
        return datetime.fromisoformat(pending.sent_at) + self._window

    def _closed(self, pending: Pending, at: datetime) -> bool:
        return self._closes(pending) <= at

    def _closed_since(self, asked_at: datetime, waiting: Sequence[Pending]) -> bool:
        """Tell whether a window has closed since: then the next answer is worth more than this one, and need not wait."""
        now = self._clock.now()
        return any(not self._closed(pending, asked_at) and self._closed(pending, now) for pending in waiting)

    async def _wait(self, waiting: Sequence[Pending], longest: float) -> None:
        """Wait until it is time to ask again, or the run is stopped."""
        now = self._clock.now()
        open_ones = [self._closes(pending) for pending in waiting if not self._closed(pending, now)]
        until_closed = (min(open_ones) - now).total_seconds() if open_ones else longest
        self._tally.waits_for = sum(pending.records for pending in waiting)
        self._tally.waits_until = max(open_ones, default=now)
        self._log.info("waiting", rows=self._tally.waits_for, until=stamp(self._tally.waits_until))
        async with asyncio.TaskGroup() as group:
            sleeping = group.create_task(self._clock.sleep(min(longest, until_closed)))
            stopping = group.create_task(self._stop.wait())
            await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
            sleeping.cancel()
            stopping.cancel()
        self._tally.waits_until = None
