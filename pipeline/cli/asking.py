"""A question to the person at the terminal."""

import asyncio
import os
import sys

import click

from pipeline.stop import Stop


def can_ask() -> bool:
    """Tell whether there is a person who sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty() and _in_front()


def _in_front() -> bool:
    """Tell a command from one in the background (`&`): that would be halted when it reads what was typed."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # this terminal controls no jobs
        return True


async def asked(stop: Stop, question: str) -> bool:
    """Ask; only a yes is one. What stops the run ends the waiting, so that nobody has to answer first."""
    loop, answered = asyncio.get_running_loop(), asyncio.Event()
    click.echo(f"treeload: {question} [y/N] ", err=True, nl=False)
    loop.add_reader(sys.stdin, answered.set)
    try:
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(answered.wait()), group.create_task(stop.wait())]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
    finally:
        loop.remove_reader(sys.stdin)
    return answered.is_set() and sys.stdin.readline().strip().lower() in {"y", "yes"}
