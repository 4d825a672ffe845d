"""What becomes of a run when the org's calls, but for the reserve, are used: it ends, or it waits until there are some again."""

import asyncio
from datetime import timedelta

from pipeline.clock import Clock
from pipeline.errors import ExitCode, OrgUnavailable, TreeloadError
from pipeline.logs import get_logger
from pipeline.model.tally import Tally
from pipeline.model.wire import Delivery, Request
from pipeline.policy.allowance import reserved
from pipeline.policy.rules import SendRules
from pipeline.policy.verdict import LONGEST_RETRY_AFTER, left_alone
from pipeline.stop import Stop
from pipeline.transport.connection import Connection

BETWEEN_QUESTIONS = 900.0
"""Seconds between two questions whether calls have come back. Each is a call itself, and its answer may be five minutes old."""
DAY = timedelta(hours=24)


async def know_usage(org: Connection, api_version: str) -> None:
    """Ask for the org's allowance if no reply has said it so far, as where something on the way drops that header."""
    if org.last_usage is None:
        try:
            await org.ask_limits(api_version)
        except TreeloadError as error:  # a user may lack that right: then nothing is known of it
            get_logger().warning("not answered", question="limits", reason=str(error))


class Allowance:
    """Keeps the reserve: whoever finds that no call is left asks here what to do."""

    def __init__(self, rules: SendRules, org: Connection, api_version: str, clock: Clock, stop: Stop, tally: Tally) -> None:
        self._rules = rules
        self._org = org
        self._api_version = api_version
        self._clock = clock
        self._stop = stop
        self._tally = tally
        self._asking = asyncio.Lock()

    async def await_calls(self, said: str | None = None) -> None:
        """Return when there are calls again, or end the run; `said` are the org's own words, if it refused one."""
        if not self._rules.wait_for_allowance:
            self._stop.pull(self._told(said), ExitCode.RESUMABLE)
            return
        async with self._asking:  # others that come meanwhile find the answer
            refused = said is not None
            self._tally.awaiting_calls = True
            while not self._stop.pulled() and (refused or self._org.calls_left() == 0):
                refused = False
                get_logger().info("waiting for calls", reason=self._told(said), seconds=BETWEEN_QUESTIONS)
                await self._stop.or_over(self._clock.sleep(BETWEEN_QUESTIONS))
                await self._ask()
            self._tally.awaiting_calls = False

    async def _ask(self) -> None:
        if self._stop.pulled():
            return
        try:
            await self._org.ask_limits(self._api_version)
        except OrgUnavailable as error:  # also where not even this call is allowed
            get_logger().info("not answered", question="limits", reason=str(error))
        except TreeloadError as error:
            self._stop.pull(str(error), error.exit_code)

    def _told(self, said: str | None) -> str:
        """Say why the run can't go on now, and when it can."""
        used, maximum = self._org.last_usage or (0, 0)
        kept = reserved(self._rules.allowance_reserve, maximum)
        why = said or (
            f"{used:,} of the org's {maximum:,} calls are used, and {kept:,} are kept for others (send.allowance_reserve)"
        )
        until = self._clock.now() + DAY
        return (
            f"{why}; each call comes back 24 hours after it was made, the last of them at {until:%Y-%m-%d %H:%M} UTC: "
            "the same command goes on then or earlier, and with --wait it waits for that by itself"
        )


class Considerate:
    """The way to the org for questions: it keeps the reserve, and asks nothing while the org wants to be left alone."""

    def __init__(self, org: Connection, allowance: Allowance, clock: Clock, stop: Stop) -> None:
        self._org = org
        self._allowance = allowance
        self._clock = clock
        self._stop = stop

    @property
    def generation(self) -> int:
        """Counts tokens."""
        return self._org.generation

    async def send(self, request: Request) -> Delivery:
        """Send once, when that is allowed.

        :raises OrgUnavailable: if the run is stopped before, or the org wants to be left alone for too long.
        """
        while self._org.calls_left() == 0 and not self._stop.pulled():
            await self._allowance.await_calls()
        if (quiet := self._org.quiet_for()) > LONGEST_RETRY_AFTER:
            raise OrgUnavailable(left_alone(quiet))
        while (quiet := self._org.quiet_for()) and not self._stop.pulled():
            await self._stop.or_over(self._clock.sleep(quiet))
        if self._stop.pulled():
            raise OrgUnavailable(self._stop.reason or "the run was stopped")
        return await self._org.send(request)

    async def renew(self, generation: int) -> None:
        """Get a fresh token."""
        await self._org.renew(generation)
