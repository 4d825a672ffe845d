"""Look by values: where a record carries nothing of its own, by who created it, when, and everything that was sent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pipeline.model.pending import Pending
from pipeline.policy.evidence import Row, Seen, Unclear, by_values
from pipeline.salesforce import questions
from pipeline.stages.investigator.asking import MARGIN, Asker
from pipeline.stages.investigator.by_key import Claimed, Recall
from pipeline.stages.investigator.looking import Found

LastCreated = Callable[[], Awaitable[tuple[list[str], str] | None]]
"""Gives ids of records that this run is known to have created, and when they were sent."""


class ByValues:
    """Looks for records that nobody else can have created."""

    way = "values"

    def __init__(
        self,
        asker: Asker,
        object_name: str,
        types: Mapping[str, str],
        window: float,
        *,
        recall: Recall,
        claimed: Claimed,
        last_created: LastCreated,
    ) -> None:
        """Compare fields as their `types` compare; a record is created at most `window` seconds after it was sent."""
        self._asker = asker
        self._object = object_name
        self._types = types
        self._window = timedelta(seconds=window) + 2 * MARGIN
        self._recall = recall
        self._claimed = claimed
        self._last_created = last_created

    async def find(self, waiting: Sequence[Pending]) -> list[Found]:
        """Ask for everything that this user has created since the first of these was sent."""
        user = await self._asker.user()
        since = self._asker.since(min(pending.sent_at for pending in waiting))
        until = self._asker.since(max(pending.sent_at for pending in waiting)) + self._window
        rows = await self._recall(waiting)
        fields = sorted({field for row in rows.values() for field in row})
        question = questions.by_values(self._object, fields, user, since, until)
        records = await self._asker.ask(question)
        if records is None:
            return [Found(pending, Unclear("too many records were created since then"), question) for pending in waiting]
        claimed = await self._claimed([record["Id"] for record in records])
        seen = [Seen(record["Id"], self._comparable(record)) for record in records if record["Id"] not in claimed]
        doubts = {
            pending.chunk: [Row(line, self._comparable(rows[pending.file, line])) for line in pending.lines]
            for pending in waiting
        }
        findings = by_values(doubts, seen, control=await self._sees_ours(user))
        return [Found(pending, findings[pending.chunk], question) for pending in waiting]

    async def _sees_ours(self, user: str) -> bool:
        """Tell whether records that this run has certainly created are found by who and when."""
        last = await self._last_created()
        if last is None:
            return False
        ids, sent_at = last
        records = await self._asker.ask(questions.still_seen(self._object, ids, user, self._asker.since(sent_at)))
        return records is not None and {record["Id"] for record in records} == set(ids)

    def _comparable(self, values: Mapping[str, Any]) -> dict[str, object]:
        types = self._types
        compared = {field: questions.comparable(value, types[field]) for field, value in values.items() if field in types}
        return {field: value for field, value in compared.items() if value is not None}
