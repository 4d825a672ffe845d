"""The CSV of bulk jobs: records as the org wants them, and its files of results joined to the records that were sent.

Results come in no order and say what was sent beside what became of it. So a row of them is known by its unique field, if there
is one, and otherwise by all of its cells: of records that are alike any may stand for any other.
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from pipeline.model.outcome import InDoubt, Outcome, Refused
from pipeline.model.record import FieldError
from pipeline.model.record_id import are_record_ids
from pipeline.salesforce.bulk import Job, JobState, Results
from pipeline.salesforce.errors import clean
from pipeline.salesforce.refusals import one_by_one

NOTHING = b"#N/A"
"""A cell that leaves its field empty; one without anything lets the org's default stand."""
UNPROCESSED = FieldError("UNPROCESSED", "the job ended before the org came to this record")
_MEMBER = re.compile(rb'"([^"\\]*)":("[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}\[\],]+)')
"""A field of a compact record and its value. Numbers stay as they are, digit for digit."""
_SPACED = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}\[\],]+)')
"""The same of a record as somebody may write it: with blanks, and with escapes in the names."""
_OWN = 2
"""Columns of the org's own in front of those that were sent: `sf__Id`, and `sf__Created` or `sf__Error`."""
_ERROR_END = re.compile(r":([\w.]*(?:[ ,]+[\w.]+)*) --$")
_LONGEST_CELL = 20_000_000


class NotOurs(Exception):
    """A file of results is not about what was sent."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a job is given."""

    fields: tuple[bytes, ...]
    """The columns."""
    content: bytes
    """With a header, and a line end behind each record."""


def upload(records: Sequence[bytes], given: tuple[bytes, ...] = ()) -> Upload:
    """Write records, each a JSON object of plain values, as CSV; `given` are the columns, if they are known.

    Texts are in quotes: JSON and CSV write those alike in which nothing is escaped.

    :raises NotOurs: a record has a field that is none of these.
    """
    fields, known = given, {*given}
    lines: list[bytes] = []
    for record in records:
        members = _MEMBER.findall(record)
        names = tuple([name for name, _ in members])
        if names == fields:
            lines.append(_whole(record, members))
        elif known.issuperset(names):
            cells = dict(members)
            lines.append(b",".join([_cell(cells[name]) if name in cells else b"" for name in fields]))
        elif given:
            raise NotOurs("its columns are not the fields that were sent")
        elif lines:  # from now on with these columns as well
            return upload(records, _union(records))
        else:
            fields, known = names, {*names}
            lines.append(_whole(record, members))
    return Upload(fields, b"%b\n%b\n" % (b",".join(fields), b"\n".join(lines)))


def _union(records: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple({name: None for record in records for name, _ in _MEMBER.findall(record)})


def _whole(record: bytes, members: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Write a record that has all fields in order; in most of them nothing is special."""
    if b"\\" in record or b":null" in record or b':""' in record:
        return b",".join([_cell(value) for _, value in members])
    return b",".join([value for _, value in members])


def _cell(value: bytes) -> bytes:
    if value in {b"null", b'""'}:
        return NOTHING
    if b"\\" in value:
        return b'"%b"' % orjson.loads(value).replace('"', '""').encode()
    return value


def compact(record: bytes) -> bytes | None:
    """Write a record without blanks, as `upload` takes it apart; None if a value is no plain one.

    Values stay as they are written. A record is compact if nothing is left of it beside its members but one sign before,
    between and behind them.
    """
    members = _MEMBER.findall(record)
    if len(record) == sum(len(name) + len(value) + len('"":') for name, value in members) + max(len(members), 1) + 1:
        return record
    values: dict[str, object] = orjson.loads(record)
    if any(isinstance(value, dict | list) for value in values.values()):
        return None
    spaced = [(orjson.dumps(orjson.loads(name)), value) for name, value in _SPACED.findall(record)]
    if [orjson.loads(name) for name, _ in spaced] != [*values]:
        raise ValueError("the members of a record were not told apart")
    return b"{%b}" % b",".join([b"%b:%b" % member for member in spaced])


def means_nothing(record: bytes) -> bool:
    """Tell whether a text of a compact record would be taken for an empty field."""
    return b':"#N/A"' in record or (b"\\" in record and "#N/A" in orjson.loads(record).values())


def fields_of(results: Mapping[Results, bytes]) -> tuple[bytes, ...]:
    """Return the columns that were sent, as the files of results name them; none if there is no header."""
    first = next((body.partition(b"\n")[0] for kind, body in results.items() if body and kind is not Results.UNPROCESSED), b"")
    return tuple(name.encode() for row in _rows(first) for name in row[_OWN:])


def outcome(
    job: Job,
    results: Mapping[Results, bytes],
    references: Sequence[str],
    sent: Upload,
    proof: Collection[str] = (),
    *,
    whole: bool = True,
) -> Outcome:
    """Say what came of the records of a job that has ended, which were sent with these references.

    `proof` has the unique fields that say which row a record comes from. `whole`: they are all that the job was given; otherwise
    what is said of other records is passed over.
    """
    waiting = _Waiting(references, sent, proof)
    ids: dict[str, str] = {}
    errors: dict[str, tuple[FieldError, ...]] = {}
    left: list[str] = []
    try:
        for row, name in waiting.named(results.get(Results.SUCCESSFUL, b""), _OWN, whole=whole):
            ids[name] = row[0]
        for row, name in waiting.named(results.get(Results.FAILED, b""), _OWN, whole=whole):
            errors[name] = _errors(row[1])
        left += [name for _, name in waiting.named(results.get(Results.UNPROCESSED, b""), 0, whole=whole)]
    except (NotOurs, csv.Error, UnicodeDecodeError) as error:
        return InDoubt(f"the results of job {job.id} were not understood: {error}")
    if not are_record_ids(ids.values()) or len({*ids.values()}) < len(ids):
        return InDoubt(f"in the results of job {job.id} an id comes twice or is none")
    if not ids and not errors and job.state is not JobState.COMPLETE and not job.processed:
        code, message = ("ABORTED", "somebody aborted the job") if job.state is JobState.ABORTED else ("FAILED", job.message)
        return Refused(200, (FieldError(code, f"job {job.id}: {message or 'it failed'}"),))
    if len(ids) + len(errors) + len(left) != len(references):
        told = f"{len(ids) + len(errors) + len(left):,} of its {len(references):,} records"
        return InDoubt(f"the results of job {job.id}, which is {job.state}, account for {told}")
    return one_by_one(200, ids, errors, proof, dict.fromkeys(left, (UNPROCESSED,)))


class _Waiting:
    """Records whose results haven't been seen yet."""

    def __init__(self, references: Sequence[str], sent: Upload, proof: Collection[str]) -> None:
        self._fields = [name.decode() for name in sent.fields]
        unique = next((at for at, name in enumerate(self._fields) if name in proof), None)
        self._column = unique
        self._alike: dict[str, list[str]] = {}
        self._add(references, sent)
        if unique is not None and len(self._alike) < len(references):
            self._column = None
            self._alike = {}
            self._add(references, sent)

    def _add(self, references: Sequence[str], sent: Upload) -> None:
        rows = _rows(sent.content)
        next(rows)
        for name, row in zip(references, rows, strict=True):
            self._alike.setdefault(self._key(row, 0), []).append(name)

    def _key(self, row: Sequence[str], own: int) -> str:
        """Say what a row is known by. No cell has a zero in it: the org takes none."""
        return "\0".join(row[own:]) if self._column is None else row[own + self._column]

    def named(self, body: bytes, own: int, *, whole: bool) -> Iterator[tuple[list[str], str]]:
        """Yield each row of a file with the reference of the record that it is about.

        :raises NotOurs: there is none, and it should be of ours.
        """
        rows = _rows(body)
        header = next(rows, None)
        if header is not None and header[own:] != self._fields:
            raise NotOurs("its columns are not the fields that were sent")
        for row in rows:
            if len(row) != own + len(self._fields):
                raise NotOurs("a row of it has not as many cells as the header")
            if names := self._alike.get(self._key(row, own)):
                yield row, names.pop()
            elif whole:
                raise NotOurs("a row of it is none that was sent")


def _rows(body: bytes) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""), strict=True)


def _errors(text: str) -> tuple[FieldError, ...]:
    """Read `CODE:message:FIELDS --`."""
    code, _, rest = text.partition(":")
    end = _ERROR_END.search(f":{rest}")
    message = f":{rest}"[: end.start()].removeprefix(":") if end else rest.removesuffix("--").rstrip(" :")
    return (FieldError(clean(code), clean(message), tuple(re.split("[ ,]+", end[1])) if end and end[1] else ()),)
