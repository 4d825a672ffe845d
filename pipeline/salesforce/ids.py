"""How many different record ids there are among millions."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import unpack

from pipeline.model.record_id import LENGTH

_HELD_IDS = 40_000
"""Ids held in memory at the same time while they are counted one by one: about 5 MB."""
_HELD_SPANS = 20_000
"""Spans held in memory at the same time: about 5 MB."""


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """Ids from `low` to `high`. If several chunks contest the span, only a look at each id tells how many differ."""

    low: bytes
    high: bytes
    ids: int
    distinct: int
    contested: bool

    def joined(self, other: "_Span") -> "_Span":
        """Put a span that begins later onto this one."""
        contested = self.contested or other.contested or other.low <= self.high
        return _Span(self.low, max(self.high, other.high), self.ids + other.ids, self.distinct + other.distinct, contested)


def count_distinct(chunks: Callable[[], Iterator[bytes]]) -> int:
    """Count the different ids in chunks of joined ids (18 bytes each), in any order and in bounded memory.

    An org hands out ids in ascending order, so the chunks of a load hardly ever overlap: then a look at each chunk by itself
    is enough. Where chunks do overlap, their ids are compared one by one, as many at a time as may be held; each time
    `chunks` is asked for a fresh iterator.
    """
    spans = _spans(chunks())
    distinct = sum(span.distinct for span in spans if not span.contested)
    for batch in _batches([span for span in spans if span.contested]):
        parts = -(-sum(span.ids for span in batch) // _HELD_IDS)
        distinct += sum(len(_gather(chunks(), batch, part, parts)) for part in range(parts))
    return distinct


def _spans(chunks: Iterator[bytes]) -> list[_Span]:
    """Disjoint spans that cover all ids, in ascending order."""
    spans: list[_Span] = []
    for chunk in chunks:
        ids = _split(chunk)
        if ids:
            spans.append(_Span(min(ids), max(ids), len(ids), len(set(ids)), contested=False))
        if len(spans) >= _HELD_SPANS:
            spans = _thinned(_disjoint(spans))
    return _disjoint(spans)


def _split(chunk: bytes) -> tuple[bytes, ...]:
    return unpack(f"{LENGTH}s" * (len(chunk) // LENGTH), chunk)


def _disjoint(spans: list[_Span]) -> list[_Span]:
    """Join the spans that overlap."""
    joined: list[_Span] = []
    for span in sorted(spans):
        if joined and span.low <= joined[-1].high:
            joined[-1] = joined[-1].joined(span)
        else:
            joined.append(span)
    return joined


def _thinned(spans: list[_Span]) -> list[_Span]:
    """Join neighbours until half of what may be held is free. A wider span only means that more ids may be looked at."""
    while len(spans) > _HELD_SPANS // 2:
        pairs = [one.joined(other) for one, other in zip(spans[::2], spans[1::2], strict=False)]
        spans = pairs + spans[len(pairs) * 2 :]
    return spans


def _batches(spans: list[_Span]) -> Iterator[list[_Span]]:
    """Cut into groups whose ids may be held at the same time; a span that is too large by itself is a group of its own."""
    batch: list[_Span] = []
    held = 0
    for span in spans:
        if batch and held + span.ids > _HELD_IDS:
            yield batch
            batch, held = [], 0
        batch.append(span)
        held += span.ids
    if batch:
        yield batch


def _gather(chunks: Iterator[bytes], batch: list[_Span], part: int, parts: int) -> set[bytes]:
    """Collect the ids that lie in these spans; with several parts, only those that belong to this one."""
    lows = [span.low for span in batch]
    highs = [span.high for span in batch]
    found: set[bytes] = set()
    for chunk in chunks:
        first = chunk[:LENGTH]  # stands for the chunk: all of it lies in one span
        at = bisect_right(lows, first) - 1
        if at >= 0 and first <= highs[at]:
            ids = _split(chunk)
            found.update(ids if parts == 1 else [one for one in ids if hash(one) % parts == part])
    return found
