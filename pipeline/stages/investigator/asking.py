"""A question to the org and its whole answer: page by page, with a fresh token where one is needed."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol

from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.policy.verdict import RENEWALS
from pipeline.salesforce import identity, query

MARGIN = timedelta(seconds=2)
"""The org keeps times to the second, and says its own to the second."""
MOST_PAGES = 50
"""Pages of an answer that are read: 100,000 records. Where there are more, they can't be told apart."""

_EXPIRED: frozenset[int] = frozenset({HTTPStatus.UNAUTHORIZED})
"""Statuses that ask for a fresh token; the endpoint that says who we are has one more."""


class Org(Protocol):
    """The way to the org."""

    @property
    def generation(self) -> int:
        """Counts tokens."""
        ...

    async def send(self, request: Request) -> Delivery:
        """Send once."""
        ...

    async def renew(self, generation: int) -> None:
        """Get a fresh token, unless somebody did since that generation; raise TreeloadError if there is none."""
        ...


class Asker:
    """Asks one org."""

    def __init__(
        self,
        org: Org,
        api_version: str,
        clock: Clock,
        purpose: Purpose = Purpose.EVIDENCE,
        what: str = "ask for records in doubt",
    ) -> None:
        """Ask for this purpose; `what` is said where the org doesn't answer, after "can't"."""
        self._purpose = purpose
        self._what = what
        self._org = org
        self._api_version = api_version
        self._clock = clock
        self._ahead = timedelta()
        self._user: str | None = None

    async def ask(self, soql: str) -> list[dict[str, Any]] | None:
        """Return all records that a query finds; None if they are too many.

        :raises TreeloadError: the org did not answer, or refuses to.
        """
        page = query.decipher(await self._send(query.build(self._api_version, soql, self._purpose)), self._what)
        records = page.records
        for _ in range(MOST_PAGES):
            if page.next is None:
                return records
            page = query.decipher(await self._send(query.build_more(page.next, self._purpose)), self._what)
            records += page.records
        return None

    async def few(self, soql: str) -> list[dict[str, Any]]:
        """Return all records that a query for unique values finds.

        :raises TreeloadError: as above; also if they are too many, which unique values can't be.
        """
        records = await self.ask(soql)
        if records is None:
            raise UsageError("a field that should be unique has more records than were asked for")
        return records

    async def user(self) -> str:
        """Return the id of the user that we are."""
        if self._user is None:
            self._user = identity.decipher(await self._send(identity.build(), expired=_EXPIRED | {HTTPStatus.FORBIDDEN}))
        return self._user

    def since(self, sent_at: str) -> datetime:
        """Tell the moment by the org's clock at which something was sent, or a little before."""
        return datetime.fromisoformat(sent_at) + self._ahead - MARGIN

    async def _send(self, request: Request, expired: frozenset[int] = _EXPIRED) -> Delivery:
        generation, delivery = self._org.generation, await self._org.send(request)
        for _ in range(RENEWALS):
            if not (isinstance(delivery, Reply) and delivery.status in expired):
                break
            await self._org.renew(generation)
            generation, delivery = self._org.generation, await self._org.send(request)
        if isinstance(delivery, Reply):
            self._note_time(delivery.headers.get("date", ""))
        return delivery

    def _note_time(self, date: str) -> None:
        """Learn how far the org's clock is ahead of ours, from the reply's Date."""
        try:
            theirs = parsedate_to_datetime(date)
        except ValueError:
            return
        if theirs.tzinfo is not None:
            self._ahead = theirs.astimezone(UTC) - self._clock.now()
