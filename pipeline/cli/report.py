"""`treeload report`: a run's reports again, from its journal alone."""

from pathlib import Path

import click

EPILOG = """\b
RUN is a run's id, the folder of its report, its journal, or `latest`.
Examples:
  treeload report latest
  treeload report var/reports/latest --format json
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True, help="What to print."
)
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Folder of the job's journals (job.state).")
def command(run: str, form: str, state: Path | None) -> int:
    """Write the reports of RUN again from its journal (the same bytes, without a network), and print one of them."""
    from pipeline.cli.finding import find  # noqa: PLC0415 - the help needs none of it
    from pipeline.cli.words import closing  # noqa: PLC0415
    from pipeline.journal.reading import reading  # noqa: PLC0415
    from pipeline.stages.reporter import report  # noqa: PLC0415

    with reading(find(run, state)) as record:
        folder, summary = report(record)
    if form == "text":
        click.echo(closing(summary, folder))
    else:
        name = "summary.json" if form == "json" else "results.csv"
        with (folder / name).open("rb") as file:
            while piece := file.read(1 << 20):
                click.echo(piece, nl=False)
    return 0
