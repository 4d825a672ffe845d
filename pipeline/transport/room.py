"""Room for so many at the same time: a semaphore that can shrink. First come, first served; who waits costs nothing."""

import asyncio
from collections import deque


class Room:
    """Holds up to `size`. Making it smaller throws nobody out: nobody is let in until so many have left."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[asyncio.Future[None]] = deque()
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

    async def enter(self) -> None:
        """Wait for a place and take it."""
        if self.held < self._size:  # then nobody waits
            self.held += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # let in at the same moment
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.held -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self.held < self._size:
            turn = self._waiting.popleft()
            if not turn.cancelled():
                self.held += 1
                turn.set_result(None)
