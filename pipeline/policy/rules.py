"""What a job says about sending, about limits and about evidence: tables of the configuration."""

import re
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from annotated_types import Interval, Unit

_RULE_ID = re.compile("01Q[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")

JOB_BYTES = 100_000_000
"""Bytes that a job may be given.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
"""
IN_JOBS = 20_000
"""Records in jobs at the same time: they are in memory until their results are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRules:
    """How chunks go out: the `[send]` table. The org's own bounds are upper bounds here too."""

    route: Literal["tree", "collections", "single", "bulk"] = "tree"
    """Endpoint that records go to: `tree` (all records of a request or none), `collections` (each record of a request by itself),
    `single` (one record a request, which tells most about duplicates) or `bulk` (jobs of many records, each by itself, on which
    the org works in its own time)."""
    job_records: Annotated[int, Interval(ge=1, le=1_000_000)] = 10_000
    """Records a job of the route `bulk`; the org works on 10,000 at once, and a run needs about 2 kB of memory for each."""
    chunk_records: Annotated[int, Interval(ge=1, le=200)] = 200
    """Records a request, 1 to 200: the org takes no more in one tree."""
    chunk_bytes: Annotated[int, Unit("B"), Interval(ge=1_000, le=50_000_000)] = 10_000_000
    """Bytes a request at most; a record that is larger by itself is rejected here."""
    concurrency: Annotated[int, Interval(ge=1, le=100)] = 8
    """Requests in flight at the same time at most."""
    adaptive: bool = True
    """Whether fewer are in flight while the org has trouble: locks, time-outs, refusals, answers that take 16 seconds. False:
    always as many as set."""
    requests_per_second: Annotated[float, Interval(ge=0, le=1_000)] = 20.0
    """Requests started in any second at most; 0 for no limit."""
    allowance_reserve: Annotated[float, Unit("calls"), Interval(ge=0, le=100_000_000)] = 0.1
    """Calls of the org's rolling 24 hours that are left for others: a number, or a share such as "20%". The run ends, to be
    resumed, before it touches them."""
    wait_for_allowance: bool = False
    """Whether a run that has no calls left waits until there are some again, and asks for them every 15 minutes, instead of
    ending."""
    timeout: Annotated[float, Unit("s"), Interval(gt=0, le=86_400)] = 630.0
    """Seconds to wait for a reply. The org itself gives up after 600; a reply that doesn't come leaves the chunk in doubt."""
    attempts: Annotated[int, Interval(ge=1, le=20)] = 6
    """Tries of one request that certainly was not done (org busy or unreachable), with growing pauses, before the run stops."""
    gzip: bool = False
    """Whether bodies go out compressed: a seventh of the bytes for a tenth more CPU time, which pays on a slow line."""
    lock_fields: str | tuple[str, ...] = "auto"
    """Lookups whose targets the org locks while it creates a record: rows that lead to the same one never go in two requests at
    once. `auto`: those that the describe shows; or names of fields; `[]`: none, and rows go as they come."""
    doubts_in_row: Annotated[int, Interval(ge=1, le=1_000)] = 5
    """Chunks in doubt one after the other before the run stops, so that an org that is down doesn't put every row in doubt."""

    @property
    def most_records(self) -> int:
        """Records a request, or a job."""
        return {"single": 1, "bulk": self.job_records}.get(self.route, self.chunk_records)

    @property
    def most_bytes(self) -> int:
        """Bytes of these."""
        return JOB_BYTES if self.route == "bulk" else self.chunk_bytes

    @property
    def at_once(self) -> int:
        """Requests in flight at most; or jobs, which have no more than so many records together, or one job's."""
        return max(min(self.concurrency, IN_JOBS // self.job_records), 1) if self.route == "bulk" else self.concurrency


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRules:
    """What an import may set off in the org: the `[effects]` table. By itself as little as possible."""

    assignment: str = "off"
    """`off`: no assignment rule runs, also not for what triggers create. `active`: the org's active rules choose the owners of
    leads, cases and accounts, and mails may go out. Or the id of one rule, which needn't be active."""
    duplicate_rules: Literal["block", "allow"] = "block"
    """`block`: what one of the org's duplicate rules finds is rejected. `allow`: it is created, if the rule would only warn of
    it; what a rule blocks stays rejected."""
    recently_viewed: bool = False
    """Whether what is created shows up among the recently viewed records of the user who loads."""

    def __post_init__(self) -> None:
        if self.assignment not in {"off", "active"} and not _RULE_ID.fullmatch(self.assignment):
            raise ValueError('assignment must be "off", "active" or the id of an assignment rule (01Q...)')

    def as_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)

    @property
    def on_records(self) -> dict[str, str]:
        """Those that say which records come about, or with which owner, where they aren't as usual."""
        told = {"assignment": self.assignment, "duplicate_rules": self.duplicate_rules}
        usual = EffectRules()
        return {name: value for name, value in told.items() if value != getattr(usual, name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    """When a run stops early, or doesn't begin (exit code 4): the `[limits]` table of the configuration."""

    max_created: Annotated[int, Interval(ge=0)] = 0
    """Records that a run may create, those in further records of a row and all its starts included; 0 for any number. A run with
    more to send doesn't begin."""
    max_rejected: Annotated[int, Interval(ge=0)] = 0
    """Rows that may be unreadable or rejected before the run stops; 0 for any number."""
    same_error_rows: Annotated[int, Interval(ge=1)] = 1_000
    """Rows that the org rejects with the same error before that is looked at."""
    same_error_share: Annotated[float, Interval(gt=0, le=1)] = 0.8
    """Share of the answered rows that must have that same error for the run to stop; 1.0: all of them."""
    same_error_requests: Annotated[int, Interval(ge=1)] = 20
    """Requests that fail one after the other with the same error, naming no row, before the run stops."""
    overdraw: bool = False
    """Whether a run may begin although the org has fewer calls left today than it surely needs. It then stops where they end, and
    goes on later; otherwise nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRules:
    """How rows in doubt are looked for in the org: the `[evidence]` table of the configuration."""

    window: Annotated[float, Unit("s"), Interval(ge=0, le=86_400)] = 600.0
    """Seconds after the send during which the org may still execute a request; only then "not found" counts."""
