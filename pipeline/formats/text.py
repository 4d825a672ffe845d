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
    """The way of one file's bytes. Where they are UTF-8 already they go through as they are."""

    def __init__(self, encoding: str, *steps: Step) -> None:
        """Decode, then take further steps."""
        self._steps: list[Step] = [*([] if encoding == UTF8 else [Transcoding(encoding)]), *steps]

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


def text_of(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the text of a whole file; no more of it is taken in hand than is asked for."""
    text = Text(encoding)
    yield from chain.from_iterable(map(text.feed, chunks))
    yield from text.end()
