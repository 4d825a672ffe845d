"""`treeload init`: a first configuration for somebody's file."""

from pathlib import Path

import click

EPILOG = """\b
Examples:
  treeload init people.csv
  treeload init exports/leads.csv --object Lead --out nightly.toml
  treeload init people.csv --set read.encoding=cp1252
  treeload init people.csv --url https://acme.my.salesforce.com --token env:SF_ACCESS_TOKEN
  treeload init people.csv --describe describes/Contact.json
  treeload init data/Accounts-Contacts-plan.json
"""


@click.command(epilog=EPILOG)
@click.argument("file")
@click.option(
    "--object", "object_name", metavar="NAME", help="The object that its rows become; otherwise the one that fits best."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="Write it there; otherwise here, by the name of FILE with .toml.",
)
@click.option("--url", default="embedded", metavar="URL", help="The org that the job is for; otherwise the embedded one.")
@click.option(
    "--token", metavar="REFERENCE", help="Ask that org for its fields, with this token: env:NAME, file:PATH or credential:NAME."
)
@click.option("--describe", type=click.Path(path_type=Path), metavar="FILE", help="Take the fields from a kept describe.")
@click.option(
    "--set", "overrides", multiple=True, metavar="read.KEY=VALUE", help="How FILE is read, if it doesn't show; repeatable."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    file: str,
    object_name: str | None,
    out: Path | None,
    url: str,
    token: str | None,
    describe: Path | None,
    overrides: tuple[str, ...],
    *,
    force: bool,
) -> int:
    """Write a configuration for FILE: its columns mapped as far as their names match, and everything else as comments.

    Nothing is sent. What was guessed is said here and in the file.
    """
    from pipeline.cli.initializing import Asked, initialize  # noqa: PLC0415 - the help needs none of it

    return initialize(Asked(file, object_name, out, url, token, describe, overrides, force=force))
