"""Calls of bulk jobs, and what comes back: recorded answers, and those that must not be believed."""

from pathlib import Path

import orjson
import pytest

from pipeline.model.outcome import InDoubt, Refused, SessionExpired, Unavailable
from pipeline.model.wire import NoReply, NotSent, Purpose, Reply
from pipeline.salesforce import bulk
from pipeline.salesforce.bulk import Job, JobState, Results

RECORDED = Path(__file__).parents[1] / "fixtures/http/amp-labs/bulk/info"


@pytest.mark.parametrize(
    ("name", "state", "processed", "failed", "message"),
    [
        ("success.json", JobState.COMPLETE, 3000, 0, ""),
        ("partial-failure.json", JobState.COMPLETE, 8, 1, ""),
        ("in-progress.json", JobState.IN_PROGRESS, 2000, 0, ""),
        (
            "complete-failure.json",
            JobState.FAILED,
            0,
            0,
            "InvalidBatch : Field name not found : StageName_invalid_field_on_purpose",
        ),
    ],
)
def test_recorded_jobs_say_how_far_they_are(name, state, processed, failed, message):
    job = bulk.decipher_job(Reply(200, {}, (RECORDED / name).read_bytes()))
    assert isinstance(job, Job)
    assert (job.state, job.processed, job.failed, job.message) == (state, processed, failed, message)
    assert job.ended == (state is not JobState.IN_PROGRESS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"id":"750ak000009Dl5bAAC"}',
        b'{"id":"750","state":"Open"}',
        b'{"state":"Open"}',
        b'{"state":["Open"]}',
    ],
)
def test_what_is_no_job_is_in_doubt(body):
    assert isinstance(bulk.decipher_job(Reply(200, {}, body)), InDoubt)


def test_calls_that_fail_have_the_outcome_that_any_call_has():
    refused = b'[{"errorCode":"INVALIDENTITY","message":"Unable to find object: Nothing"}]'
    assert isinstance(bulk.decipher_job(NotSent("refused")), Unavailable)
    assert isinstance(bulk.decipher_job(NoReply("reset")), InDoubt)
    assert isinstance(bulk.decipher_upload(NoReply("reset")), InDoubt)
    assert isinstance(bulk.decipher_results(NoReply("reset")), InDoubt)
    expired = b'[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]'
    assert isinstance(bulk.decipher_upload(Reply(401, {}, expired)), SessionExpired)
    assert isinstance(bulk.decipher_job(Reply(404, {}, refused)), Refused)
    assert bulk.decipher_upload(Reply(201, {}, b"")) is None
    assert bulk.decipher_results(Reply(200, {}, b"a,b\n")) == b"a,b\n"


def test_the_calls_are_the_vendors():
    create = bulk.build_create("67.0", "Contact", Purpose.LOAD, "01QSM0000000001")
    assert (create.method, create.path) == ("POST", "/services/data/v67.0/jobs/ingest")
    assert orjson.loads(create.body or b"") == {
        "object": "Contact",
        "operation": "insert",
        "contentType": "CSV",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
        "assignmentRuleId": "01QSM0000000001",
    }
    upload = bulk.build_upload("67.0", "750x", b"A\nb\n", Purpose.LOAD)
    assert (upload.method, upload.path, upload.body) == ("PUT", "/services/data/v67.0/jobs/ingest/750x/batches", b"A\nb\n")
    close = bulk.build_move("67.0", "750x", JobState.UPLOAD_COMPLETE, Purpose.LOAD)
    assert (close.method, close.body) == ("PATCH", b'{"state":"UploadComplete"}')
    results = bulk.build_results("67.0", "750x", Results.UNPROCESSED, Purpose.LOAD)
    assert (results.method, results.path) == ("GET", "/services/data/v67.0/jobs/ingest/750x/unprocessedrecords")
