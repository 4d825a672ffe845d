"""What transactions do to the tables, and how it is taken back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from pipeline.simulator import statuses
from pipeline.simulator.ledger import Alteration, Deletion, Transaction
from pipeline.simulator.objects import SObject
from pipeline.simulator.store import Record, Table, changed, merged
from pipeline.simulator.values import stamp

Before = tuple[Table, str, Record | None]
"""A table, the id of a record in it, and the state that the record had; None if it wasn't there."""


class Held:
    """Transactions that are done in memory but not on disk: they become one, or are taken back."""

    def __init__(self) -> None:
        self._transactions: list[Transaction] = []
        self._before: list[Before] = []

    def add(self, transaction: Transaction, before: list[Before]) -> None:
        """Hold one more."""
        self._transactions.append(transaction)
        self._before += before

    def transaction(self) -> Transaction | None:
        """Make one of all, which says what came out of it; None if there is none."""
        if not self._transactions:
            return None
        entries = {entry.id: entry for one in self._transactions for entry in one.records}
        created, updated, deleted = [], [], []
        first: dict[str, tuple[Table, Record | None]] = {}
        for table, record_id, record in self._before:
            first.setdefault(record_id, (table, record))
        for record_id, (table, before) in first.items():
            now = table.rows.get(record_id) or table.bin.get(record_id)
            if record_id in entries and now is not None:
                created.append(replace(entries[record_id], fields=dict(now.values)))
            elif before is not None and now is not None and not now.deleted:
                updated.append(Alteration(table.sobject.name, record_id, changed(before.values, now.values)))
            if (now is not None and now.deleted) or (now is None and before is not None):
                deleted.append(Deletion(table.sobject.name, record_id, erased=now is None))
        gone = {deletion.id for deletion in deleted}
        created.sort(key=lambda entry: entry.id not in gone)  # what it leaves again may have had a key that another has now
        return replace(self._transactions[0], records=tuple(created), updated=tuple(updated), deleted=tuple(deleted))

    def take_back(self) -> None:
        """Give every record the state that it had."""
        for table, record_id, record in reversed(self._before):
            table.swap(record_id, record)


def apply(transaction: Transaction, tables: Mapping[str, Table], mint: Callable[[SObject], str]) -> list[Before]:
    """Do to the tables what a transaction says; a new campaign gets its statuses. Gives what was there before, in order."""
    now = stamp(datetime.fromisoformat(transaction.time).replace(microsecond=0))
    before: list[Before] = []
    for entry in transaction.records:
        table = tables[entry.object.lower()]
        table.add(Record(entry.id, now, entry.fields))
        before.append((table, entry.id, None))
        if entry.object == statuses.CAMPAIGN:
            table = tables[statuses.TABLE]
            for values in statuses.statuses_of(entry.id):
                status = Record(mint(table.sobject), now, values)
                table.add(status)
                before.append((table, status.id, None))
    for change in transaction.updated:
        table = tables[change.object.lower()]
        old = table.rows[change.id]
        values = merged(table.sobject, old.values, change.fields)
        before.append((table, change.id, table.swap(change.id, Record(change.id, old.created, values, now))))
    for gone in transaction.deleted:
        table = tables[gone.object.lower()]
        old = table.rows[gone.id]
        left = None if gone.erased else Record(gone.id, old.created, old.values, now, deleted=True)
        before.append((table, gone.id, table.swap(gone.id, left)))
    return before
