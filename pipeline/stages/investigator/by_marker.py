"""Look by marker: each record carries a mark that no other record has, so one query tells."""

from collections.abc import Sequence

from pipeline.model.pending import Pending
from pipeline.model.record import member_reference
from pipeline.policy.evidence import by_marker
from pipeline.salesforce import questions
from pipeline.salesforce.encoding import mark
from pipeline.stages.investigator.asking import Asker
from pipeline.stages.investigator.looking import Found, one_by_one


class ByMarker:
    """Looks for the records of one run."""

    way = "marker"

    def __init__(self, asker: Asker, object_name: str, field: str, run: str, *, whole: bool = True) -> None:
        """Look by this field; `whole`: requests create all of their records or none."""
        self._asker = asker
        self._object = object_name
        self._field = field
        self._run = run
        self._whole = whole

    async def find(self, waiting: Sequence[Pending], others: Sequence[Pending] = ()) -> list[Found]:  # noqa: ARG002 - a proof needs none
        """Ask for the marks of all rows, as many at a time as fit."""
        found: list[Found] = []
        for pending in waiting:
            marks = {place: mark(self._run, member_reference(pending.file, place)) for place in pending.lines}
            held: dict[str, str] = {}
            question = ""
            for portion in questions.portions(list(marks.values())):
                question = questions.by_marker(self._object, self._field, portion)
                held |= {record[self._field]: record["Id"] for record in await self._asker.few(question)}
            found += [
                Found(part, by_marker({line: marks[line] for line in part.lines}, held, whole=self._whole), question)
                for part in one_by_one([pending])
            ]
        return found
