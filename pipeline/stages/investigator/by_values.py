"""Look by values: where a record carries nothing of its own, by who created it, when, and everything that was sent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pipeline.model.pending import Pending
from pipeline.policy.evidence import Exists, Finding, Partly, Row, Seen, Unclear, by_values, row_by_row
from pipeline.salesforce import questions
from pipeline.stages.investigator.asking import MARGIN, Asker
from pipeline.stages.investigator.looking import Claimed, Found, Recall, RecallKin

LastCreated = Callable[[], Awaitable[tuple[list[str], str] | None]]
"""Gives ids of records that this run is known to have created, and when they were sent."""


_Records = tuple[int, bool, bool]
"""Records that a request has of an object: its chunk's number, whether they are alone, and whether they hang under others."""


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
        recall_kin: RecallKin | None = None,
        claimed: Claimed,
        last_created: LastCreated,
        whole: bool = True,
    ) -> None:
        """Compare fields as their `types` compare; a record is created at most `window` seconds after it was sent.

        `whole`: requests create all of their records or none.
        """
        self._asker = asker
        self._object = object_name
        self._types = types
        self._window = timedelta(seconds=window) + 2 * MARGIN
        self._recall = recall
        self._recall_kin = recall_kin
        self._claimed = claimed
        self._last_created = last_created
        self._whole = whole

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:
        """Ask for everything of the object that this user has created since the first of these was sent."""
        user = await self._asker.user()
        since = self._asker.since(min(pending.sent_at for pending in waiting))
        until = self._asker.since(max(pending.sent_at for pending in waiting)) + self._window
        sent = await self._sent(waiting, others)
        fields = sorted({field for rows in sent.values() for row in rows for field in row})
        question = questions.by_values(self._object, fields, user, since, until)
        records = await self._asker.ask(question)
        if records is None:
            return [Found(pending, Unclear("too many records were created since then"), question) for pending in waiting]
        claimed = await self._claimed([record["Id"] for record in records])
        seen = [Seen(record["Id"], self._comparable(record)) for record in records if record["Id"] not in claimed]
        doubts = {
            chunk: [Row(line, self._comparable(values)) for line, values in enumerate(rows)] for chunk, rows in sent.items()
        }
        findings = self._judged(doubts, seen, control=await self._sees_ours(user))
        return [Found(pending, _by_line(pending, findings[_own(pending)]), question) for pending in waiting]

    def _judged(
        self, doubts: Mapping[_Records, Sequence[Row]], seen: Sequence[Seen], *, control: bool
    ) -> dict[_Records, Finding]:
        if self._whole:
            return by_values(doubts, seen, control=control)
        alone = by_values({(each, row.line): [row] for each, rows in doubts.items() for row in rows}, seen, control=control)
        return {each: row_by_row({row.line: alone[each, row.line] for row in rows}) for each, rows in doubts.items()}

    async def _sent(self, waiting: Sequence[Pending], others: Sequence[Pending]) -> dict[_Records, list[Mapping[str, Any]]]:
        """Read again which records of the object each request has: of its rows, and apart from them of what hangs below."""
        own = [*waiting, *(pending for pending in others if pending.object == waiting[0].object)]
        rows = await self._recall(own)
        sent = {_own(pending): [rows[pending.file, line] for line in pending.lines] for pending in own}
        families = [pending for pending in (*waiting, *others) if pending.kin]
        below = await self._recall_kin(families) if families and self._recall_kin else {}
        for pending in families:
            kin = [one for line in pending.lines for one in below[pending.file, line] if one.link[0] == self._object]
            if kin:
                sent[pending.chunk, pending.alone, True] = [one.values for one in kin]
        return sent

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


def _own(pending: Pending) -> _Records:
    return pending.chunk, pending.alone, False


def _by_line(pending: Pending, finding: Finding) -> Finding:
    """Tell ids by line that are told by the position of the row in its request."""
    if isinstance(finding, Exists | Partly):
        return replace(finding, ids={pending.lines[at]: key for at, key in finding.ids.items()})
    return finding
