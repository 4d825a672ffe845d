"""`treeload check`: everything that can be told before anything is sent."""

from pathlib import Path

import click

EPILOG = """\b
Examples:
  treeload check configs/quickstart.toml
  treeload check contacts.toml --input exports/2026-11-22.csv
  treeload check contacts.toml --describe Contact.json

\b
Exit codes:
  0  no row would be rejected           5  the org has too few calls left today
  2  command line or configuration      7  login or permission
  3  rows would be rejected             8  input file
  4  more records than limits.max_created allows
"""


@click.command(epilog=EPILOG)
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--input", "inputs", multiple=True, metavar="PATH", help="Check this file, glob or address instead of job.input; repeatable."
)
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable.")
@click.option(
    "--describe",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Use a kept describe: nobody is asked, no network is used.",
)
def command(config: Path, inputs: tuple[str, ...], overrides: tuple[str, ...], describe: Path | None) -> int:
    """Read, map and check all that the job of CONFIG would load, and say what a run would do.

    Nothing is written to the org or to a journal. The org is asked for its describe only.
    """
    from pipeline.cli.checking import check  # noqa: PLC0415 - the help needs none of it

    return check(config, inputs, overrides, describe)
