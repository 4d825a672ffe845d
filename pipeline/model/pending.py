"""What is not known to have been created or not: rows that wait for evidence, or for a person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pending:
    """The rows of a request in doubt; or one row that the org says it has, and that has a story of its own."""

    chunk: int
    file: int
    lines: tuple[int, ...]
    """Of the rows; or, of parts of families that are larger than a request, the places of the records that begin them."""
    sent_at: str
    """When the request left, as our clock had it: ISO 8601 in UTC."""
    reason: str
    alone: bool = False
    """One row, apart from its chunk: the org names a record that holds its value already."""
    kin: tuple[tuple[int, int], ...] = ()
    """File and place of each further record of the request: what hangs under the records of these rows."""
    object: str = ""
    """What the rows became; empty: what the rows of the run are."""
    job: str = ""
    """Id of the job that has them, where they go in jobs; empty: none got any of them."""

    @property
    def records(self) -> int:
        """Records in all."""
        return len(self.lines) + len(self.kin)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What was asked about rows in doubt, by whom, and what came of it."""

    way: str
    """`marker`, `key`, `values` or `job`; or `word`, where a person said it."""
    question: str
    """The query; or the command that the person gave."""
    asked_at: str
    finding: str
    """`created`, `not created`, `rejected` or `unclear`."""
    reason: str = ""
    who: str = ""
    """The person, where it was one."""
