"""What the org's answers say of requests in doubt: they were executed, they were not, or it can't be told.

Most requests are atomic (`whole`): all of their records exist or none does. Three ways to find out, the strongest first:

by_marker    each record carries a marker of its own, which nothing else in the world has
by_key       each row has a key, and the org keeps it unique
by_values    the records' own values, among all that this user created since the request was sent
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import TypeVar, assert_never


@dataclass(frozen=True, slots=True)
class Exists:
    """The request was executed: `ids[line]` for all of its rows."""

    ids: Mapping[int, str]
    kin: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """By file and place, what hangs under their records."""


@dataclass(frozen=True, slots=True)
class Absent:
    """There is nothing of it. That proves something only when the request can't be executed any more, unless it is `certain`."""

    reason: str
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """The evidence fits both."""

    reason: str


@dataclass(frozen=True, slots=True)
class Partly:
    """Of a request that isn't atomic some records exist: `ids[line]`. Of the others there is nothing."""

    ids: Mapping[int, str]
    reason: str


Finding = Exists | Absent | Unclear | Partly
_Request = TypeVar("_Request", bound=Hashable)
"""Names something in doubt."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A record that has one of the keys asked for."""

    id: str
    key: str
    ours: bool
    """Created by this user, and not before the request was sent."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was sent for a line: the fields that were not empty, with comparable (hashable) values."""

    line: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Seen:
    """A record in the org, with the comparable values of the fields asked for."""

    id: str
    values: Mapping[str, object]


def settled(finding: Finding, *, window_closed: bool) -> bool:
    """Tell whether the finding counts now; if not, the org is asked again. `window_closed`: the org executes it no more."""
    match finding:
        case Exists():
            return True
        case Absent():
            return finding.certain or window_closed
        case Unclear() | Partly():
            return window_closed
        case _:
            assert_never(finding)


def by_marker(markers: Mapping[int, str], found: Mapping[str, str], *, whole: bool = True) -> Finding:
    """Judge by the marker of each line; `found` has the ids of the records by their markers, in any case."""
    holders = {marker.casefold(): record_id for marker, record_id in found.items()}
    ids = {line: holders[marker.casefold()] for line, marker in markers.items() if marker.casefold() in holders}
    return _counted(ids, len(markers), "no record has a marker of this request", whole=whole)


def by_key(keys: Mapping[int, str], found: Iterable[Holder], claimed: Collection[str], *, whole: bool = True) -> Finding:
    """Judge by the key of each line. `claimed` has the ids of records that other rows are known to have become.

    The field is unique and the request atomic. So if a key is held by a record that can't come from this request (another's,
    an older one, another row's), the request was refused as a whole, and will be. The same holds if two of its rows have the
    same key. Two records with one key say that the field isn't unique, and then nothing follows. Of a request that isn't atomic
    each row is judged by itself, and rows with the same key not at all, as any of them may hold it.

    Keys are compared without case, as the org does; unless some differ in nothing else: then the field may tell case apart.
    """
    exact = len({_folded(key) for key in keys.values()}) < len(set(map(str.strip, keys.values())))
    fold = str.strip if exact else _folded
    wanted = Counter(map(fold, keys.values()))
    holders: dict[str, Holder] = {}
    for holder in found:
        key = fold(holder.key)
        if key in wanted and holders.setdefault(key, holder).id != holder.id:
            return Unclear("the org has several records with the same key, so the key is not unique there")
    own = {key: holder for key, holder in holders.items() if holder.ours and holder.id not in claimed}
    foreign = len(holders) - len(own)
    if len(wanted) < len(keys) and (whole or own):
        alike = "two of its rows have the same key, so "
        return Absent(alike + "the org can't have taken it", certain=True) if whole else Unclear(alike + "either may hold it")
    if foreign == len(wanted) or (foreign and whole):
        return Absent(f"{foreign:,} of its keys belong to other records, so the org can't have taken it", certain=True)
    ids = {line: own[fold(key)].id for line, key in keys.items() if fold(key) in own}
    return _counted(ids, len(keys), "no record has a key of this request", whole=whole)


def _folded(key: str) -> str:
    return key.strip().casefold()


def _counted(ids: Mapping[int, str], rows: int, nothing: str, *, whole: bool) -> Finding:
    if len(ids) == rows:
        return Exists(ids)
    if not ids:
        return Absent(nothing)
    if not whole:
        return Partly(ids, f"{rows - len(ids):,} of its records are not there")
    return Unclear(f"the request was executed, but {rows - len(ids):,} of its records can't be seen: deleted or hidden since")


def by_values(doubts: Mapping[_Request, Sequence[Row]], found: Iterable[Seen], *, control: bool) -> dict[_Request, Finding]:
    """Judge each chunk in doubt by the values of its rows, all of them at once: they may be alike.

    `found` has all records that no row has claimed and that this user created since the earliest request in doubt was sent.
    `control` says that records that this run is known to have created are seen by such a query.

    A record fits a row that it equals in all fields that were sent. A chunk exists if each of its contents (the values of
    equal rows) has as many records as rows, and these fit nothing else that is in doubt. It is absent if no record fits it and
    each record found is explained by a chunk that exists: any other may be one of its own that a trigger has changed. So may
    one that says nothing against it, because it fits a row that was sent with other fields.
    """
    owners = _owners(doubts)
    records = {seen.id: seen.values for seen in found}
    fitting, shared = _fitting(owners, records)
    open_chunks = {
        chunk for content, lines in owners.items() if not _proven(lines, fitting.get(content, ()), shared) for chunk in lines
    }
    ids: dict[_Request, dict[int, str]] = {chunk: {} for chunk in doubts if chunk not in open_chunks}
    rows_seen: Counter[_Request] = Counter()
    for content, record_ids in fitting.items():
        for chunk, lines in owners[content].items():
            rows_seen[chunk] += len(lines)
            if chunk in ids:
                ids[chunk].update(zip(sorted(lines), sorted(record_ids), strict=True))
    unexplained = len(records) - sum(map(len, ids.values()))
    compatible = _compatible(owners, ids) if ids and len(ids) < len(doubts) else frozenset[_Request]()
    return {
        chunk: Exists(ids[chunk])
        if chunk in ids
        else _not_proven(len(rows), rows_seen[chunk], unexplained, compatible=chunk in compatible, control=control)
        for chunk, rows in doubts.items()
    }


def row_by_row(findings: Mapping[int, Finding]) -> Finding:
    """Judge a request that isn't atomic by what was found for each of its lines, as if it had been a request of its own."""
    if unclear := next((each for each in findings.values() if isinstance(each, Unclear)), None):
        return unclear
    ids = {line: key for each in findings.values() if isinstance(each, Exists) for line, key in each.ids.items()}
    absent = next((each for each in findings.values() if isinstance(each, Absent)), None)
    return _counted(ids, len(findings), absent.reason if absent else "", whole=False)


def _not_proven(rows: int, rows_seen: int, unexplained: int, *, compatible: bool, control: bool) -> Finding:
    if rows_seen:
        return Unclear(
            f"records fit {rows_seen:,} of its {rows:,} rows, but not one a row, or they fit other rows in doubt as well"
        )
    if unexplained:
        return Unclear(
            f"no record fits it, but {unexplained:,} that this user created since then fit no row for certain: "
            "they may be its own, changed by the org"
        )
    if compatible:
        return Unclear(
            "no record fits it, but one that fits a row that was sent with other fields may be its own, changed by the org"
        )
    if not control:
        return Unclear("no record fits it, but records that this run has created aren't seen by the query either")
    return Absent("no record fits it, and every record that this user created since then is another row's")


def _compatible(owners: "_Owners[_Request]", existing: Collection[_Request]) -> Collection[_Request]:
    """Name the chunks with a row that is equal to one of a chunk that exists in all fields that both were sent with.

    If it was sent with more fields, these may have been changed, and the record found would be its own. What is changed has
    values that no row has, or nothing could be told from values at all.
    """
    shapes: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for content, lines in owners.items():
        if not lines.keys().isdisjoint(existing):
            shapes.setdefault(tuple(name for name, _ in content), []).append(dict(content))
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], set[tuple[object, ...]]] = {}
    found: set[_Request] = set()
    for content, lines in owners.items():
        row = dict(content)
        for shape, others in () if lines.keys() <= {*existing} else shapes.items():
            both = tuple(name for name in shape if name in row)
            if len(both) == len(row):
                continue
            if (shape, both) not in known:
                known[shape, both] = {tuple(other[name] for name in both) for other in others}
            if tuple(row[name] for name in both) in known[shape, both]:
                found.update(lines)
    return found


_Content = tuple[tuple[str, object], ...]
"""The values of a row, by field in the order of their names: equal rows have the same."""

_Owners = Mapping[_Content, Mapping[_Request, Sequence[int]]]
"""The lines that have a content, by chunk."""


def _owners(doubts: Mapping[_Request, Iterable[Row]]) -> _Owners[_Request]:
    owners: dict[_Content, dict[_Request, list[int]]] = {}
    for chunk, rows in doubts.items():
        for row in rows:
            content = tuple(sorted(row.values.items(), key=itemgetter(0)))
            owners.setdefault(content, {}).setdefault(chunk, []).append(row.line)
    return owners


def _proven(lines: Mapping[_Request, Sequence[int]], record_ids: Collection[str], shared: Collection[str]) -> bool:
    """Tell whether a content's records are as many as its rows, and can't be anything else's."""
    (own, *others) = lines.values()
    return not others and len(own) == len(record_ids) and not any(record_id in shared for record_id in record_ids)


def _fitting(
    contents: Collection[_Content], records: Mapping[str, Mapping[str, object]]
) -> tuple[dict[_Content, list[str]], set[str]]:
    """Find the records that fit each content, and those that fit several.

    A record is not compared with each content but looked up: by its values in each set of fields that a content may have. With
    many such sets (rows that leave out fields as they like) that would take long, too; so contents lie under their rarest
    value, and a record sees only those under its own values.
    """
    often = Counter(chain.from_iterable(contents))
    lookup: dict[tuple[str, object] | None, dict[tuple[str, ...], dict[tuple[object, ...], _Content]]] = {}
    for content in contents:
        rarest = min(content, key=often.__getitem__, default=None)
        names, values = tuple(name for name, _ in content), tuple(value for _, value in content)
        lookup.setdefault(rarest, {}).setdefault(names, {})[values] = content
    fields = {rarest[0] for rarest in lookup if rarest is not None}
    fitting: dict[_Content, list[str]] = {}
    shared: set[str] = set()
    for record_id, record in records.items():
        fits = 0
        for rarest in (None, *((name, record.get(name)) for name in fields)):
            for names, by_content in lookup.get(rarest, {}).items():
                found = by_content.get(tuple(map(record.get, names)))
                if found is not None:
                    fitting.setdefault(found, []).append(record_id)
                    fits += 1
        if fits > 1:
            shared.add(record_id)
    return fitting, shared
