"""Look by business key: a unique field that each row gives; who holds it tells whether the request was executed."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.model.pending import Pending
from pipeline.policy.evidence import Holder, by_key
from pipeline.salesforce import questions
from pipeline.stages.investigator.asking import Asker
from pipeline.stages.investigator.looking import Claimed, Found, Recall, one_by_one

AT_ONCE = 100
"""Requests whose rows are held in memory at the same time."""


class ByKey:
    """Looks for the records that rows have become by their keys."""

    way = "key"

    def __init__(
        self, asker: Asker, object_name: str, field: str, recall: Recall, claimed: Claimed, *, whole: bool = True
    ) -> None:
        """Look by this field; `whole`: requests create all of their records or none."""
        self._asker = asker
        self._object = object_name
        self._field = field
        self._recall = recall
        self._claimed = claimed
        self._whole = whole

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:  # noqa: ARG002 - a proof needs none
        """Ask who holds the keys of all rows."""
        found: list[Found] = []
        for start in range(0, len(waiting), AT_ONCE):
            found += await self._find(waiting[start : start + AT_ONCE])
        return found

    async def _find(self, waiting: Sequence[Pending]) -> list[Found]:
        rows = await self._recall(waiting)
        keys = [{line: str(rows[each.file, line][self._field]) for line in each.lines} for each in waiting]
        asked = [await self._holders(pending, own) for pending, own in zip(waiting, keys, strict=True)]
        claimed = await self._claimed([holder.id for holders, _ in asked for holder in holders])
        return [
            Found(part, by_key({line: own[line] for line in part.lines}, holders, claimed, whole=self._whole), question)
            for pending, own, (holders, question) in zip(waiting, keys, asked, strict=True)
            for part in one_by_one([pending])
        ]

    async def _holders(self, pending: Pending, keys: Mapping[int, str]) -> tuple[list[Holder], str]:
        """Ask about the keys of one request; return who holds them, and the question."""
        user = await self._asker.user()
        records: list[dict[str, Any]] = []
        question = ""
        for portion in questions.portions(keys.values()):
            question = questions.by_key(self._object, self._field, portion)
            records += await self._asker.few(question)
        since = self._asker.since(pending.sent_at)
        holders = [
            Holder(
                record["Id"],
                str(record[self._field]),
                record["CreatedById"] == user and questions.created_at(record) >= since,
            )
            for record in records
        ]
        return holders, question
