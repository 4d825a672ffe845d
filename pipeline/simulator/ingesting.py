"""What becomes of the rows of a bulk job: 200 at a time are written, each with its result.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/how_requests_are_processed.htm
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import NamedTuple

from pipeline.simulator import bulk_csv, jobs
from pipeline.simulator.errors import RecordError
from pipeline.simulator.fault_turns import Sent
from pipeline.simulator.ingest_rows import Column, attempts, columns_of, targets
from pipeline.simulator.jobs import Job
from pipeline.simulator.ledger import Deletion
from pipeline.simulator.org import Org
from pipeline.simulator.refusals import Refusal
from pipeline.simulator.store import Record
from pipeline.simulator.values import stamp
from pipeline.simulator.writing import Attempt, write

CHUNK = 200
"""Rows that are written at once: they meet the triggers together."""
CHUNKS = "bulk_chunk"
"""What a plan of faults calls them."""


class Result(NamedTuple):
    """What became of a row; without a record that it could mean, its id is empty."""

    errors: Sequence[RecordError]
    id: str
    created: bool


def start(org: Org, job: Job) -> None:
    """Work on a job between the requests that come in, until it ends or is aborted; the org's latency passes between chunks."""
    loop = asyncio.get_running_loop()
    chunks = process(org, job)

    def go_on() -> None:
        if job.state in jobs.ENDED:
            return
        began = loop.time()
        working = next(chunks, None) is not None
        job.milliseconds += round((loop.time() - began) * 1000)
        job.modified = stamp(org.now().replace(microsecond=0))
        if working:
            loop.call_later(org.latency, go_on)

    loop.call_soon(go_on)


def process(org: Org, job: Job) -> Iterator[int]:
    """Write the rows of a job; gives how many have their results after each step, and ends when the job has."""
    job.state = jobs.RUNNING
    yield job.processed
    order = Random(job.id)  # noqa: S311 - no secret
    try:
        rows = bulk_csv.rows(job)
        columns = columns_of(job, next(rows, None))
        header = [column.name for column in columns]
        job.succeeded.append(bulk_csv.written(job, [["sf__Id", "sf__Created", *header]]))
        job.failed.append(bulk_csv.written(job, [["sf__Id", "sf__Error", *header]]))
        while chunk := list(islice(rows, CHUNK)):
            for number, row in enumerate(chunk, job.processed + 1):
                if len(row) != len(columns):
                    raise bulk_csv.Unreadable(f"InvalidBatch : Row {number} has {len(row)} cells, the header {len(columns)}")  # noqa: TRY301 - one way out
            _write(org, job, columns, chunk, order)
            yield job.processed
        job.state = jobs.COMPLETE
    except (bulk_csv.Unreadable, OSError) as error:
        job.state, job.message = jobs.FAILED, str(error)


def _write(org: Org, job: Job, columns: Sequence[Column], chunk: list[list[str]], order: Random) -> None:
    """Write a chunk, and the results of its rows, in no order."""
    path = f"/services/data/v{job.version}/jobs/ingest/{job.id}"
    if job.operation in jobs.DELETING:
        results = _deleted(org, job, path, targets(job, columns, chunk))
    else:
        results = _altered(org, job, path, attempts(org, job, columns, chunk))
    told = list(zip(results, chunk, strict=True))
    order.shuffle(told)
    right = [[result.id, "true" if result.created else "false", *row] for result, row in told if not result.errors]
    wrong = [[result.id, bulk_csv.told(result.errors[0]), *row] for result, row in told if result.errors]
    job.succeeded.append(bulk_csv.written(job, right))
    job.failed.append(bulk_csv.written(job, wrong))
    job.processed += len(chunk)
    job.wrong += len(wrong)


def _altered(org: Org, job: Job, path: str, rows: Sequence[Attempt]) -> list[Result]:
    struck = org.faults.strike(CHUNKS, [Sent(None, row.sent) for row in rows]) if org.faults is not None else None
    org.refusal = Refusal(struck.fault) if struck is not None else None
    try:
        write(org, path, rows, {"Sforce-Auto-Assign": job.rule or "FALSE"})
    finally:
        org.refusal = None
    return [_result(row) for row in rows]


def _result(row: Attempt) -> Result:
    record = row.draft
    if record is None or not row.errors:
        return Result(row.errors, record.id if record is not None else "", row.created)
    return Result(row.errors, record.target.id if record.target is not None else "", created=False)


def _deleted(org: Org, job: Job, path: str, found: Sequence[Record | RecordError | None]) -> list[Result]:
    name, erased = job.table.sobject.name, job.operation == "hardDelete"
    records = [record for record in found if isinstance(record, Record)]
    if records:
        org.commit(path, deleted=[Deletion(name, record.id, erased=erased) for record in records])
    return [
        Result([one], "", created=False) if isinstance(one, RecordError) else Result([], one.id if one else "", created=False)
        for one in found
    ]
