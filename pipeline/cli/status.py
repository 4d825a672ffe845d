"""`treeload status`: which runs there are, and how they stand."""

from pathlib import Path

import click

EPILOG = """\b
Examples:
  treeload status
  treeload status latest
  treeload status --state var/state
"""


@click.command(epilog=EPILOG)
@click.argument("run", required=False)
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Folder of the job's journals (job.state).")
def command(run: str | None, state: Path | None) -> int:
    """List runs with their totals, the newest first; or show RUN, also while it is working."""
    from pipeline.cli.listing import listing, one  # noqa: PLC0415 - the help needs none of it

    click.echo(one(run, state) if run else listing(state))
    return 0
