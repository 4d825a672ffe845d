"""`treeload run`: one import, resumable."""

import gc
from pathlib import Path

import click

EPILOG = """\b
Examples:
  treeload run configs/quickstart.toml
  treeload run contacts.toml --input exports/2026-11-22.csv
  treeload run contacts.toml --set send.concurrency=4

\b
Exit codes:
  0  all rows created, or nothing to do    6  rows in doubt remain
  2  command line or configuration         7  login or permission
  3  done, some rows rejected              8  input file
  4  stopped by a limit or a refusal       9  the report does not balance
  5  stopped, resumable: run it again     75  another run of this job is working
"""


@click.command(epilog=EPILOG)
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--input", "inputs", multiple=True, metavar="PATH", help="Load this file, glob or address instead of job.input; repeatable."
)
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable.")
@click.option("--fresh", is_flag=True, help="Load files again that were loaded before: their records are created once more.")
@click.option("--wait", is_flag=True, help="Where the org's calls are used, wait until there are some again.")
@click.option("--yes", is_flag=True, help="Load into an org in production without being asked.")
def command(config: Path, inputs: tuple[str, ...], overrides: tuple[str, ...], *, fresh: bool, wait: bool, yes: bool) -> int:
    """Load the files of the job that CONFIG describes into its org.

    A file that was loaded before is not loaded again. A run that was stopped or killed goes on where it was.
    """
    gc.disable()  # nothing of what is imported now becomes garbage: to look for some takes a tenth of the start
    from pipeline.cli.running import run  # noqa: PLC0415 - the help needs none of it

    if wait:
        overrides = (*overrides, "send.wait_for_allowance=true")
    return run(config, inputs, overrides, fresh=fresh, confirmed=yes)
