"""What can stop a run before anything is written or sent: too few calls, too many records, bad rows where none are wanted."""

import asyncio
from collections.abc import Mapping

from pipeline.assembly.checking import Checkup, Finding, check
from pipeline.assembly.way import Way
from pipeline.assembly.work import Import
from pipeline.errors import BeyondLimit, InputError, OrgUnavailable
from pipeline.model.record import DUPLICATE_IN_FILE
from pipeline.policy import allowance
from pipeline.policy.allowance import reserved
from pipeline.policy.lanes import lanes_for
from pipeline.policy.plan import most_requests
from pipeline.stages.chunker import Known
from pipeline.stages.reader import extent
from pipeline.stop import Stop

MOST_KINDS = 8
"""Kinds of faults that are told; `treeload check` tells all."""
SHORTEST_ROW = 2
"""Bytes of the shortest row: one character and its line end. A row of CSV also has a delimiter for each column but one."""


async def look_ahead(
    work: Import,
    way: Way,
    stop: Stop,
    *,
    usage: tuple[int, int] | None,
    known: Mapping[int, Known] | None = None,
    created: int = 0,
) -> None:
    """Look at everything that is still to be sent, if there is a reason to: it costs half of what loading it costs.

    `usage` is what the org said of its day: calls used, and how many there are. `known` has the lines that need no look;
    `created` records exist because of them, or may.

    :raises InputError: if there are bad rows, and the job wants none.
    :raises BeyondLimit: if there are more records to be sent than the job allows.
    :raises OrgUnavailable: if what is to be sent surely needs more calls than the org has left.
    """
    wants_none = work.settings.mapping.bad_rows == "stop"
    most, send = work.settings.limits.max_created or None, work.settings.send
    goes_on = work.settings.limits.overdraw or send.wait_for_allowance
    left = None if usage is None or goes_on else allowance.left(*usage, send.allowance_reserve)
    if not wants_none and await _surely_fits(work, way, calls=left, records=most):
        return
    found = await check(work, way, known=known or {}, stop=stop)
    if stop.pulled():
        return
    if wants_none and found.bad:
        raise InputError(_bad_rows(found, work))
    if most is not None and found.totals.eligible + created > most:
        raise BeyondLimit(_too_many(found.totals.eligible, created, work))
    if left is not None and usage is not None and found.chunks > left:
        raise OrgUnavailable(_too_few(found, usage, reserved(send.allowance_reserve, usage[1])))


async def _surely_fits(work: Import, way: Way, *, calls: int | None, records: int | None) -> bool:
    """Tell what can be told cheaply: by the sizes of the files, or else by their lines. None: there may be any number."""
    if calls is None and records is None:
        return True
    simple = not way.joins and all(kinds.own.plain and not kinds.cases for kinds in way.kinds.values())
    small = (lanes_for(work.settings.send.concurrency) + 1) * len(way.locks)
    """What each lane may leave over at the end of a file."""
    if records is not None and not simple:
        return False
    files = work.main  # what is joined to their rows goes with them

    def fits(rows: int, size: int) -> bool:
        """Bound what so many rows in so many bytes make."""
        requests = _most_of_families(rows, size, way)
        if simple:
            requests = min(most_requests(rows, size, len(files), work.settings.send) + small, rows)
        return (calls is None or requests <= calls) and (records is None or rows <= records)

    size = sum(file.size for file in files)
    rows = sum(1 + file.size // max(SHORTEST_ROW, len(file.columns) * (file.format == "csv")) for file in files)
    if not any(file.packing for file in files) and fits(rows, size):
        return True
    extents = [await asyncio.to_thread(extent, file, work.settings.read) for file in files]
    rows, size = map(sum, zip(*extents, strict=True))
    return fits(rows, size)


def _most_of_families(rows: int, size: int, way: Way) -> int:
    """Bound the requests for rows that make families: only the rows themselves do that.

    Where families may go in parts each record may be one: those that are made of the row, and those that are nested in it, of
    which none takes fewer bytes than the shortest row.
    """
    if not way.parting.wanted:
        return rows
    return rows * max(len([*kind.all()]) for kinds in way.kinds.values() for kind in kinds.each) + size // SHORTEST_ROW


def _bad_rows(found: Checkup, work: Import) -> str:
    rows = f"{found.bad:,} row{'s' * (found.bad != 1)} would be"
    said = (
        f'{rows} rejected here, so nothing was sent, as mapping.bad_rows = "stop" asks: mend the file; '
        f"`treeload check {work.settings.path}` shows all"
    )
    findings = [finding for finding in found.findings if finding.code != DUPLICATE_IN_FILE]  # which are not bad
    kinds = [_kind(finding, work) for finding in findings[:MOST_KINDS]]
    if len(findings) > MOST_KINDS:
        kinds.append(f"and {len(findings) - MOST_KINDS:,} more kinds of fault")
    return "\n".join([said, *kinds])


def _kind(finding: Finding, work: Import) -> str:
    file, line = finding.places[0]
    paths = {each.number: each.path for each in work.files}
    return f"{paths[file]}:{line}: {finding.example} ({finding.rows:,} x {finding.code})"


def _too_many(eligible: int, created: int, work: Import) -> str:
    most, so_far = work.settings.limits.max_created, f", and {created:,} are created or in doubt already" if created else ""
    return (
        f"{eligible:,} records are to be sent{so_far}, but limits.max_created allows {most:,}: nothing was sent. "
        "Give the run less, or raise the limit"
    )


def _too_few(found: Checkup, usage: tuple[int, int], kept: int) -> str:
    used, maximum = usage
    reserve = f", of which {kept:,} are kept for others (send.allowance_reserve)" if kept else ""
    return (
        f"the org has used {used:,} of its {maximum:,} calls today{reserve}, and what is to be sent needs {found.chunks:,} at "
        f"least ({found.totals.eligible:,} records): nothing was sent. Run it again when there are more, or let it begin all the "
        "same and stop where they end with limits.overdraw = true, or wait for more with send.wait_for_allowance = true"
    )
