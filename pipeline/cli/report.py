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
    from pipeline.cli.reporting import remake  # noqa: PLC0415 - the help needs none of it

    return remake(run, form, state)
