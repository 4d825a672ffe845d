"""What can go wrong, as data: the kinds of faults with what may be said of each, and a plan of them in order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.simulator.traffic import Conditions

ENDPOINTS = frozenset(
    {
        "versions", "token", "userinfo", "identity", "resources", "limits", "describe_all", "basics", "describe",
        "create", "get", "update", "delete", "get_by_key", "upsert", "delete_by_key",
        "create_many", "update_many", "delete_many", "upsert_many", "get_many", "retrieve_many",
        "ingest_create", "ingest_upload", "ingest_change", "ingest_get", "ingest_list", "ingest_delete",
        "ingest_succeeded", "ingest_failed", "ingest_unprocessed",
        "query_job_create", "query_job_list", "query_job_get", "query_job_change", "query_job_delete", "query_job_results",
        "tree", "composite", "batch", "graph", "query", "query_all", "query_more",
    }
)  # fmt: skip
"""Where a fault may happen: the names of the server's routes (a test keeps both alike)."""
CHUNKS = frozenset({"bulk_chunk"})
"""Where faults happen that refuse rows of a bulk job: each 200 that are written at once count as a request."""
WITH_RESULTS = frozenset({"create_many", "update_many", "upsert_many"})
"""The endpoints that write records with a result each, so that one can be refused and the next created."""
WRITES = frozenset({"tree", "create", "update", "upsert"}) | WITH_RESULTS
"""The endpoints whose requests hold records."""
REFERENCES = frozenset({"tree"})
"""The endpoints that answer by reference."""
NEEDED = object()
"""Stands where a setting has no default."""


@dataclass(frozen=True, slots=True)
class Where:
    """What one record of a request must hold; `pattern` finds it in the value as text. A null or an object never fits."""

    field: str
    pattern: re.Pattern[str]

    def fits(self, members: Mapping[str, Any]) -> bool:
        """Say whether a record, as it was sent, holds it. The field's case doesn't matter."""
        value = members.get(self.field)
        if value is None:
            value = next((value for name, value in members.items() if name.lower() == self.field.lower()), None)
        if value is None or isinstance(value, dict | list):
            return False
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        return self.pattern.search(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: which requests it happens to, and the settings of its kind. Settings that the kind doesn't have stay empty."""

    number: int
    """Its place in the plan, from 1 on."""
    do: str
    on: frozenset[str]
    nth: frozenset[int] = frozenset()
    every: int | None = None
    chance: float | None = None
    times: int | None = None
    after: int = 0
    where: Where | None = None
    over: int | None = None
    """Only requests with more records than this."""
    when: str = "before_commit"
    seconds: float = 0.0
    status: int | None = None
    retry_after: int | None = None
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()
    naming: str = "all"
    how: str = ""
    reset: bool = False

    @property
    def needs_records(self) -> bool:
        """Say whether it happens only to requests with records that can be read."""
        return self.where is not None or self.over is not None or KINDS[self.do].names_records


@dataclass(frozen=True, slots=True)
class LockPlan:
    """How long rows are locked, in seconds."""

    hold: float
    """A request that creates records takes so long, and holds what they look up meanwhile."""
    wait: float = 10.0
    """Another one waits so long for it, then it fails."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults in the order in which they are asked, and what the org is like; chance is drawn from the seed.

    Without `locks` rows are never locked.
    """

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    locks: LockPlan | None = None
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be said of a fault of this kind, with its defaults; what is fixed; and where it may happen."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    at: frozenset[str] = ENDPOINTS
    names_records: bool = False


_WHEN = {"when": "before_commit"}
_OVER_LIMIT = {"status": 403, "code": "REQUEST_LIMIT_EXCEEDED"}
_TRIGGER = (
    "ImportTrigger: execution of BeforeInsert\n\n"
    "caused by: System.NullPointerException: Attempt to de-reference a null object\n\n"
    "Trigger.ImportTrigger: line 7, column 1"
)
_RULE = {"code": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "This record breaks a validation rule.", "fields": ()}

KINDS: Mapping[str, Kind] = {
    "drop": Kind({**_WHEN, "reset": False}),
    "hang": Kind({**_WHEN, "seconds": 3600.0}),
    "slow": Kind({**_WHEN, "seconds": NEEDED}),
    "truncated": Kind(_WHEN),
    "html": Kind({**_WHEN, "status": 503}),
    "empty": Kind({**_WHEN, "status": 200}),
    "foreign": Kind({**_WHEN, "status": 200}),
    "status": Kind({**_WHEN, "status": 500, "code": "", "message": "", "retry_after": None}),
    "late": Kind({"seconds": NEEDED, "status": None}, at=WRITES),
    "expired": Kind(fixed={"status": 401, "code": "INVALID_SESSION_ID", "message": "Session expired or invalid"}),
    "allowance": Kind(fixed={**_OVER_LIMIT, "message": "TotalRequests Limit exceeded."}),
    "too_many_requests": Kind(fixed={**_OVER_LIMIT, "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}),
    "too_many_long": Kind(fixed={**_OVER_LIMIT, "message": "ConcurrentPerOrgLongTxn Limit exceeded."}),
    "busy": Kind({"status": 429, "retry_after": None}, {"code": "TOO_MANY_REQUESTS", "message": "Too many requests"}),
    "unavailable": Kind({"retry_after": None}, {"status": 503, "code": "SERVER_UNAVAILABLE", "message": "Server Unavailable"}),
    "row_lock": Kind(
        {"naming": "first", "message": "unable to obtain exclusive access to this record"},
        {"status": 400, "code": "UNABLE_TO_LOCK_ROW"},
        at=WRITES | CHUNKS,
        names_records=True,
    ),
    "trigger": Kind(
        {"code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": _TRIGGER, "fields": ()}, {"status": 400}, at=WRITES | CHUNKS
    ),
    "rule": Kind({**_RULE, "naming": "all"}, {"status": 400}, at=WRITES | CHUNKS, names_records=True),
    "stray_halted": Kind(_RULE, {"status": 400, "naming": "first"}, at=REFERENCES, names_records=True),
    "changed": Kind({"how": NEEDED}, at=REFERENCES),
    "masked": Kind(at=WRITES),
}
"""Every kind of fault."""
