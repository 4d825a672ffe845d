"""A token from the Salesforce CLI on this machine. It is called without a shell; no argument of it is a secret."""

import asyncio
import os
import signal
from contextlib import suppress

from pipeline.errors import AccessRefused, OrgUnavailable
from pipeline.salesforce import sf_cli
from pipeline.salesforce.oauth import Token
from pipeline.transport.logins import Send

_TIMEOUT = 120.0
"""Seconds for one command. It starts slowly, and may itself ask the org for a fresh token."""


class CliLogin:
    """Asks the CLI for the token of an org that it is logged in to; each time it sees to a fresh one itself.

    Its environment is ours, without the variables that are `withheld`.
    """

    def __init__(
        self,
        org_url: str,
        target_org: str,
        *,
        program: str = "sf",
        timeout: float = _TIMEOUT,
        withheld: frozenset[str] = frozenset(),
    ) -> None:
        self._org_url = org_url
        self._target_org = target_org
        self._program = program
        self._timeout = timeout
        self._withheld = withheld
        self._last: str | None = None

    async def __call__(self, send: Send) -> Token:  # noqa: ARG002 - the org isn't asked
        """Ask the CLI."""
        about = self._target_org, self._org_url
        token = sf_cli.decipher_display(await self._said(*sf_cli.display(self._target_org)), *about)
        if token is None:
            token = sf_cli.decipher_token(await self._said(*sf_cli.show_token(self._target_org)), *about)
        if token.access_token == self._last:
            raise sf_cli.stale(*about)
        self._last = token.access_token
        return token

    async def _said(self, *args: str) -> bytes:
        """Run the CLI and return what it says; a Ctrl-C on the terminal isn't meant for it."""
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *args,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name not in self._withheld} | {"FORCE_COLOR": "0"},
                start_new_session=True,
            )
        except FileNotFoundError:
            raise AccessRefused(sf_cli.NOT_INSTALLED) from None
        except OSError as error:
            raise AccessRefused(f"the Salesforce CLI (sf) can't be started: {error.strerror}") from None
        try:
            async with asyncio.timeout(self._timeout):
                output, _ = await process.communicate()
        except TimeoutError:
            raise OrgUnavailable(
                f"the Salesforce CLI has not answered within {self._timeout:g} seconds; try: sf org display, and run again"
            ) from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        return output
