"""Nobody loads into a production org by mistake: somebody has to say that it is meant, once for a run."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pipeline.assembly.work import Import
from pipeline.channel import Channel
from pipeline.errors import AccessRefused, UsageError
from pipeline.model.row import AnyBlock, InputFile
from pipeline.model.tally import Tally
from pipeline.model.wire import Purpose
from pipeline.salesforce import organization, query
from pipeline.salesforce.organization import UNKNOWN, Organization
from pipeline.sources.address import is_remote
from pipeline.stages.reader import Reader
from pipeline.stop import Stop
from pipeline.transport.connection import Connection

Ask = Callable[[str], Awaitable[bool]]
"""Asks a person; the question says what is to be loaded where."""


async def confirm(work: Import, org: Connection, object_name: str, ask: Ask | None) -> None:
    """Return if the org is none in production, or somebody has said or says that it is meant; None: there is nobody to ask.

    The org is asked what it is, unless that doesn't matter or its address tells. One that doesn't say so is in production.

    :raises UsageError: if nobody says it.
    """
    url = await org.address()
    if work.confirmed or work.settings.org.production or organization.for_trying(url):
        return
    found = await _organization(work, org)
    if not found.production:
        return
    described = f"{found.name or 'an org that does not say its name'} ({', '.join(filter(None, (url, found.edition)))})"
    what = f"{await _amount(work)} to {object_name}"
    if ask is None:
        raise UsageError(
            f"{described} is in production, and nobody has said that {what} is to be loaded there: nothing was sent. "
            "Add --yes, or production = true to [org] where that is always meant"
        )
    if not await ask(f"{described} is in production.\nLoad {what}?"):
        raise UsageError("not confirmed: nothing was sent")


async def _organization(work: Import, org: Connection) -> Organization:
    request = query.build(work.settings.org.api_version, organization.QUESTION, Purpose.DESCRIBE)
    try:
        page = query.decipher(await org.send(request), "read which org it is")
    except (AccessRefused, UsageError):  # the user may not look
        return UNKNOWN
    return organization.organization(page.records)


async def _amount(work: Import) -> str:
    """Say how much it is: rows, for which the files are read; or bytes of files that lie elsewhere."""
    names = Path(work.files[0].path).name if len(work.files) == 1 else f"{len(work.files)} files"
    if any(is_remote(file.path) for file in work.files):
        return f"{names} ({sum(file.size for file in work.files):,} bytes)"
    rows = await _rows(work)
    return f"{names} ({rows:,} row{'s' * (rows != 1)})"


async def _rows(work: Import) -> int:
    blocks, reader = Channel[tuple[InputFile, AnyBlock]](1), Reader(work.settings.read, Tally(), Stop())

    async def read() -> int:
        counts = [await reader.run(file, blocks) for file in work.files]
        await blocks.close()
        return sum(each.rows for each in counts)

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read())
        async for _ in blocks:
            pass
    return reading.result()
