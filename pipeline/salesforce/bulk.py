"""Bulk API 2.0 ingest: a job takes a CSV file of records, works by itself, and answers in files.

create (`Open`) -> upload -> close (`UploadComplete`; from then on it works) -> ask for its state -> read the results.
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_intro.htm

A job that isn't closed does nothing. Closing it is what a tree request's whole body is: once it left, the job may be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import quote

import orjson

from pipeline.model.outcome import Outcome
from pipeline.model.record_id import LENGTH
from pipeline.model.wire import Delivery, Purpose, Reply, Request
from pipeline.salesforce.errors import clean, parsed
from pipeline.salesforce.refusals import answered, failure, odd

_CSV = {"Content-Type": "text/csv; charset=UTF-8", "Accept": "application/json"}
_WANTS_CSV = {"Accept": "text/csv"}


class JobState(StrEnum):
    """Where a job is.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_job_states.htm
    """

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


ENDED = frozenset({JobState.COMPLETE, JobState.FAILED, JobState.ABORTED})


class Results(StrEnum):
    """The files in which a job answers. Each record is in one of them, in no order."""

    SUCCESSFUL = "successfulResults"
    FAILED = "failedResults"
    UNPROCESSED = "unprocessedrecords"


@dataclass(frozen=True, slots=True)
class Job:
    """What the org says of a job."""

    id: str
    state: JobState
    processed: int = 0
    """Records that it has looked at ..."""
    failed: int = 0
    """... and those of them that it refused."""
    message: str = ""
    """Why it failed as a whole."""

    @property
    def ended(self) -> bool:
        """It does nothing any more. One that failed or was aborted may have created records, too: it keeps what it has done."""
        return self.state in ENDED


def build_create(api_version: str, object_name: str, purpose: Purpose, rule: str = "") -> Request:
    """Ask for a job that inserts records; `rule` is the id of an assignment rule that chooses their owners, if one does.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm
    """
    job = {"object": object_name, "operation": "insert", "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}
    return Request("POST", _ingest(api_version), purpose, orjson.dumps(job | ({"assignmentRuleId": rule} if rule else {})))


def build_upload(api_version: str, job: str, content: bytes, purpose: Purpose) -> Request:
    """Hand a job its records; that can be done once.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm
    """
    return Request("PUT", f"{_ingest(api_version, job)}/batches", purpose, content, _CSV)


def build_move(api_version: str, job: str, state: JobState, purpose: Purpose) -> Request:
    """Close a job that has its records, or abort one.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/close_job.htm
    """
    return Request("PATCH", _ingest(api_version, job), purpose, orjson.dumps({"state": state.value}))


def build_state(api_version: str, job: str, purpose: Purpose) -> Request:
    """Ask how far a job is.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm
    """
    return Request("GET", _ingest(api_version, job), purpose)


def build_results(api_version: str, job: str, results: Results, purpose: Purpose) -> Request:
    """Ask for one of the files in which a job answers.

    https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_successful_results.htm
    """
    return Request("GET", f"{_ingest(api_version, job)}/{results}", purpose, None, _WANTS_CSV)


def _ingest(api_version: str, job: str = "") -> str:
    path = f"/services/data/v{api_version}/jobs/ingest"
    return f"{path}/{quote(job, safe='')}" if job else path


def decipher_job(delivery: Delivery) -> Job | Outcome:
    """Read what the org says of a job; anything else is the outcome of a call that failed."""
    match answered(delivery):
        case Reply(HTTPStatus.OK | HTTPStatus.CREATED) as reply:
            return _job(reply)
        case Reply() as reply:
            return failure(reply, ())
        case outcome:
            return outcome


def decipher_upload(delivery: Delivery) -> Outcome | None:
    """Say why an upload failed; None: it has not."""
    match answered(delivery):
        case Reply(HTTPStatus.OK | HTTPStatus.CREATED):
            return None
        case Reply() as reply:
            return failure(reply, ())
        case outcome:
            return outcome


def decipher_results(delivery: Delivery) -> bytes | Outcome:
    """Return the content of a file of results."""
    match answered(delivery):
        case Reply(HTTPStatus.OK) as reply:
            return reply.body
        case Reply() as reply:
            return failure(reply, ())
        case outcome:
            return outcome


def _job(reply: Reply) -> Job | Outcome:
    answer = parsed(reply.body)
    if not isinstance(answer, Mapping):
        return odd(reply, "it is not what is said of a job")
    try:
        state = JobState(str(answer.get("state")))
    except ValueError:
        return odd(reply, "the state of a job is none that there is")
    name, message = answer.get("id"), answer.get("errorMessage")
    if not isinstance(name, str) or len(name) != LENGTH or not name.isalnum():
        return odd(reply, "a job has no id")
    said = clean(message) if isinstance(message, str) else ""
    return Job(name, state, _count(answer, "Processed"), _count(answer, "Failed"), said)


def _count(answer: Mapping[str, object], which: str) -> int:
    found = answer.get(f"numberRecords{which}")
    return found if isinstance(found, int) else 0
