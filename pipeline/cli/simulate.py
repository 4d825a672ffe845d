"""`treeload simulate`: the embedded org as a server."""

from pathlib import Path
from typing import Literal

import click

EPILOG = """\b
It prints one line of JSON with its url and token when it is ready:
  {"url": "http://127.0.0.1:8080", "token": "00D...", "client_id": "...", "client_secret": "..."}

\b
Examples:
  treeload simulate --port 8080 --ledger var/org.jsonl
  treeload simulate --faults bad-day.toml
  treeload simulate --learn data/sample-data-plan.json
  treeload simulate --logins logins --rotate

\b
A plan of faults: the first tree's answer is lost, though its records are created;
a fifth of the others meet a locked row; and no trigger likes a record of this kind.
  [[fault]]
  do = "drop"
  when = "after_commit"
  nth = 1

\b
  [[fault]]
  do = "row_lock"
  chance = 0.2

\b
  [[fault]]
  do = "trigger"
  where = { field = "LastName", contains = "poison" }
"""


@click.command(epilog=EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on localhost; 0 (the default) takes a free one.")
@click.option("--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Keep the org's memory in this file.")
@click.option(
    "--describe", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder with describes of objects (JSON)."
)
@click.option(
    "--learn",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="Take objects and fields from this tree file or plan of the Salesforce CLI (repeatable).",
)
@click.option("--latency", type=click.FloatRange(min=0), default=0.0, help="Seconds that each request takes at least.")
@click.option(
    "--allowance", type=click.IntRange(min=1), default=15_000, show_default=True, help="API calls that the org's day has."
)
@click.option(
    "--faults", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Plan of what goes wrong (TOML); see below."
)
@click.option(
    "--logins",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for what clients log in with: client.secret, app.key, refresh.token; made where it isn't there.",
)
@click.option("--rotate", is_flag=True, help="Replace a refresh token with each use; needs --logins.")
@click.option(
    "--tls",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    nargs=2,
    metavar="CERT KEY",
    help="Serve https:// with this certificate and private key (PEM).",
)
@click.option(
    "--duplicates",
    type=click.Choice(["alert", "block"]),
    help="A duplicate rule that warns of, or blocks, contacts and leads whose last name and email are there already.",
)
@click.option("--edition", default="Developer Edition", show_default=True, help="What kind of org it says it is.")
def command(
    *,
    port: int,
    ledger: Path | None,
    describe: Path | None,
    learn: tuple[Path, ...],
    latency: float,
    allowance: int,
    faults: Path | None,
    logins: Path | None,
    rotate: bool,
    tls: tuple[Path, Path] | None,
    duplicates: Literal["alert", "block"] | None,
    edition: str,
) -> int:
    """Serve a pretend Salesforce org on localhost until stopped, to try things without credentials."""
    from pipeline.cli.simulating import simulate  # noqa: PLC0415 - the help needs none of it

    if rotate and logins is None:
        raise click.UsageError("--rotate needs --logins: only with it there is a refresh token")
    return simulate(
        port,
        ledger=ledger,
        describe=describe,
        learn=learn,
        latency=latency,
        allowance=allowance,
        faults=faults,
        logins=logins,
        rotate=rotate,
        tls=tls,
        duplicates=duplicates,
        edition=edition,
    )
