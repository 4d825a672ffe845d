"""The paths of the org, and what answers each."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.simulator import (
    batch,
    collections,
    composite,
    describe,
    external_ids,
    ingest,
    limits,
    oauth,
    query,
    query_jobs,
    sobjects,
    tree,
    versions,
)
from pipeline.simulator.errors import not_found
from pipeline.simulator.org import Org
from pipeline.simulator.wire import Answer, Call

Endpoint = Callable[[Org, Call], Answer]

_DATA = "/services/data/{version}"
_INGEST = f"{_DATA}/jobs/ingest"
_QUERIES = f"{_DATA}/jobs/query"


@dataclass(frozen=True, slots=True)
class Route:
    """A path, with or without a slash at its end, and what answers it; `name` is unique, and the key in `Org.calls`."""

    name: str
    method: str
    path: str
    endpoint: Endpoint
    needs_token: bool = True
    metered: bool = True
    takes_upload: bool = False
    """The body may be large, and goes to the disk."""


ROUTES = (
    Route("versions", "GET", "/services/data", versions.versions, needs_token=False, metered=False),
    Route("token", "POST", "/services/oauth2/token", oauth.token, needs_token=False, metered=False),
    Route("userinfo", "GET", "/services/oauth2/userinfo", oauth.identity, metered=False),
    Route("identity", "GET", "/id/{org}/{user}", oauth.identity, metered=False),
    Route("resources", "GET", _DATA, versions.resources),
    Route("limits", "GET", f"{_DATA}/limits", limits.limits),
    Route("describe_all", "GET", f"{_DATA}/sobjects", describe.describe_all),
    Route("create", "POST", f"{_DATA}/sobjects/{{object}}", sobjects.create),
    Route("describe", "GET", f"{_DATA}/sobjects/{{object}}/describe", describe.describe),
    Route("basics", "GET", f"{_DATA}/sobjects/{{object}}", describe.basics),
    Route("get", "GET", f"{_DATA}/sobjects/{{object}}/{{id}}", sobjects.get),
    Route("update", "PATCH", f"{_DATA}/sobjects/{{object}}/{{id}}", sobjects.update),
    Route("delete", "DELETE", f"{_DATA}/sobjects/{{object}}/{{id}}", sobjects.delete),
    Route("get_by_key", "GET", f"{_DATA}/sobjects/{{object}}/{{field}}/{{value}}", external_ids.get),
    Route("upsert", "PATCH", f"{_DATA}/sobjects/{{object}}/{{field}}/{{value}}", external_ids.upsert),
    Route("delete_by_key", "DELETE", f"{_DATA}/sobjects/{{object}}/{{field}}/{{value}}", external_ids.delete),
    Route("tree", "POST", f"{_DATA}/composite/tree/{{object}}", tree.create),
    Route("create_many", "POST", f"{_DATA}/composite/sobjects", collections.create),
    Route("update_many", "PATCH", f"{_DATA}/composite/sobjects", collections.update),
    Route("delete_many", "DELETE", f"{_DATA}/composite/sobjects", collections.delete),
    Route("upsert_many", "PATCH", f"{_DATA}/composite/sobjects/{{object}}/{{field}}", collections.upsert),
    Route("get_many", "GET", f"{_DATA}/composite/sobjects/{{object}}", collections.retrieve),
    Route("retrieve_many", "POST", f"{_DATA}/composite/sobjects/{{object}}", collections.retrieve),
    Route("composite", "POST", f"{_DATA}/composite", composite.composite),
    Route("batch", "POST", f"{_DATA}/composite/batch", batch.batch),
    Route("graph", "POST", f"{_DATA}/composite/graph", composite.graph),
    Route("ingest_create", "POST", _INGEST, ingest.create),
    Route("ingest_list", "GET", _INGEST, ingest.list_all),
    Route("ingest_upload", "PUT", f"{_INGEST}/{{id}}/batches", ingest.upload, takes_upload=True),
    Route("ingest_change", "PATCH", f"{_INGEST}/{{id}}", ingest.change),
    Route("ingest_get", "GET", f"{_INGEST}/{{id}}", ingest.get),
    Route("ingest_delete", "DELETE", f"{_INGEST}/{{id}}", ingest.delete),
    Route("ingest_succeeded", "GET", f"{_INGEST}/{{id}}/successfulResults", ingest.succeeded),
    Route("ingest_failed", "GET", f"{_INGEST}/{{id}}/failedResults", ingest.failed),
    Route("ingest_unprocessed", "GET", f"{_INGEST}/{{id}}/unprocessedrecords", ingest.unprocessed),
    Route("query_job_create", "POST", _QUERIES, query_jobs.create),
    Route("query_job_list", "GET", _QUERIES, query_jobs.list_all),
    Route("query_job_get", "GET", f"{_QUERIES}/{{id}}", query_jobs.get),
    Route("query_job_change", "PATCH", f"{_QUERIES}/{{id}}", query_jobs.change),
    Route("query_job_delete", "DELETE", f"{_QUERIES}/{{id}}", query_jobs.delete),
    Route("query_job_results", "GET", f"{_QUERIES}/{{id}}/results", query_jobs.results),
    Route("query", "GET", f"{_DATA}/query", query.query),
    Route("query_all", "GET", f"{_DATA}/queryAll", query.query_all),
    Route("query_more", "GET", f"{_DATA}/query/{{locator}}", query.more),
)
UNKNOWN = Route("unknown", "*", "", lambda _org, _call: Answer(404, not_found().body))
"""Stands where no path fits."""
