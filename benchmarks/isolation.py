"""Count the calls that bad rows cost: `python benchmarks/isolation.py [--rounds 200] [--markdown]`.

The sender of the product loads one chunk of 200 rows, some of them bad, into an org that refuses a request as long as one of
them is in it, and names all, one or none of them. The bad rows lie elsewhere in each round, and in the same places each time
that this is run. A round counts only if exactly the good rows were created.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs from anywhere, as a file

from benchmarks.measure import Failed
from pipeline import logs
from pipeline.channel import Channel
from pipeline.model.outcome import Answer, Created, Nameless, Outcome, Rejected
from pipeline.model.record import Chunk, FieldError, RowEnd, references
from pipeline.model.tally import Tally
from pipeline.model.wire import Delivery, Reply, Request
from pipeline.policy.breaker import Breaker
from pipeline.policy.rules import LimitRules, SendRules
from pipeline.stages.sender import Sender
from pipeline.stop import Stop
from pipeline.transport.admission import Admission

ROWS = 200
BAD = (1, 10, 50)
TRIGGER = (FieldError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.NullPointerException"),)

Manner = Callable[[Sequence[str]], Outcome]
"""How an org answers a request with these bad records."""


def all_named(bad: Sequence[str]) -> Outcome:
    """Name every bad record, as the org does for its own rules."""
    return Rejected(dict.fromkeys(bad, TRIGGER))


def one_named(bad: Sequence[str]) -> Outcome:
    """Name the first bad record only."""
    return Rejected({bad[0]: TRIGGER})


def none_named(_: Sequence[str]) -> Outcome:
    """Name no record, as the org does when a trigger throws an exception."""
    return Nameless(TRIGGER)


AIMS: dict[str, tuple[Manner, Callable[[int], int]]] = {
    "all are named": (all_named, lambda _: 2),
    "named one at a time": (one_named, lambda bad: 1 + bad),
    "nobody is named": (none_named, {1: 13, 10: 75, 50: 210}.__getitem__),
}
"""The manners, and how many calls each may take on average for a number of bad rows."""


class Org:
    """Creates what holds no bad row; counts calls."""

    generation = 0

    def __init__(self, bad: Collection[str], manner: Manner) -> None:
        self._bad = bad
        self._manner = manner
        self.calls = 0

    async def send(self, _: Request) -> Delivery:
        """Take a request; what comes of it is said by `decipher`."""
        self.calls += 1
        return Reply(201, {}, b"")

    def quiet_for(self) -> float:
        """Say that nobody asked for rest."""
        return 0.0

    async def renew(self, _: int) -> None:
        """Do nothing: tokens don't expire here."""

    def decipher(self, _: Delivery, sent: Sequence[str]) -> Outcome:
        """Answer."""
        bad = [reference for reference in sent if reference in self._bad]
        return self._manner(bad) if bad else Created(dict.fromkeys(sent, "0035g00000AAAAAAA4"))


class _Forgetful:
    """A journal that keeps nothing: here only calls are counted."""

    async def sending(self, chunk: Chunk) -> None:
        chunk.attempts += 1

    async def withdrawn(self, chunk: Chunk, ends: Sequence[RowEnd]) -> None:
        pass

    async def divided(self, chunk: Chunk, front: Chunk) -> None:
        pass

    async def joined(self, chunk: Chunk, front: Chunk) -> None:
        pass

    async def parted(self, chunk: Chunk, done: Chunk) -> None:
        pass


class _NoTime:
    """A clock that nobody has to wait for."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, _: float) -> None:
        pass


async def _no_need(_: str | None) -> None:
    """Do nothing: calls are not short here."""


async def calls(bad: Collection[int], manner: Manner) -> int:
    """Load one chunk of which these lines are bad; return the number of requests that it took."""
    org = Org(references(1, bad), manner)
    rules = SendRules(requests_per_second=0)
    sender = Sender(
        rules,
        org,
        Admission(rules, _NoTime()),
        _Forgetful(),
        Breaker(LimitRules(same_error_requests=10 * ROWS)),  # so that no round is broken off
        build=lambda _object, records, purpose: Request("POST", "/tree", purpose, b"".join(records)),
        decipher=lambda delivery, names, _lines: org.decipher(delivery, names),
        numbers=count(2).__next__,
        await_calls=_no_need,
        clock=_NoTime(),
        dice=lambda: 0.0,
        stop=Stop(),
        tally=Tally(),
    )
    lines = list(range(1, ROWS + 1))
    chunks: Channel[Chunk] = Channel(0)
    answers: Channel[Answer] = Channel(0)
    await chunks.put(Chunk(1, 1, lines, [0] * ROWS, [b"{}"] * ROWS, [b"{}\n"] * ROWS, references(1, lines)))
    await chunks.close()
    await sender.run(chunks, answers)
    created = [line async for answer in answers if isinstance(answer.outcome, Created) for line in answer.chunk.lines]
    if sorted(created) != [line for line in range(1, ROWS + 1) if line not in bad]:
        raise Failed(f"the rows that were created are not the good ones; bad: {sorted(bad)}")
    return org.calls


async def average(bad: int, manner: Manner, rounds: int) -> float:
    """Return the calls that a chunk with so many bad rows takes on average."""
    dice = random.Random(bad)
    return mean([await calls(set(dice.sample(range(1, ROWS + 1), bad)), manner) for _ in range(rounds)])


def table(rounds: int, *, markdown: bool) -> str:
    """Lay out the averages, the aim beside each."""
    head = [f"bad rows of {ROWS}", *(cell for name in AIMS for cell in (name, "aim"))]
    lines = [head] + [["---:"] * len(head)] * markdown
    for bad in BAD:
        line = [str(bad)]
        for manner, aim in AIMS.values():
            line += [f"{asyncio.run(average(bad, manner, rounds)):.1f}", str(aim(bad))]
        lines.append(line)
    if markdown:
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def main() -> None:
    """Count, and print the table."""
    arguments = argparse.ArgumentParser(description="calls that a chunk takes when some of its rows are bad")
    arguments.add_argument("--rounds", type=int, default=200, help="chunks a figure, each with other bad rows")
    arguments.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    given = arguments.parse_args()
    logs.configure(quiet=True)
    print(table(given.rounds, markdown=given.markdown))


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"nothing counted: {failed}")
