"""Which fields of a job's records make the org lock others, and the keys by which its rows are kept apart."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pipeline.assembly.kinds import Kind, Kinds
from pipeline.model.describe import Relationship
from pipeline.model.made import Made, Make, Part
from pipeline.model.row import AnyBlock
from pipeline.policy.rules import SendRules
from pipeline.salesforce.locks import LockKeys, lock_fields

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Locking:
    """The lookups of a file's records, object by object, whose targets the org locks."""

    fields: Sequence[tuple[frozenset[str], AbstractSet[str]]]
    """Of each kind of record the names of those lookups, and the fields that rows have given so far: with JSON they may grow."""
    links: frozenset[str] = frozenset()
    """Those that lead to a record of the same family, where that may go before: in the same request nobody else waits for it."""

    def given(self) -> frozenset[str]:
        """Name those lookups that rows have given."""
        return self.links.union(*(names & given for names, given in self.fields))


def locking(
    rules: SendRules,
    kinds: Mapping[int, Kinds],
    joined: Iterable[Kinds] = (),
    under: Iterable[Relationship] = (),
    *,
    parted: bool = False,
) -> Mapping[int, Locking]:
    """Say of each file what its records may lock; nothing of those that lock nothing, or where one request at a time is sent.

    `joined` are the kinds of files whose rows hang under these, by the relationships `under`; `parted`: what hangs under a record
    may be sent after it.
    """
    if rules.concurrency == 1:
        return {}
    others = [kind for each in joined for own in each.each for kind in own.all()]
    found = {}
    for number, each in kinds.items():
        locks = _locking(rules, [*(kind for own in each.each for kind in own.all()), *others], under, parted=parted)
        if locks.given() or (locks.fields and each.file.format != "csv"):
            found[number] = locks
    return found


def _locking(rules: SendRules, kinds: Sequence[Kind], under: Iterable[Relationship], *, parted: bool) -> Locking:
    fields = [(names, kind.columns.given) for kind in kinds if (names := frozenset(_named(rules, kind)))]
    below = [*under, *(hung.relationship for kind in kinds for hung in kind.hung)]
    below += [branch.relationship for kind in kinds for branch in (kind.branches or {}).values()]
    links = {one.field for one in below if any(one.field in names for names, _ in fields)}
    return Locking(fields, frozenset(links) if parted else frozenset())


def _named(rules: SendRules, kind: Kind) -> list[str]:
    if rules.lock_fields == AUTO:
        return lock_fields(kind.describe)
    return [field.name for name in _names(rules) if (field := kind.describe.field(name))]


def _names(rules: SendRules) -> tuple[str, ...]:
    return (rules.lock_fields,) if isinstance(rules.lock_fields, str) else rules.lock_fields


def faults_of_lock_fields(rules: SendRules, kinds: Mapping[int, Kinds]) -> list[str]:
    """Say which of the named fields no object of the job has as a lookup."""
    if rules.lock_fields == AUTO:
        return []
    describes = [kind.describe for each in kinds.values() for own in each.each for kind in own.all()]
    lookups = {field.name.lower(): field.name for each in describes for field in each.fields.values() if field.reference_to}
    faults = []
    for name in _names(rules):
        if name.lower() not in lookups:
            near = get_close_matches(name.lower(), lookups, n=1)
            hint = f"; did you mean {lookups[near[0]]}?" if near else ""
            objects = " or ".join(dict.fromkeys(each.name for each in describes))
            faults.append(f"send.lock_fields: {objects} has no lookup {name!r}{hint}")
    return faults


def keyed(make: Make, locks: Locking) -> Make:
    """Let the rows of what is made have their keys."""
    keys = LockKeys()

    def make_keyed(block: AnyBlock) -> Made:
        made = make(block)
        names = locks.given()
        if not names:
            return made
        parts = {at: _keyed_parts(each, keys, names) for at, each in made.parts.items()}
        return replace(made, keys=keys.of(made.records, names), parts=parts)

    return make_keyed


def _keyed_parts(parts: Sequence[Part], keys: LockKeys, names: frozenset[str]) -> tuple[Part, ...]:
    found = keys.of([part.record for part in parts], names)
    return tuple(replace(part, keys=own) for part, own in zip(parts, found, strict=True)) if found else tuple(parts)
