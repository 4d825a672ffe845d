"""What a person says of rows in doubt, held against what is in doubt before anything of it is written down."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.journal.blobs import unpack_ids, unpack_lines
from pipeline.journal.reading import Record
from pipeline.model.lifecycle import ChunkState, RowState
from pipeline.model.record import MEMBER, member_reference
from pipeline.model.record_id import is_record_id

Place = tuple[int, int]
"""File and place of a record: its row's line, or `MEMBER` times its number beyond."""
MOST_FAULTS = 20
"""Faults of a person's word that are told; a wrong file may have one a line."""
MOST_MISSING = 5
"""Records that are told of those that a person has not named; a request may have 199."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of rows in doubt."""

    who: str
    command: str
    """As it was given, for the report."""
    ids: Mapping[Place, str] | None
    """Record ids by file and place; None: the rows were not created."""
    chunks: Sequence[int]
    """Only rows of these requests; empty: of all."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """Records of which all were created or none: those of a request, or of a family that is in doubt by itself."""

    chunk: int
    objects: dict[Place, str]
    """What each of them is."""
    alone: bool = False


def check_word(word: Word, record: Record) -> None:
    """Hold a word against what is in doubt.

    :raises UsageError: if it doesn't fit, with a line for every fault.
    """
    where = " in these requests" if word.chunks else ""
    wholes = [each for each in _in_doubt(record) if not word.chunks or each.chunk in word.chunks]
    if not wholes:
        raise UsageError(f"no rows of run {record.run().id} are in doubt{where}")
    if word.ids is None:
        return
    objects = {place: name for each in wholes for place, name in each.objects.items()}
    faults = [
        *_faults_of_places(word.ids, objects, where),
        *_faults_of_ids(word.ids, record),
        *_faults_of_objects(word.ids, objects),
        *_faults_of_parts(word.ids, wholes),
    ]
    if len(faults) > MOST_FAULTS:
        faults[MOST_FAULTS:] = [f"and {len(faults) - MOST_FAULTS:,} faults more"]
    if faults:
        raise UsageError("\n".join(faults))


def _in_doubt(record: Record) -> list[_Whole]:
    """Gather what is in doubt, and what was on its way when its process died."""
    names = record.objects()
    requests: dict[int, dict[Place, str]] = {}
    families: dict[tuple[int, Place], dict[Place, str]] = {}
    for file in (each.number for each in record.files()):
        for chunk in record.chunks(file):
            if chunk.state in {ChunkState.IN_DOUBT, ChunkState.SENDING}:
                places = unpack_lines(chunk.lines)
                numbers = chunk.objects or [chunk.object] * len(places)
                part = {(file, place): names[number] for place, number in zip(places, numbers, strict=True)}
                requests.setdefault(chunk.number, {}).update(part)
        for row in record.rows(file):
            if row.state is RowState.IN_DOUBT and row.chunk is not None:
                own = row.family if row.family[0] else (file, row.line % MEMBER)
                families.setdefault((row.chunk, own), {})[file, row.line] = names[row.object]
    alone = [_Whole(number, part, alone=True) for number, own in families for part in _fates(number, own, families)]
    return [*(_Whole(number, objects) for number, objects in requests.items()), *alone]


def _fates(number: int, own: Place, families: Mapping[tuple[int, Place], dict[Place, str]]) -> list[dict[Place, str]]:
    """Say which records of a request's family share their fate: all with the row's own, or those of each part with its first."""
    family = families[number, own]
    if own[1] >= MEMBER:
        return []  # told with that
    return [family] if own in family else [{place: name, **families.get((number, place), {})} for place, name in family.items()]


def _called(place: Place) -> str:
    """Call a record as its user would: a row by its line, what else the row makes by its reference."""
    file, at = place
    return f"line {at} of file {file}" if at < MEMBER else member_reference(file, at)


def _faults_of_places(ids: Mapping[Place, str], objects: Mapping[Place, str], where: str) -> Iterator[str]:
    for place, key in ids.items():
        if place not in objects:
            yield f"{_called(place)}: is not in doubt{where}"
        elif not is_record_id(key):
            yield f"{_called(place)}: {key!r} is no record id of 18 characters"


def _faults_of_ids(ids: Mapping[Place, str], record: Record) -> Iterator[str]:
    given = Counter(ids.values())
    known = {
        each for file in record.files() for joined in record.ids(file.number) for each in unpack_ids(joined) if each in given
    }
    for place, key in ids.items():
        if key in known:
            yield f"{_called(place)}: {key} is the id of another row"
    for key, times in given.items():
        if times > 1 and is_record_id(key):
            yield f"{key} is given {times} times: each row has a record of its own"


def _faults_of_objects(ids: Mapping[Place, str], objects: Mapping[Place, str]) -> Iterator[str]:
    """Find ids that were given to a record of another object: how an id begins says what it is of."""
    first: dict[str, tuple[Place, str]] = {}
    for place, key in ids.items():
        name = objects.get(place, "")
        if name and is_record_id(key):
            other, object_name = first.setdefault(key[:3], (place, name))
            if object_name != name:
                ours, theirs = member_reference(*place), member_reference(*other)
                yield f"{ours} ({name}) and {theirs} ({object_name}) have ids that begin with {key[:3]}: one is not its own"


def _faults_of_parts(ids: Mapping[Place, str], wholes: Sequence[_Whole]) -> Iterator[str]:
    for each in wholes:
        missing = [place for place in each.objects if place not in ids]
        if 0 < len(missing) < len(each.objects):
            named, more = len(each.objects) - len(missing), len(missing) - MOST_MISSING
            names = ", ".join(member_reference(*place) for place in sorted(missing)[:MOST_MISSING])
            what = member_reference(*min(each.objects)) if each.alone else f"request {each.chunk}"
            yield (
                f"{what}: {named} of its {len(each.objects)} records are named, but all were created or none: name "
                f"{names}{f' and {more} more' if more > 0 else ''} as well"
            )
