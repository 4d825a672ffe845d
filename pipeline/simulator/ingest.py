"""jobs/ingest: the requests that make a bulk job, feed it, close it, watch it, and read its results.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_ingest.htm
https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pipeline.simulator import bulk_csv, effects, ids, ingesting, jobs
from pipeline.simulator.errors import ApiError, not_found
from pipeline.simulator.jobs import Job
from pipeline.simulator.keys import key_of
from pipeline.simulator.multipart import parts_of
from pipeline.simulator.objects import Field, SObject
from pipeline.simulator.org import Org
from pipeline.simulator.pages import Pages
from pipeline.simulator.sobjects import allow
from pipeline.simulator.values import stamp
from pipeline.simulator.wire import Answer, Call, Stream, malformed, parse

MOST_IN_ONE = 100_000
"""Characters of CSV that may come with the request that makes the job."""
_PREFIX = "750"
_OPERATIONS = {"insert": "insert", "update": "update", "upsert": "update", "delete": "delete", "hardDelete": "delete"}
"""What each operation needs to be allowed, beside inserting in an upsert."""
_ROWS_AT_ONCE = 1000


def create(org: Org, call: Call) -> Answer:
    """Make a job. With its rows in the same request (multipart, parts `job` and `content`) it is closed at once."""
    body, content = call.body, None
    if call.headers.get("Content-Type", "").lower().startswith("multipart/"):
        parts = parts_of(body, call.headers["Content-Type"])
        body, content = parts.get("job", b""), parts.get("content", b"")
        if len(content.decode(errors="replace")) > MOST_IN_ONE:
            raise ApiError(
                400, "EXCEEDED_MAX_SIZE_REQUEST", f"Content in a multipart request has at most {MOST_IN_ONE} characters"
            )
    job = _job(org, call, parse(body))
    org.jobs[job.id] = job
    if content is None:
        return Answer(200, job.told_open())
    job.upload = Pages()
    job.upload.append(content)
    return _close(org, job)


def upload(org: Org, call: Call) -> Answer:
    """Take the rows: once for each job."""
    job = _found(org, call)
    if job.state != jobs.OPEN:
        raise _wrong_state(f"The job is {job.state}: rows can only be uploaded to an open job")
    if job.upload is not None:
        advice = "'Close' / 'Abort' / 'Delete' the current Job then create a new Job"
        raise _wrong_state(f"Found multiple contents for job: <{job.id}>, please {advice} and make sure you only do 'PUT' once")
    job.upload = call.upload
    return Answer(201, b"")


def change(org: Org, call: Call) -> Answer:
    """Close a job, so that its rows are worked on, or abort it."""
    job = _found(org, call)
    asked = parse(call.body)
    match asked.get("state") if isinstance(asked, dict) else None:
        case jobs.UPLOADED:
            if job.state != jobs.OPEN:
                raise _wrong_state("Closing already Completed Job not allowed")
            return _close(org, job)
        case jobs.ABORTED:
            if job.state in jobs.ENDED:
                raise _wrong_state("Aborting already Completed Job not allowed")
            _move(org, job, jobs.ABORTED)
            return Answer(200, job.told())
        case other:
            raise ApiError(400, "INVALIDJOB", f"A job can be set to {jobs.UPLOADED} or {jobs.ABORTED}, not to {other}")


def get(org: Org, call: Call) -> Answer:
    """Say how far a job is."""
    return Answer(200, _found(org, call).told_whole())


def list_all(org: Org, _call: Call) -> Answer:
    """List the jobs, in one page."""
    listed = [
        job.told_open() if job.state == jobs.OPEN else job.told_whole() for job in org.jobs.values() if isinstance(job, Job)
    ]
    return Answer(200, {"done": True, "records": listed, "nextRecordsUrl": None})


def delete(org: Org, call: Call) -> Answer:
    """Forget a job that isn't being worked on, and its results."""
    job = _found(org, call)
    if job.state in {jobs.OPEN, jobs.RUNNING}:
        raise _wrong_state(f"The job is {job.state}: only closed, ended or aborted jobs can be deleted")
    job.state = jobs.ABORTED
    del org.jobs[job.id]
    job.close()
    return Answer(204, b"")


def succeeded(org: Org, call: Call) -> Answer:
    """Give the rows that were written: `sf__Id`, `sf__Created` and what was sent."""
    return _csv(_found(org, call).succeeded.pieces)


def failed(org: Org, call: Call) -> Answer:
    """Give the rows that were not: `sf__Id`, `sf__Error` and what was sent."""
    return _csv(_found(org, call).failed.pieces)


def unprocessed(org: Org, call: Call) -> Answer:
    """Give the rows that nobody looked at, because the job failed or was aborted: what was sent."""
    job = _found(org, call)

    def pieces() -> Iterator[bytes]:
        try:
            rows = bulk_csv.rows(job)
            yield bulk_csv.written(job, islice(rows, 1))
            rest = islice(rows, job.processed, None) if job.state in {jobs.FAILED, jobs.ABORTED} else iter(())
            while some := list(islice(rest, _ROWS_AT_ONCE)):
                yield bulk_csv.written(job, some)
        except bulk_csv.Unreadable:
            return  # as far as it can be read

    return _csv(pieces)


def _csv(pieces: Any) -> Answer:
    return Answer(200, Stream(pieces), {"Content-Type": "text/csv"})


def _found(org: Org, call: Call) -> Job:
    job = org.jobs.get(ids.whole(call.parts["id"]) or "")
    if not isinstance(job, Job):
        raise not_found()
    return job


def _job(org: Org, call: Call, asked: Any) -> Job:
    if not isinstance(asked, dict):
        raise malformed("Cannot deserialize instance of job from START_ARRAY value [", (1, 1))
    operation = one_of(asked, "operation", _OPERATIONS, None)
    table = org.find_table(asked.get("object"))
    if table is None:
        raise ApiError(400, "INVALIDENTITY", f"Unable to find object: {asked.get('object')}")
    one_of(asked, "contentType", ("CSV",), "CSV")
    allow(table.sobject, _OPERATIONS[operation])
    now = stamp(org.now().replace(microsecond=0))
    return Job(
        id=org.mint_id(_PREFIX),
        operation=operation,
        table=table,
        key=_key(table.sobject, asked) if operation == "upsert" else None,
        line_ending=one_of(asked, "lineEnding", jobs.LINE_ENDINGS, "LF"),
        delimiter=one_of(asked, "columnDelimiter", jobs.DELIMITERS, "COMMA"),
        version=call.parts["version"].removeprefix("v"),
        created=now,
        modified=now,
        rule=_rule(asked.get("assignmentRuleId")),
    )


def _rule(rule: Any) -> str:
    """Read the id of an assignment rule, if there is one. Raises ApiError for one that the org hasn't."""
    if rule:
        effects.owners({"Sforce-Auto-Assign": str(rule)})
    return str(rule) if rule else ""


def _key(sobject: SObject, asked: dict[str, Any]) -> Field:
    name = asked.get("externalIdFieldName")
    if not isinstance(name, str) or not name:
        raise ApiError(400, "INVALIDJOB", "External ID was blank for upsert operation")
    try:
        return key_of(sobject, name)
    except ApiError as error:
        message = f"Field name provided, {name} does not match an External ID for {sobject.name}"
        raise ApiError(400, "INVALIDJOB", message) from error


def one_of(asked: dict[str, Any], name: str, known: Any, default: str | None) -> str:
    """Read a setting of a job. Raises ApiError for a value that isn't known."""
    value = asked.get(name) or default
    if not isinstance(value, str) or value not in known:
        raise ApiError(400, "INVALIDJOB", f"{name}: {value} isn't one of {', '.join(known)}")
    return value


def _wrong_state(message: str) -> ApiError:
    return ApiError(400, "INVALIDJOBSTATE", message)


def _close(org: Org, job: Job) -> Answer:
    _move(org, job, jobs.UPLOADED)
    ingesting.start(org, job)
    return Answer(200, job.told())


def _move(org: Org, job: Job, state: str) -> None:
    job.state = state
    job.modified = stamp(org.now().replace(microsecond=0))
