"""The report of a bad day, held against what the org really has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from pipeline.simulator.ledger import Entry
from tests.chaos.shapes import Load

CREATED = frozenset({"created", "recovered"})
PARENTS = frozenset({"AccountId", "ParentId", "ContactId", "LeadId"})


def judge(load: Load, rows: Sequence[Mapping[str, str]], sent: Iterable[Entry]) -> Iterator[str]:
    """Say what must not be: something there twice or lost, under a wrong parent, or with another's id in the report.

    Records that are alike may stand for each other: each has an id of its own, of a record with its values, under the one that
    the report has for its parent.
    """
    by_reference: dict[str, list[Entry]] = {}
    for entry in sent:
        by_reference.setdefault(load.reference(entry) or "", []).append(entry)
    yield from _faults_of_lines(load, rows)
    ids = [row["id"] for row in rows if row["id"]]
    if len(ids) > len(set(ids)):
        yield "an id is in the report twice"
    org = {entry.id: entry for entries in by_reference.values() for entry in entries}
    reported = {one.id: row["id"] for row in rows if row["id"] for one in by_reference.get(row["reference"], ())}
    for row in rows:
        entries = by_reference.pop(row["reference"], [])
        if len(entries) > 1:
            yield f"{row['reference']} was created {len(entries)} times"
        if row["state"] in CREATED and not _same(entries, org.get(row["id"]), reported):
            yield f"{row['reference']} is {row['state']} with id {row['id']}, and the org has {entries}"
        if row["state"] not in CREATED | {"in_doubt"} and entries:
            yield f"{row['reference']} is {row['state']}, and the org has {entries}"
    if by_reference:
        yield f"the org has records that no row of the report names: {list(by_reference)[:5]}"


def _faults_of_lines(load: Load, rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    found = [(line, list(group)) for line, group in groupby(rows, key=lambda row: int(row["line"]))]
    if [line for line, _ in found] != [*load.kin]:
        yield "the report doesn't have each line once, in order"
    for line, group in found:
        names = [row["reference"] for row in group]
        wanted = [f"r1_{line}", *(f"r1_{line}_{at}" for at in range(1, load.kin[line] + 1))]
        if names != (wanted if group[0]["state"] != "unreadable" else [""]):
            yield f"line {line} has the records {names}, and should have {wanted}"


def _same(entries: Sequence[Entry], shown: Entry | None, reported: Mapping[str, str]) -> bool:
    """Tell whether the record that the report shows is the one of this reference, or one that is alike."""
    if not entries or shown is None or shown.object != entries[0].object:
        return False
    named = {name: reported.get(value) if name in PARENTS else value for name, value in entries[0].fields.items()}
    return shown.fields == named
