"""The text of a file in UTF-8, out of its bytes as they come."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol

from pipeline.formats.flaws import UTF8
from pipeline.formats.transcoding import Transcoding


class Step(Protocol):
    """One thing that is done to bytes on their way: transcoding, for one."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what the next bytes become."""
        ...

    def end(self) -> Iterator[bytes]:
        """Yield what is left at the end."""
        ...


class Text:
    """The way of one file's bytes through some steps. Where there are none they go through as they are."""

    def __init__(self, *steps: Step) -> None:
        self._steps = steps

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the text of the next bytes."""
        pieces = iter((chunk,))
        for step in self._steps:
            pieces = chain.from_iterable(map(step.feed, pieces))
        return pieces

    def end(self) -> Iterator[bytes]:
        """Yield what is left at the file's end."""
        pieces: Iterator[bytes] = iter(())
        for step in self._steps:
            pieces = chain(chain.from_iterable(map(step.feed, pieces)), step.end())
        return pieces

    def of(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the text of a whole file; no more of it is taken in hand than is asked for, and no piece is empty."""
        return filter(None, chain(chain.from_iterable(map(self.feed, chunks)), self._ended()))

    def _ended(self) -> Iterator[bytes]:
        yield from self.end()


def decoding(encoding: str) -> list[Step]:
    """Return the step that makes UTF-8 of an encoding; none if it is that."""
    return [] if encoding == UTF8 else [Transcoding(encoding)]
