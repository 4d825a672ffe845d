"""A chunk as the journal keeps it: a row for each file whose rows it has, nearly always one."""

import sqlite3
from collections.abc import Mapping, Sequence

from pipeline.journal.blobs import pack_lines
from pipeline.model.record import MEMBER, Chunk, RowEnd


class Objects:
    """The objects that the records of a run are of, by number; 0 is the run's own."""

    def __init__(self, sql: Mapping[str, str]) -> None:
        self._sql = sql
        self._numbers = {"": 0}

    def number(self, db: sqlite3.Connection, name: str) -> int:
        """Return an object's number; a new one gets the next."""
        if name not in self._numbers:
            db.execute(self._sql["add_object"], {"name": name})
            (self._numbers[name],) = db.execute(self._sql["object_number"], {"name": name}).fetchone()
        return self._numbers[name]


def part_rows(db: sqlite3.Connection, objects: Objects, chunk: Chunk) -> list[dict[str, object]]:
    """Say for each file which records of it are in a chunk; of the chunk's own file first. A chunk without any gives nothing."""
    heads = pack_lines(chunk.lines) if chunk.lines and chunk.lines[0] >= MEMBER else b""
    if not chunk.kin:
        number = objects.number(db, chunk.object)
        return [_part(chunk.number, chunk.file, chunk.lines, number) | {"heads": heads}] if chunk.lines else []
    places: dict[int, tuple[list[int], list[int]]] = {chunk.file: ([], [])}
    for file, place, name in chunk.places():
        lines, numbers = places.setdefault(file, ([], []))
        lines.append(place)
        numbers.append(objects.number(db, name))
    own = objects.number(db, chunk.object)
    return [
        _part(chunk.number, file, lines, own if file == chunk.file else numbers[0], numbers)
        | ({"heads": heads} if file == chunk.file else {"main": 0})
        for file, (lines, numbers) in places.items()
    ]


def place_of_ended(chunk: Chunk, ends: Sequence[RowEnd]) -> dict[str, object]:
    """Say where a chunk lies of which no record is left."""
    lines = sorted(end.line % MEMBER for end in ends if end.file in {0, chunk.file})
    return {
        "number": chunk.number,
        "file": chunk.file,
        "lines": b"",
        "heads": b"",
        "objects": b"",
        "first_line": lines[0],
        "last_line": lines[-1],
    }


def ids_by_file(chunk: Chunk, ids: bytes, size: int) -> dict[int, bytes]:
    """Tell the ids of a chunk, in the order of its records, apart by file."""
    if not chunk.kin:
        return {chunk.file: ids}
    parts: dict[int, list[bytes]] = {}
    for at, (file, _, _) in enumerate(chunk.places()):
        parts.setdefault(file, []).append(ids[at * size : (at + 1) * size])
    return {file: b"".join(part) for file, part in parts.items()}


def _part(number: int, file: int, lines: Sequence[int], own: int, numbers: Sequence[int] = ()) -> dict[str, object]:
    rows = sorted(place % MEMBER for place in lines) if numbers or lines[-1] >= MEMBER else lines
    return {
        "number": number,
        "file": file,
        "main": 1,
        "first_line": rows[0],
        "last_line": rows[-1],
        "lines": pack_lines(lines),
        "heads": b"",
        "object": own,
        "objects": bytes(numbers) if {*numbers} - {own} else b"",
    }
