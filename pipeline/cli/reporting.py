"""What `treeload report` does."""

from pathlib import Path

import click

from pipeline.cli.finding import find
from pipeline.cli.words import closing
from pipeline.errors import ExitCode
from pipeline.journal.reading import reading
from pipeline.stages.reporter import report

FILES = {"json": "summary.json", "csv": "results.csv"}
PIECE = 1 << 20


def remake(run: str, form: str, state: Path | None) -> int:
    """Write a run's reports again, and print the one in this form: `text`, `json` or `csv`."""
    with reading(find(run, state)) as record:
        folder, summary = report(record)
    if form == "text":
        click.echo(closing(summary, folder))
        return ExitCode.DONE
    with (folder / FILES[form]).open("rb") as file:
        while piece := file.read(PIECE):
            click.echo(piece, nl=False)
    return ExitCode.DONE
