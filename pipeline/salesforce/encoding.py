"""From a row's fields to the bytes of a record, encoded once: attributes and constants are put in front of what the row has.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite_sobject_tree.htm
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

import orjson

Encode = Callable[[Sequence[str], Sequence[bytes]], list[bytes]]
"""Makes the records of rows: from their references and their fields."""

_QUOTE = ord('"')
"""What every object but an empty one has. (Bytes are searched for a number in a sixth of the time that bytes in bytes take.)"""


class Frame(Enum):
    """What an endpoint wants to stand around a record's fields."""

    REFERENCED = "attributes with type and referenceId"
    TYPED = "attributes with type"
    BARE = "nothing"


def encoder(
    object_name: str, constants: Mapping[str, object], *, frame: Frame = Frame.REFERENCED, marker: str = "", run: str = ""
) -> Encode:
    """Return a function that makes the records of rows from their references and their fields.

    Fields are one JSON object a row, without blanks around it and without line ends in it; `constants` are put before them.
    The field `marker`, if there is one, gets the row's mark (see `mark`).
    """
    fixed = orjson.dumps(dict(constants))[1:-1] + b"," * bool(constants)
    if frame is not Frame.REFERENCED:
        typed = f'{{"attributes":{{"type":"{object_name}"}},'.encode() if frame is Frame.TYPED else b"{"
        return _unnamed(typed + fixed, f'"{marker}":"{mark(run, "")}'.encode() if marker else b"")
    start = f'{{"attributes":{{"type":"{object_name}","referenceId":"'.encode()
    middle = f'"}},"{marker}":"{mark(run, "")}'.encode()
    end = (b'",' if marker else b'"},') + fixed
    alone = end.removesuffix(b",") + b"}"

    def encode(references: Sequence[str], fields: Sequence[bytes]) -> list[bytes]:
        names = [reference.encode() for reference in references]
        if marker:
            names = [middle.join((name, name)) for name in names]
        return [
            b"".join((start, name, end, record[1:]) if _QUOTE in record else (start, name, alone))
            for name, record in zip(names, fields, strict=True)
        ]

    return encode


def _unnamed(start: bytes, marker: bytes) -> Encode:
    """Make records that don't have their reference in them, but for their mark."""

    def encode(references: Sequence[str], fields: Sequence[bytes]) -> list[bytes]:
        heads = [b'%b%b%b",' % (start, marker, name.encode()) for name in references] if marker else [start] * len(references)
        return [
            head + record[1:] if _QUOTE in record else head.removesuffix(b",") + b"}"
            for head, record in zip(heads, fields, strict=True)
        ]

    return encode


def mark(run: str, reference: str) -> str:
    """Say what marks a row's record in the org: `20261122-235635-k3f9-r1_17`. No other record has it, of this run or another."""
    return f"{run}-{reference}"
