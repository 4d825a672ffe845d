"""What `treeload check` does."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from pipeline import logs
from pipeline.assembly.checking import Checkup, check_by_org, check_by_way
from pipeline.assembly.drifting import Drift
from pipeline.assembly.keeping import kept
from pipeline.assembly.way import way_by
from pipeline.assembly.work import Import, find_files
from pipeline.cli.check_words import told
from pipeline.cli.drift_words import drift_told
from pipeline.cli.running import login_of
from pipeline.cli.screen import on_terminal
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode
from pipeline.model.describe import Describe
from pipeline.policy.plan import Room


def check(config: Path, inputs: Sequence[str], overrides: Sequence[str], describe: Path | None) -> int:
    """Check a job's files and say what was found; return the exit code."""
    asked = load_settings(config, overrides=overrides, environ=os.environ)
    settings = replace(asked, mapping=replace(asked.mapping, check=True))  # that is what the command is for
    work = Import(settings, find_files(settings, inputs), fresh=False, overrides=overrides)
    logs.configure(quiet=on_terminal())
    checkup = asyncio.run(_ask(work) if describe is None else _by_kept(work, describe))
    click.echo(told(checkup, work))
    if 0 < settings.limits.max_created < checkup.totals.eligible:
        return ExitCode.STOPPED_BY_LIMIT
    if checkup.plan.room is Room.SHORT and not (settings.limits.overdraw or settings.send.wait_for_allowance):
        return ExitCode.RESUMABLE
    return ExitCode.DONE if checkup.clean else ExitCode.REJECTS


async def _by_kept(work: Import, path: Path) -> Checkup:
    """Check by a describe that was kept, and by those beside it of what hangs under its records."""

    async def fetch(name: str) -> Describe:
        own = name.lower() in {work.settings.job.object.lower(), path.stem.lower()}
        return kept(path if own else path.with_name(f"{name}.json"), name)

    return await check_by_way(work, await way_by(work, fetch))


async def _ask(work: Import) -> Checkup:
    async with login_of(work.settings, keep=False) as login:
        return await check_by_org(work, login, _tell)


def _tell(drift: Drift) -> None:
    click.echo("\n".join(["", *drift_told(drift)]))
