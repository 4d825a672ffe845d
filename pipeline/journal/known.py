"""The part of a journal that tells what is known of rows before they are read, or read again."""

import sqlite3
from collections.abc import Mapping

from pipeline.journal.blobs import unpack_ids, unpack_lines
from pipeline.journal.known_rows import KnownRows
from pipeline.journal.scribe import Scribe


class Known:
    """What has its place already. It is asked between the transactions of those who write."""

    def __init__(self, scribe: Scribe, sql: Mapping[str, str]) -> None:
        self._scribe = scribe
        self._sql = sql

    async def rows(self, file: int) -> KnownRows:
        """Tell which rows of a file have their place in the journal."""

        def work(db: sqlite3.Connection) -> KnownRows:
            known = KnownRows()
            known.add((line for (line,) in db.execute(self._sql["known_rows"], {"file": file})), apart=True)
            for lines, apart in db.execute(self._sql["known_lines"], {"file": file}):
                known.add(unpack_lines(lines), apart=bool(apart))
            return known

        return await self._scribe.perform(work)

    async def doubted(self, file: int) -> KnownRows:
        """Tell which rows of a file were in doubt and then found not to have been created."""

        def work(db: sqlite3.Connection) -> KnownRows:
            doubted = KnownRows()
            for lines, _ in db.execute(self._sql["doubted_lines"], {"file": file}):
                doubted.add(unpack_lines(lines), apart=True)
            return doubted

        return await self._scribe.perform(work)

    async def outcomes(self, file: int, places: frozenset[int]) -> tuple[dict[int, str], dict[int, str]]:
        """Of records of a file return ids, and the states of those that have ended without one, by their places."""

        def work(db: sqlite3.Connection) -> tuple[dict[int, str], dict[int, str]]:
            ids: dict[int, str] = {}
            ended: dict[int, str] = {}
            for lines, joined in db.execute(self._sql["created_places"], {"file": file}):
                ids |= {at: key for at, key in zip(unpack_lines(lines), unpack_ids(joined), strict=True) if at in places}
            for place, state, key in db.execute(self._sql["ended_places"], {"file": file}):
                if place in places:
                    (ids if key else ended)[place] = key or state
            return ids, ended

        return await self._scribe.perform(work)
