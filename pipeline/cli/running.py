"""What `treeload run` does: settings, files, org, river, summary."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import click

from pipeline import logs
from pipeline.assembly.access import login_to, login_with
from pipeline.assembly.drifting import Drift
from pipeline.assembly.loading import load
from pipeline.assembly.plans import find_samples
from pipeline.assembly.work import Ending, Import, Surroundings, find_files
from pipeline.cli.asking import asked, can_ask
from pipeline.cli.drift_words import drift_told
from pipeline.cli.screen import on_terminal, watched
from pipeline.cli.words import already_done, closing
from pipeline.clock import SystemClock, system_dice
from pipeline.config import Settings
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode, UsageError
from pipeline.journal.known_folders import remember
from pipeline.model.tally import Tally
from pipeline.stop import Stop
from pipeline.transport.logins import Login


def run(config: Path, inputs: Sequence[str], overrides: Sequence[str], *, fresh: bool, confirmed: bool) -> int:
    """Do one import and say what came of it; return the exit code."""
    settings = load_settings(config, overrides=overrides, environ=os.environ)
    files = find_files(settings, inputs)
    logs.configure(quiet=on_terminal())
    remember(settings.job.state, os.environ)
    gc.freeze()  # what was imported stays: it needn't be looked at again and again
    gc.set_threshold(50_000)
    gc.enable()
    try:
        ending = asyncio.run(_import(Import(settings, files, fresh=fresh, overrides=overrides, confirmed=confirmed)))
    except asyncio.CancelledError:
        click.echo(
            "treeload: stopped at once: what was in flight is in doubt; the same command again goes on from here", err=True
        )
        return ExitCode.RESUMABLE
    click.echo(already_done(ending.summary) if ending.already_done else closing(ending.summary, ending.folder, str(config)))
    return ending.exit_code


async def _import(work: Import) -> Ending:
    around = Surroundings(SystemClock(), system_dice, Stop(), Tally())
    with_signals(around.stop)
    async with login_of(work.settings) as login:
        ask = partial(asked, around.stop) if can_ask() else None
        return await watched(load(work, login, around, _tell, ask), around.tally, around.clock)


def _tell(drift: Drift) -> None:
    for line in drift_told(drift):
        click.echo(f"treeload: {line}", err=True)


@asynccontextmanager
async def login_of(settings: Settings, *, keep: bool = True) -> AsyncIterator[Login]:
    """Serve the embedded org, if that is where the job goes; with `keep` it keeps its memory beside the journals."""
    if settings.org.url != "embedded":
        yield login_to(settings.org, lambda text: click.echo(f"treeload: {text}", err=True))
        return
    from pipeline.simulator import Org, serve  # noqa: PLC0415 - a job for a real org needs none of it

    if keep:
        settings.job.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger = settings.job.state / "embedded-org.jsonl" if keep else None
    try:
        org = Org(ledger=ledger, learn=find_samples(settings.org.learn))
    except (OSError, ValueError) as error:
        raise UsageError(f"the embedded org can't start: {error}") from error
    try:
        async with serve(org) as server:
            yield login_with(server.url, org.token)
    finally:
        org.close()


def with_signals(stop: Stop) -> None:
    """Let the first SIGINT or SIGTERM end the run in order, and the second one at once."""
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()
    received: list[str] = []

    def stopped(name: str) -> None:
        received.append(name)
        if len(received) > 1 and main is not None:
            main.cancel()
        else:
            click.echo("treeload: stopping: what is in flight is finished first; once more to stop at once", err=True)
            stop.pull(f"{name} was received", ExitCode.RESUMABLE)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped, number.name)
