"""What `treeload describe` does."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline import logs
from pipeline.assembly.access import connection, whole_describe
from pipeline.assembly.drifting import drift_since, place_of
from pipeline.assembly.keeping import keep
from pipeline.cli.drift_words import drift_told
from pipeline.cli.running import login_of
from pipeline.cli.screen import on_terminal
from pipeline.config import Settings
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode, UsageError
from pipeline.model.describe import Describe


def describe(config: Path, object_name: str | None, overrides: Sequence[str], out: Path | None) -> int:
    """Fetch the describe of an object and keep it; say where it is."""
    settings = load_settings(config, overrides=overrides, environ=os.environ)
    if not object_name and not settings.job.object:
        raise UsageError(f"{config}: has no job.object: say which object, as in `treeload describe {config} Account`")
    logs.configure(quiet=on_terminal())
    described, content = asyncio.run(_fetch(settings, object_name or settings.job.object))
    place = out or place_of(settings, described.name)
    told = _changes(place, described)
    keep(place, content)
    click.echo(f"{described.name} has {len(described.fields):,} fields that this user sees; its describe is in {place}")
    click.echo("\n".join(told), nl=bool(told))
    return ExitCode.DONE


def _changes(place: Path, described: Describe) -> list[str]:
    """Say what has changed since the describe that is replaced; if something else is there, that it is replaced."""
    try:
        drift = drift_since(place, described)
    except UsageError:
        return ["What was there was no describe of this object; it is replaced."]
    return [] if drift is None else drift_told(drift) or [f"Nothing has changed since {drift.since}."]


async def _fetch(settings: Settings, object_name: str) -> tuple[Describe, bytes]:
    async with login_of(settings, keep=False) as login, connection(login, settings) as org:
        return await whole_describe(org, settings.org.api_version, object_name)
