"""summary.json: what a run did, in numbers that programs can rely on. New keys may come; those that are there stay."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipeline.journal.reading import Record
from pipeline.model.lifecycle import RowState
from pipeline.model.run import Session
from pipeline.model.summary import Totals, imbalances
from pipeline.salesforce.ids import count_distinct

SCHEMA = 1


def summarize(record: Record, by_file: Mapping[int, Totals] | None = None) -> dict[str, Any]:
    """Sum a run up. `totals` has every term of the equation; `files` has the same for each file.

    `objects` has the records of each object by their final state. The totals by file are counted, unless they are given.
    """
    run, sessions = record.run(), record.sessions()
    by_file = by_file or record.totals(count_distinct)
    totals = sum(by_file.values(), Totals())
    calls, complete, objects = record.calls(), record.complete(), record.by_object()
    return {
        "schema": SCHEMA,
        "run": run.id,
        "job": run.job,
        "object": run.object,
        "org": {"url": run.org, "api_version": run.api_version},
        "started": run.started_at,
        "ended": run.ended_at,
        "exit_code": run.exit_code,
        "reason": run.reason,
        "balanced": not imbalances(totals),
        "imbalances": imbalances(totals),
        "totals": totals.as_dict(),
        "objects": {
            name: {state.value: states[state] for state in RowState if states[state]} for name, states in objects.items()
        },
        "files": [
            {
                "number": file.number,
                "path": file.path,
                "format": file.format,
                "object": file.object or run.object,
                "joined": file.joined,
                "size": file.size,
                "sha256": file.sha256,
                "columns": file.columns,
                "read_to_end": complete[file.number],
                "totals": by_file[file.number].as_dict(),
            }
            for file in record.files()
        ],
        "errors": [asdict(group) for group in record.error_groups()],
        "in_doubt": [asdict(doubt) for doubt in record.doubts()],
        "resolved": [asdict(resolution) for resolution in record.resolutions()],
        "calls": {"total": sum(calls.values()), **calls},
        "allowance": _allowance(sessions),
        "effects": sessions[-1].effects,
        "digests": {"key": run.key, "config": sessions[-1].config},
        "version": sessions[-1].version,
        "sessions": [asdict(session) for session in sessions],
    }


def _allowance(sessions: list[Session]) -> dict[str, int | None]:
    """Say how many calls of the org's day were used before and after, as the org said, and how many it has."""
    return {
        "used_before": sessions[0].used_before,
        "used_after": sessions[-1].used_after,
        "max": sessions[-1].allowance,
    }
