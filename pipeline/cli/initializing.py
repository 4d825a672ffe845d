"""What `treeload init` does."""

import asyncio
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from pipeline import logs
from pipeline.assembly.beginning import Beginning, begin, describes_of, object_said
from pipeline.assembly.keeping import kept
from pipeline.assembly.work import find_input
from pipeline.cli.init_words import beginning_told, plan_told
from pipeline.cli.running import login_of
from pipeline.config import Settings, unwritten
from pipeline.config.draft import Draft, PlanDraft, job_name, written, written_for_plan
from pipeline.config.layers import collect
from pipeline.config.org_address import EMBEDDED
from pipeline.errors import ExitCode, InputError, UsageError
from pipeline.formats.spellings import spellings
from pipeline.formats.tree_file import BLANKS
from pipeline.formats.window import BOM
from pipeline.model.describe import Describe
from pipeline.model.row import InputFile
from pipeline.sources.opening import opened
from pipeline.stages.reporter.results import shown_names

BEGINNING = 4_096
"""Bytes of a file by which a tree file is told from an array of records."""
LOOKED_AT = 1_048_576
"""Bytes of a file in which a word is looked for that isn't UTF-8."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    file: str
    object: str | None
    out: Path | None
    url: str
    token: str | None
    describe: Path | None
    overrides: Sequence[str]
    force: bool

    @property
    def place(self) -> Path:
        """Where the configuration goes."""
        return self.out or Path(f"{job_name(Path(self.file))}.toml")

    @property
    def asks_org(self) -> bool:
        """That org is asked for its fields; otherwise they are those of a kept describe, or of the embedded org."""
        return self.describe is None and (self.url == EMBEDDED or self.token is not None)

    @property
    def command(self) -> str:
        """The command in one line."""
        return shlex.join(["treeload", "init", self.file, *(["--object", self.object] if self.object else [])])


def initialize(asked: Asked) -> int:
    """Look at a file, write a configuration for it, and say what to look at next.

    :raises UsageError: if there is one already, or nothing fits.
    :raises InputError: if the file can't be read.
    """
    logs.configure(quiet=True)
    place = asked.place
    if place.exists() and not asked.force:
        raise UsageError(f"{place}: is there already: choose another place with --out, or write over it with --force")
    settings = _settings(asked)
    files = _inspected(asked, settings)
    if files[0].object:
        draft = _plan_draft(asked, files)
        _write(written_for_plan(draft, place), place)
        click.echo(plan_told(draft, place))
        return ExitCode.DONE
    beginning, said = asyncio.run(_begin(asked, settings, files[0]))
    _write(written(_draft(asked, beginning, said), place), place)
    click.echo(beginning_told(beginning, place, asked_org=asked.asks_org or asked.describe is not None, named=bool(said)))
    return ExitCode.DONE


def _write(text: str, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{place}: can't be written ({error.strerror}): choose another place with --out") from error


def _plan_draft(asked: Asked, files: Sequence[InputFile]) -> PlanDraft:
    """Write down what a plan says.

    :raises UsageError: if the command line says something else.
    """
    for option, given in (("--object", asked.object), ("--describe", asked.describe), ("--set", asked.overrides)):
        if given:
            raise UsageError(f"{option}: is not for a plan, which says itself what its files hold: leave it out")
    return PlanDraft(
        made_by=asked.command,
        files=[(name, file.object) for name, file in zip(shown_names(files).values(), files, strict=True)],
        input=_beside(asked),
        url=asked.url,
        login="access_token" if asked.token else "client_credentials",
        token=asked.token or "",
    )


def _beside(asked: Asked) -> str:
    """Write the file as it is found from the configuration's folder on."""
    return asked.file if "://" in asked.file else os.path.relpath(asked.file, asked.place.parent)


def _settings(asked: Asked) -> Settings:
    """Check what was given, as if it stood in the file.

    :raises UsageError: with all mistakes.
    """
    if strangers := [given for given in asked.overrides if not given.strip().startswith("read.")]:
        raise UsageError(f"--set {strangers[0].partition('=')[0]}: only settings of [read] count here: the file has the others")
    if asked.token and asked.url == EMBEDDED:
        raise UsageError("--token: the embedded org needs none: give --url, too")
    org = [f"org.url={asked.url}"]
    if asked.url != EMBEDDED:
        org += ["org.auth.kind=access_token", f"org.auth.token={asked.token or 'env:SF_ACCESS_TOKEN'}"]
    job = [f"job.object={asked.object or 'Contact'}", "job.name=draft"]
    return unwritten(asked.place.parent.resolve() / asked.place.name, overrides=[*job, *org, *asked.overrides])


def _inspected(asked: Asked, settings: Settings) -> list[InputFile]:
    try:
        return find_input([asked.file], settings.read)
    except InputError as error:
        raise InputError("\n".join([str(error), *_ways_out(str(error), asked)])) from error


def _ways_out(complaint: str, asked: Asked) -> list[str]:
    """Say how to set what the complaint asks for, and show how the text would read."""
    setting = re.search(r"read\.(\w+)", complaint)
    if setting is None:
        return []
    lines = []
    if setting[1] == "encoding":
        with opened(asked.file) as source:
            read = spellings(source.read(0, LOOKED_AT))
        lines = [f"{encoding:>12}: {text}" for encoding, text in read]
        if lines:
            lines = ["one of its words would read", *lines]
    return [*lines, f"say it with: {asked.command} --set read.{setting[1]}=..."]


async def _begin(asked: Asked, settings: Settings, file: InputFile) -> tuple[Beginning, str]:
    """Look at the file; return with that what says what its rows are, if anything does: the command, or the records."""
    by_records = "" if asked.object else await object_said(file, settings.read)
    describes = await _describes(asked, settings, asked.object or by_records or None)
    said = "its records say so" if by_records else "the command says so" if asked.object else ""
    return await begin(file, settings.read, describes), said


async def _describes(asked: Asked, settings: Settings, object_name: str | None) -> list[Describe]:
    if asked.describe is not None:
        return [kept(asked.describe, object_name)]
    by = settings
    if not asked.asks_org or asked.url == EMBEDDED:
        learn = [f"org.learn={_beside(asked)}"] if _teaches(asked) else []
        by = unwritten(settings.path, overrides=["job.object=Contact", "org.url=embedded", *learn])
    async with login_of(by, keep=False) as login:
        return await describes_of(by, login, object_name)


def _teaches(asked: Asked) -> bool:
    """Tell whether the embedded org can learn from the file: it is a tree file, and lies here."""
    if "://" in asked.file or not asked.file.lower().endswith(".json"):
        return False
    with opened(asked.file) as source:
        return source.read(0, BEGINNING).removeprefix(BOM).lstrip(BLANKS).startswith(b"{")


def _draft(asked: Asked, beginning: Beginning, said: str) -> Draft:
    file, best = beginning.file, beginning.best
    found = {"encoding": file.encoding} | ({"delimiter": file.delimiter} if file.format == "csv" else {})
    given = {override.keys[-1]: override.value for override in collect({}, asked.overrides).values}
    return Draft(
        made_by=asked.command,
        target=best.describe.name,
        why="" if asked.object else said or f"a guess: {best.mapped} of {len(best.matches)} columns have a field of it",
        input=_beside(asked),
        url=asked.url,
        login="access_token" if asked.token else "client_credentials",
        token=asked.token or "",
        found=found,
        read=given,
        columns=[
            (each.column, each.field, _remark(each.why, beginning.doubts.get(each.column))) for each in best.matches if each.field
        ],
        ignored=[(each.column, each.why) for each in best.matches if not (each.field or each.nested)],
        nested=[(each.column, each.why) for each in best.matches if each.nested],
        dates=[
            (column, field, forms, best.describe.fields[field].type == "datetime")
            for column, (field, forms) in beginning.dates.items()
        ],
        missing=best.missing,
        marker=beginning.markers,
        keys=beginning.keys,
        learn=_beside(asked) if _teaches(asked) else "",
    )


def _remark(why: str, doubt: str | None) -> str:
    return f"{why}; LOOK: {doubt}" if doubt else why
