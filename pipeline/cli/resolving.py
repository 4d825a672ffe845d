"""What `treeload resolve` does."""

import asyncio
import csv
import getpass
import os
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from pipeline import logs
from pipeline.assembly.resolving import Word, ask_again, take_word
from pipeline.assembly.work import Ending, Import, Surroundings
from pipeline.cli.finding import find
from pipeline.cli.running import login_of, with_signals
from pipeline.cli.screen import on_terminal, watched
from pipeline.cli.words import closing
from pipeline.clock import SystemClock, system_dice
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode, InputError, UsageError
from pipeline.journal.reading import Record, reading
from pipeline.model.tally import Tally
from pipeline.stop import Stop


def ask(run: str, state: Path | None) -> int:
    """Ask the org about a run's rows in doubt."""
    path = find(run, state)
    with reading(path) as record:
        work = _as_it_was(record)
    logs.configure(quiet=on_terminal())
    return _ended(asyncio.run(_ask(path, work)), str(work.settings.path))


def take(run: str, state: Path | None, *, created: Path | None, chunks: Sequence[int], who: str | None) -> int:
    """Take a person's word."""
    path = find(run, state)
    with reading(path) as record:
        config = record.sessions()[-1].config_path if record.begun() and record.sessions() else ""
        files = len(record.files())
    ids = None if created is None else _ids(created, files)
    said = Word(who or f"{getpass.getuser()}@{socket.gethostname()}", shlex.join(["treeload", *sys.argv[1:]]), ids, chunks)
    return _ended(asyncio.run(take_word(path, said, SystemClock())), config)


def _as_it_was(record: Record) -> Import:
    """Load the settings that a run was started with.

    :raises UsageError: if nothing is in doubt, or the settings have changed since in what says how to find rows.
    """
    run = record.run()
    if not record.doubts():
        raise UsageError(f"no rows of run {run.id} are in doubt")
    last = record.sessions()[-1]
    settings = load_settings(Path(last.config_path), overrides=last.overrides, environ=os.environ)
    if settings.digest() != last.config:
        raise UsageError(
            f"{settings.path}: was changed since run {run.id} left rows in doubt (job, org, read or mapping), and what was sent "
            "can't be found with other settings: undo the change, or say what you know with --created or --not-created"
        )
    return Import(settings, record.files(), fresh=False, overrides=last.overrides)


async def _ask(path: Path, work: Import) -> Ending:
    around = Surroundings(SystemClock(), system_dice, Stop(), Tally())
    with_signals(around.stop)
    async with login_of(work.settings) as login:
        return await watched(ask_again(path, work, login, around), around.tally, around.clock)


def _ids(path: Path, files: int) -> Mapping[tuple[int, int], str]:
    """Read which row has become which record.

    :raises InputError: if the file isn't what it should be, with the first line that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            return {
                _place(row, files, f"{path}:{line}"): (row.get("id") or "").strip()
                for line, row in enumerate(csv.DictReader(source), 2)
            }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: can't be read as CSV in UTF-8 ({error})") from error


def _place(row: Mapping[str, str | None], files: int, where: str) -> tuple[int, int]:
    try:
        return int(row.get("file") or ("1" if files == 1 else "")), int(row.get("line") or "")
    except ValueError:
        several = "file (its number), " if files > 1 else ""
        raise InputError(f"{where}: give numbers in the columns {several}line, and an id") from None


def _ended(ending: Ending, config: str) -> int:
    click.echo(closing(ending.summary, ending.folder, config or "CONFIG"))
    if ending.exit_code is ExitCode.RESUMABLE and ending.summary["totals"]["not_attempted"]:
        click.echo(f"What was not created is sent by: treeload run {config}")
    return ending.exit_code
