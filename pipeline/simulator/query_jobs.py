"""jobs/query: queries whose rows are read as CSV, page by page. They are answered at once, and told as if it took time.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.simulator import ids, jobs, query
from pipeline.simulator.errors import ApiError, not_found
from pipeline.simulator.ingest import one_of
from pipeline.simulator.org import USER_ID, Org
from pipeline.simulator.query import Found
from pipeline.simulator.values import stamp
from pipeline.simulator.wire import Answer, Call, malformed, parse

_PREFIX = "750"
_OPERATIONS = ("query", "queryAll")
_PAGE = 50_000
"""Rows of a page, if the client doesn't ask for fewer."""


@dataclass(slots=True, kw_only=True)
class QueryJob:
    """A query with what it found when it was asked."""

    id: str
    operation: str
    found: Found
    line_ending: str
    delimiter: str
    version: str
    created: str
    state: str = jobs.UPLOADED

    def close(self) -> None:
        """Forget nothing: it has no files."""

    def told(self) -> dict[str, Any]:
        """Say what every answer says of the job."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.found.table.sobject.name,
            "createdById": USER_ID,
            "createdDate": self.created,
            "systemModstamp": self.created,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }


def create(org: Org, call: Call) -> Answer:
    """Make a job of a query. Raises ApiError for one that can't be asked, or that counts."""
    asked = parse(call.body)
    if not isinstance(asked, dict):
        raise malformed("Cannot deserialize instance of job from START_ARRAY value [", (1, 1))
    operation = one_of(asked, "operation", _OPERATIONS, None)
    text = asked.get("query")
    found = query.find(org, text if isinstance(text, str) else "", deleted=operation == "queryAll")
    if found.counted is not None:
        raise ApiError(400, "INVALIDJOB", "Aggregate queries are not supported by bulk query jobs")
    job = QueryJob(
        id=org.mint_id(_PREFIX),
        operation=operation,
        found=found,
        line_ending=one_of(asked, "lineEnding", jobs.LINE_ENDINGS, "LF"),
        delimiter=one_of(asked, "columnDelimiter", jobs.DELIMITERS, "COMMA"),
        version=call.parts["version"].removeprefix("v"),
        created=stamp(org.now().replace(microsecond=0)),
    )
    org.jobs[job.id] = job
    return Answer(200, job.told())


def get(org: Org, call: Call) -> Answer:
    """Say how far a job is: it has ended when it is asked for the first time."""
    job = _found(org, call)
    if job.state == jobs.UPLOADED:
        job.state = jobs.COMPLETE
    counted = {"numberRecordsProcessed": len(job.found.records), "retries": 0, "totalProcessingTime": 0}
    return Answer(200, {**job.told(), "jobType": "V2Query", **counted})


def results(org: Org, call: Call) -> Answer:
    """Give `?maxRecords=` rows from `?locator=` on as CSV; headers say how many, and where the next page begins."""
    job = _found(org, call)
    if job.state != jobs.COMPLETE:
        raise ApiError(400, "INVALIDJOBSTATE", f"The job is {job.state}: it has no results")
    start, most = call.query.get("locator", "0"), call.query.get("maxRecords", str(_PAGE))
    if not start.isdecimal() or not most.isdecimal() or not int(most):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    end = int(start) + int(most)
    rows = job.found.records[int(start) : end]
    locator = str(end) if end < len(job.found.records) else "null"
    headers = {"Content-Type": "text/csv", "Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(rows))}
    text = io.StringIO(newline="")
    delimiter, ending = jobs.DELIMITERS[job.delimiter], jobs.LINE_ENDINGS[job.line_ending]
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow([field.name for field in job.found.fields])
    getters = [job.found.table.getters[field.name] for field in job.found.fields]
    writer.writerows([_cell(get(record)) for get in getters] for record in rows)
    return Answer(200, text.getvalue().encode(), headers)


def change(org: Org, call: Call) -> Answer:
    """Abort a job that hasn't ended."""
    job = _found(org, call)
    asked = parse(call.body)
    if not isinstance(asked, dict) or asked.get("state") != jobs.ABORTED:
        raise ApiError(400, "INVALIDJOB", f"A query job can only be set to {jobs.ABORTED}")
    if job.state in jobs.ENDED:
        raise ApiError(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
    job.state = jobs.ABORTED
    return Answer(200, job.told())


def list_all(org: Org, _call: Call) -> Answer:
    """List the jobs, in one page."""
    listed = [job.told() for job in org.jobs.values() if isinstance(job, QueryJob)]
    return Answer(200, {"done": True, "records": listed, "nextRecordsUrl": None})


def delete(org: Org, call: Call) -> Answer:
    """Forget a job that has ended."""
    job = _found(org, call)
    if job.state not in jobs.ENDED:
        raise ApiError(400, "INVALIDJOBSTATE", f"The job is {job.state}: only ended jobs can be deleted")
    del org.jobs[job.id]
    return Answer(204, b"")


def _found(org: Org, call: Call) -> QueryJob:
    job = org.jobs.get(ids.whole(call.parts["id"]) or "")
    if not isinstance(job, QueryJob):
        raise not_found()
    return job


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
