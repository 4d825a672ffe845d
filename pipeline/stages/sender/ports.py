"""What the sender needs of others: a way to the org, who admits, and where intents are written down."""

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from pipeline.model.outcome import Outcome
from pipeline.model.record import Chunk, RowEnd
from pipeline.model.wire import Delivery, Request


class Org(Protocol):
    """The way to the org."""

    @property
    def generation(self) -> int:
        """Counts tokens: a request is sent with the token of the generation at that moment."""
        ...

    async def send(self, request: Request) -> Delivery:
        """Send once."""
        ...

    def quiet_for(self) -> float:
        """Seconds for which it has asked to be left alone."""
        ...

    async def renew(self, generation: int) -> None:
        """Get a fresh token, unless somebody did since that generation; raise TreeloadError if there is none."""
        ...


class Place(Protocol):
    """A place among the requests in flight, for one of them."""

    has_call: bool
    """Whether the allowance has a call for it."""

    async def fly(self, sending: Awaitable[Delivery]) -> Delivery:
        """Let the request leave, and wait for what comes back."""
        ...

    def learn(self, outcome: Outcome, records: int) -> None:
        """Hear what came of it."""
        ...


class Gate(Protocol):
    """Keeps the number in flight, the allowance and the rate."""

    @property
    def portion(self) -> int:
        """Records that may go in one request."""
        ...

    def room(self, *, alone: bool = False) -> AbstractAsyncContextManager[Place]:
        """Wait for a place among those in flight, or until there are no others; it is free again when the body is left."""
        ...

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait in line; the body runs for the first in line; leaving it waits for the next free slot."""
        ...


class Journal(Protocol):
    """Where intents are written down; each method returns once it is durable."""

    async def sending(self, chunk: Chunk) -> None:
        """Note the intent."""
        ...

    async def withdrawn(self, chunk: Chunk, ends: Sequence[RowEnd]) -> None:
        """Note that the last try did nothing, and which rows ended by themselves because of it."""
        ...

    async def divided(self, chunk: Chunk, front: Chunk) -> None:
        """Note that the front of a chunk goes by itself."""
        ...

    async def joined(self, chunk: Chunk, front: Chunk) -> None:
        """Note that it is back in its chunk."""
        ...

    async def parted(self, chunk: Chunk, done: Chunk) -> None:
        """Note which rows of a chunk the org has done something with; the last try did nothing with the others."""
        ...
