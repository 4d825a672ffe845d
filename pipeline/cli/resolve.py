"""`treeload resolve`: rows in doubt, settled later."""

from pathlib import Path

import click

EPILOG = """\b
Without --created and --not-created the org is asked, in the way that the job's mapping allows.
FILE is a CSV with the columns line and id (and file, its number, where a run has several), or with the columns reference and
id, as results.csv has them. Where a row makes several records each is named, by its reference:
  reference,id
  r1_17,0015g00000AAAAAAA4
  r1_17_1,0035g00000AAAAAAA4
Rows that were not created are sent by the next `treeload run` of the job.

\b
Examples:
  treeload resolve latest
  treeload resolve 20261122-235635-k3f9 --created found.csv --by "Kim Lee"
  treeload resolve latest --not-created --chunk 7
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.option("--created", type=click.Path(path_type=Path), metavar="FILE", help="These rows exist, with these ids: your word.")
@click.option("--not-created", is_flag=True, help="The rows don't exist: your word.")
@click.option("--chunk", "chunks", type=int, multiple=True, help="Only rows of this request; repeatable.")
@click.option("--by", "who", metavar="NAME", help="Who says so, for the report; if it isn't given, the user of this machine.")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Folder of the job's journals (job.state).")
def command(
    run: str, created: Path | None, chunks: tuple[int, ...], who: str | None, state: Path | None, *, not_created: bool
) -> int:
    """Settle the rows of RUN that are in doubt: by asking the org, or by a person's word, which the report keeps."""
    if created is not None and not_created:
        raise click.UsageError("--created and --not-created say the opposite: give one of them")
    if created is None and not not_created and (chunks or who):
        raise click.UsageError("--chunk and --by belong to a person's word: give --created FILE or --not-created with them")
    from pipeline.cli import resolving  # noqa: PLC0415 - the help needs none of it

    if created is None and not not_created:
        return resolving.ask(run, state)
    return resolving.take(run, state, created=created, chunks=chunks, who=who)
