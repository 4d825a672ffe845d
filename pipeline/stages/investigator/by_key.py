"""Look by business key: a unique field that each row gives; who holds it tells whether the request was executed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pipeline.model.pending import Pending
from pipeline.policy.evidence import Holder, by_key
from pipeline.salesforce import questions
from pipeline.stages.investigator.asking import Asker
from pipeline.stages.investigator.looking import Found, one_by_one

Recall = Callable[[Sequence[Pending]], Awaitable[Mapping[tuple[int, int], Mapping[str, Any]]]]
"""Reads rows again: the fields of each as they were sent, by file and line."""
Claimed = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Tells which ids the journal has for a row already."""


class ByKey:
    """Looks for the records that rows have become by their keys."""

    way = "key"

    def __init__(self, asker: Asker, object_name: str, field: str, recall: Recall, claimed: Claimed) -> None:
        self._asker = asker
        self._object = object_name
        self._field = field
        self._recall = recall
        self._claimed = claimed

    async def find(self, waiting: Sequence[Pending]) -> list[Found]:
        """Ask who holds the keys of all rows."""
        user = await self._asker.user()
        rows = await self._recall(waiting)
        found: list[Found] = []
        for pending in waiting:
            keys = {line: str(rows[pending.file, line][self._field]) for line in pending.lines}
            records: list[dict[str, Any]] = []
            question = ""
            for portion in questions.portions(list(keys.values())):
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
            claimed = await self._claimed([holder.id for holder in holders])
            for part in one_by_one([pending]):
                own = {line: keys[line] for line in part.lines}
                found.append(Found(part, by_key(own, holders, claimed), question))
        return found
