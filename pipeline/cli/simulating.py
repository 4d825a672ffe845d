"""What `treeload simulate` does."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from pipeline.errors import ExitCode, UsageError
from pipeline.simulator import Org, read_plan, serve


def simulate(
    port: int,
    *,
    ledger: Path | None,
    describe: Path | None,
    learn: Sequence[Path],
    latency: float,
    allowance: int,
    faults: Path | None,
) -> int:
    """Serve until SIGINT or SIGTERM."""
    try:
        plan = read_plan(faults) if faults is not None else None
        org = Org(ledger=ledger, describes=describe, learn=learn, latency=latency, api_requests_max=allowance, faults=plan)
    except (OSError, ValueError) as error:
        raise UsageError(f"the embedded org can't start: {error}") from error
    try:
        asyncio.run(_serve(org, port))
    finally:
        org.close()
    return ExitCode.DONE


async def _serve(org: Org, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        async with serve(org, port=port) as server:
            ready = {"url": server.url, "token": org.token, "client_id": org.client_id, "client_secret": org.client_secret}
            click.echo(orjson.dumps(ready))
            await stopped.wait()
    except OSError as error:
        raise UsageError(f"port {port} can't be served: {error.strerror or error}") from error
