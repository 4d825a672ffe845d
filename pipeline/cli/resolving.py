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
from pipeline.assembly.resolving import ask_again, take_word
from pipeline.assembly.word import Place, Word
from pipeline.assembly.work import Ending, Import, Surroundings, found_again
from pipeline.cli.finding import find
from pipeline.cli.running import login_of, with_signals
from pipeline.cli.screen import on_terminal, watched
from pipeline.cli.words import closing
from pipeline.clock import SystemClock, system_dice
from pipeline.config import load as load_settings
from pipeline.errors import ExitCode, InputError, UsageError
from pipeline.journal.reading import Record, reading
from pipeline.model.record import MEMBER, member_reference, place_of
from pipeline.model.tally import Tally
from pipeline.stop import Stop


def ask(run: str, state: Path | None) -> int:
    """Ask the org about a run's rows in doubt."""
    path = find(run, state)
    with reading(path) as record:
        work = _as_it_was(record)
    logs.configure(quiet=on_terminal())
    try:
        ending = asyncio.run(_ask(path, work))
    except asyncio.CancelledError:
        click.echo("treeload: stopped at once: what was not settled stays in doubt; the same command asks again", err=True)
        return ExitCode.RESUMABLE
    return _ended(ending, str(work.settings.path))


def take(run: str, state: Path | None, *, created: Path | None, chunks: Sequence[int], who: str | None) -> int:
    """Take a person's word."""
    path = find(run, state)
    with reading(path) as record:
        name, files, sessions = record.run().id, len(record.files()), record.sessions()
        if not sessions:
            raise UsageError(f"no rows of run {name} are in doubt")
    ids = None if created is None else _ids(created, files)
    said = Word(who or _who(), shlex.join(["treeload", *sys.argv[1:]]), ids, chunks)
    return _ended(asyncio.run(take_word(path, said, SystemClock())), sessions[-1].config_path)


def _who() -> str:
    """Name the user of this machine. In a container one may have a number and no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"


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
    return Import(settings, found_again(record.files(), settings.read), fresh=False, overrides=last.overrides)


async def _ask(path: Path, work: Import) -> Ending:
    around = Surroundings(SystemClock(), system_dice, Stop(), Tally())
    with_signals(around.stop)
    async with login_of(work.settings) as login:
        return await watched(ask_again(path, work, login, around), around.tally, around.clock)


def _ids(path: Path, files: int) -> Mapping[Place, str]:
    """Read which record has which id.

    :raises InputError: if the file isn't what it should be, with the first line that is wrong.
    """
    ids: dict[Place, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            rows = csv.DictReader(source, strict=True)
            _check_header(rows.fieldnames or (), files, path)
            for row in rows:
                place = _place(row, files, f"{path}:{rows.line_num}")
                if place in ids:
                    named = f"line {place[1]}" if place[1] < MEMBER else member_reference(*place)
                    raise InputError(f"{path}:{rows.line_num}: {named} is there twice")
                ids[place] = (row["id"] or "").strip()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: can't be read as CSV in UTF-8 ({error})") from error
    if not ids:
        raise InputError(f"{path}: names no row")
    return ids


def _check_header(columns: Sequence[str], files: int, path: Path) -> None:
    lines = ["file", "line"] if files > 1 else ["line"]
    wanted = ["reference", "id"] if "reference" in columns else [*lines, "id"]
    missing = [name for name in wanted if name not in columns]
    if missing:
        there = ", ".join(columns)[:80] or "none"
        takes = f"{','.join([*lines, 'id'])}, or reference,id"
        raise InputError(f"{path}: there is no column {' or '.join(missing)} (there are: {there}); it takes {takes}")


def _place(row: Mapping[str, str | None], files: int, where: str) -> Place:
    file, place = _referred(row["reference"] or "", where) if "reference" in row else _numbered(row, files, where)
    if not 1 <= file <= files:
        raise InputError(f"{where}: there is no file {file} in this run, which has {files:,}")
    return file, place


def _referred(reference: str, where: str) -> Place:
    place = place_of(reference.strip())
    if place is None:
        raise InputError(f"{where}: {reference!r} is no reference as results.csv has them (r1_17, r1_17_2)")
    return place


def _numbered(row: Mapping[str, str | None], files: int, where: str) -> Place:
    try:
        return int(row.get("file") or ("1" if files == 1 else "")), int(row["line"] or "")
    except ValueError:
        raise InputError(f"{where}: a line, and a file if there is one, is a number") from None


def _ended(ending: Ending, config: str) -> int:
    summary = ending.summary
    click.echo(closing(summary, ending.folder, config))
    if ending.exit_code is ExitCode.RESUMABLE and (summary["totals"]["not_attempted"] or not summary["balanced"]):
        click.echo(f"What was not created is sent when the run goes on: treeload run {config} (with the options it was given)")
    return ending.exit_code
