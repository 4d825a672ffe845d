"""The CSV of bulk jobs: what a cell means to a field, and rows as they are read and written.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/relationship_fields_in_a_header_row_2_0.htm
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.simulator.errors import RecordError
from pipeline.simulator.jobs import DELIMITERS, LINE_ENDINGS, Job
from pipeline.simulator.objects import Field
from pipeline.simulator.values import WrongType, cast

NULL = "#N/A"
"""A cell that empties the field; an empty cell says nothing of it."""
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_XSD = {"boolean": "boolean", "int": "int", "long": "long", "date": "date", "datetime": "dateTime", "time": "time"}


class Unreadable(Exception):
    """The file, or the rest of it, can't be read: the message is what the job says of it."""


def rows(job: Job) -> Iterator[list[str]]:
    """Read what was uploaded, the header first; blank lines are no rows. Raises Unreadable."""
    lines = _lines(job.upload.pieces() if job.upload is not None else ())
    try:
        first = next(lines, "")
        crlf = first.endswith("\r\n")
        if first.endswith("\n") and crlf != (job.line_ending == "CRLF"):
            said = f"LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
            raise Unreadable(f"ClientInputError : {said}")
        reader = csv.reader(_again(first.removeprefix("\ufeff"), lines), delimiter=DELIMITERS[job.delimiter], strict=True)
        for row in reader:
            if row:
                yield row
    except UnicodeDecodeError as error:
        raise Unreadable("ClientInputError : The CSV is not UTF-8") from error
    except csv.Error as error:
        raise Unreadable(f"ClientInputError : Failed to parse CSV: {error}") from error


def written(job: Job, lines: Iterable[Sequence[str]]) -> bytes:
    """Write rows as a result file has them, every cell in quotes."""
    text = io.StringIO(newline="")
    ending = LINE_ENDINGS[job.line_ending]
    csv.writer(text, delimiter=DELIMITERS[job.delimiter], lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(lines)
    return text.getvalue().encode()


def value_of(field: Field, cell: str) -> Any:
    """Make of a cell, which isn't empty, what its field holds. Raises WrongType."""
    if cell == NULL:
        return None
    if field.type != "boolean":
        return cast(field, cell)
    try:
        return _BOOLEANS[cell.lower()]
    except KeyError as error:
        raise WrongType from error


def undeserialized(field: Field, cell: str, column: int) -> RecordError:
    """Say that a cell isn't of its field's type, as the vendor does, with columns counted from 0."""
    kind = _XSD.get(field.type, "double")
    reason = f"'{cell}' is not a valid value for the type xsd:{kind}"
    return RecordError("INVALID_FIELD", f"Failed to deserialize field at col {column}. Due to, {reason}", (field.name,))


def told(error: RecordError) -> str:
    """Write an error as `sf__Error` has it: `CODE:message:FIELDS --`."""
    return f"{error.code}:{error.message}:{' '.join((*error.fields, '--'))}"


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Cut bytes into lines with their ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (f"{line}\n" for line in lines)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _again(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others
