"""`treeload describe`: an object's describe, kept."""

from pathlib import Path

import click

EPILOG = """\b
Examples:
  treeload describe contacts.toml
  treeload describe contacts.toml Account --out describes/Account.json
  treeload check contacts.toml --describe describes/Contact.json
"""


@click.command(epilog=EPILOG)
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("object_name", metavar="[OBJECT]", required=False)
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep it there, not in the folder describes of job.state.",
)
def command(config: Path, object_name: str | None, overrides: tuple[str, ...], out: Path | None) -> int:
    """Fetch what the org of CONFIG says of OBJECT (job.object, if it isn't given), and keep it as JSON.

    `treeload check --describe FILE` and `treeload simulate --describe FOLDER` work by it.
    """
    from pipeline.cli.describing import describe  # noqa: PLC0415 - the help needs none of it

    return describe(config, object_name, overrides, out)
