"""Room for so many at the same time, or for one alone: a semaphore that can shrink.

First come, first served; who waits costs nothing.
"""

import asyncio
from collections import deque


class Room:
    """Holds up to `size`. Making it smaller throws nobody out: nobody is let in until so many have left."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()
        self._alone = False
        self.held = 0
        """How many are in."""

    @property
    def size(self) -> int:
        """How many may be in."""
        return self._size

    def resize(self, size: int) -> None:
        """Let in so many from now on."""
        self._size = size
        self._let_in()

    async def enter(self, *, alone: bool = False) -> None:
        """Wait for a place and take it; `alone`: wait until all the others have left, and let nobody in beside."""
        if not self._waiting and self._fits(alone=alone):
            self._take(alone=alone)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, alone))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # let in at the same moment
                self.leave()
            self._let_in()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.held -= 1
        self._alone = False  # who is alone is the last to leave
        self._let_in()

    def _fits(self, *, alone: bool) -> bool:
        return self.held < self._size and not (self._alone or (alone and self.held))

    def _take(self, *, alone: bool) -> None:
        self.held += 1
        self._alone = alone

    def _let_in(self) -> None:
        while self._waiting:
            turn, alone = self._waiting[0]
            if not turn.cancelled():
                if not self._fits(alone=alone):
                    return
                self._take(alone=alone)
                turn.set_result(None)
            self._waiting.popleft()
