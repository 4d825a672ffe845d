"""The command `treeload`: one file a command, each imported only when it is called."""

import importlib
import io
import os
import sys
from collections.abc import Iterator
from difflib import get_close_matches

import click

from pipeline import __version__
from pipeline.errors import ExitCode, TreeloadError

COMMANDS = {
    "init": "Write a first configuration for a file of yours.",
    "run": "Load a job's files into its org; the same command again goes on where it stopped.",
    "check": "Hold a job's files against its org's describe; nothing is sent.",
    "describe": "Keep an object's describe, for checks without a network.",
    "report": "Write a run's reports again from its journal, and show its totals.",
    "resolve": "Settle a run's rows in doubt: by asking the org, or by your word.",
    "status": "List runs, or show one.",
    "simulate": "Serve the embedded org, to try things without credentials.",
}


class Commands(click.Group):
    """Knows its commands by name and imports one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"pipeline.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or the nearest to what was typed."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it: treeload run configs/quickstart.toml (it loads sample people into an org that is embedded; nothing leaves "
    "this machine). Each command has its own --help.",
)
@click.version_option(__version__, prog_name="treeload")
def treeload() -> None:
    """Load CSV and JSON Lines into Salesforce: nothing twice, nothing lost, a report that balances to the row."""


def main() -> None:
    """Run the command line; every error ends as one line on stderr and an exit code."""
    os.umask(0o077)  # journals and reports hold people's data
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that can't show a name still shows the line
    try:
        code = treeload.main(standalone_mode=False, prog_name="treeload")
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("treeload: stopped", err=True)
        code = ExitCode.RESUMABLE
    except BaseExceptionGroup as group:
        code = _explain(_first(group))
    except Exception as error:  # noqa: BLE001 - the last line of defence: a person gets a sentence, never a traceback
        code = _explain(error)
    sys.exit(code or ExitCode.DONE)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Choose what to show of several errors: one that explains itself, if there is one."""
    leaves = list(_leaves(group))
    return next((leaf for leaf in leaves if isinstance(leaf, TreeloadError)), leaves[0])


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _explain(error: BaseException) -> ExitCode:
    if isinstance(error, TreeloadError):
        for line in str(error).splitlines():
            click.echo(f"treeload: {line}", err=True)
        return error.exit_code
    if os.environ.get("TREELOAD_TRACEBACK"):
        raise error
    click.echo(
        f"treeload: a fault of ours: {type(error).__name__}: {error}; what the journal has is safe. "
        "Set TREELOAD_TRACEBACK=1 and run it again to see where it happened.",
        err=True,
    )
    return ExitCode.INTERNAL
