"""What `treeload simulate` does."""

import asyncio
import signal
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click
import orjson

from pipeline.errors import ExitCode, UsageError
from pipeline.simulator import ConnectedApp, Org, equip, read_plan, serve


def simulate(
    port: int,
    *,
    ledger: Path | None,
    describe: Path | None,
    learn: Sequence[Path],
    latency: float,
    allowance: int,
    faults: Path | None,
    logins: Path | None,
    rotate: bool,
    tls: tuple[Path, Path] | None,
    duplicates: Literal["alert", "block"] | None,
    edition: str,
) -> int:
    """Serve until SIGINT or SIGTERM."""
    context = _context(*tls) if tls is not None else None
    try:
        plan = read_plan(faults) if faults is not None else None
        app = equip(logins, rotates=rotate) if logins is not None else ConnectedApp()
        org = Org(
            ledger=ledger,
            describes=describe,
            learn=learn,
            app=app,
            latency=latency,
            api_requests_max=allowance,
            faults=plan,
            duplicate_rule=duplicates,
            edition=edition,
        )
    except (OSError, ValueError) as error:
        raise UsageError(f"the embedded org can't start: {error}") from error
    try:
        asyncio.run(_serve(org, port, context))
    finally:
        org.close()
    return ExitCode.DONE


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"--tls {certificate} {key}: {error.strerror or error}: give a certificate and its key in PEM form"
        ) from None
    return context


async def _serve(org: Org, port: int, tls: ssl.SSLContext | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        async with serve(org, port=port, tls=tls) as server:
            ready = {"url": server.url, "token": org.token, "client_id": org.client_id, "client_secret": org.client_secret}
            click.echo(orjson.dumps(ready))
            await stopped.wait()
    except OSError as error:
        raise UsageError(f"port {port} can't be served: {error.strerror or error}") from error
