"""The breaker: when so much is rejected that the job is at fault, not its rows, the run stops early."""

from collections import Counter
from collections.abc import Iterable

from pipeline.model.lifecycle import RowState
from pipeline.model.record import FAMILY_CODE, FieldError, RowEnd
from pipeline.policy.rules import LimitRules

_REJECTED = frozenset({RowState.UNREADABLE, RowState.REJECTED_HERE, RowState.REJECTED_BY_ORG})

Kind = tuple[tuple[str, tuple[str, ...]], ...]
"""What makes errors the same: codes and fields. Their messages may quote values."""


class Breaker:
    """Counts what a session sees; says the reason to stop the run, once there is one."""

    def __init__(self, rules: LimitRules, rejected: int = 0) -> None:
        """Count on from what earlier sessions have rejected."""
        self._rules = rules
        self._rejected = rejected
        self._kinds: Counter[Kind] = Counter()
        self._answered = 0
        self._nameless: Kind = ()
        self._in_a_row = 0

    def created(self, records: int) -> None:
        """Count records that the org took."""
        self._answered += records
        self._in_a_row = 0

    def ended(self, rows: Iterable[RowEnd]) -> str | None:
        """Count rows that ended by themselves; return the reason to stop, if there is one."""
        example: FieldError | None = None
        kind: Kind = ()
        for row in rows:
            self._rejected += row.ending.state in _REJECTED
            if row.ending.state is RowState.REJECTED_BY_ORG and row.ending.errors[0].code != FAMILY_CODE:
                self._answered += 1
                kind, example = _kind(row.ending.errors), row.ending.errors[0]
                self._kinds[kind] += 1
        if 0 < self._rules.max_rejected < self._rejected:
            return f"{self._rejected:,} rows were rejected, and limits.max_rejected allows {self._rules.max_rejected:,}"
        same = self._kinds[kind]
        if example and same >= self._rules.same_error_rows and same >= self._rules.same_error_share * self._answered:
            return (
                f"{same:,} of {self._answered:,} rows are rejected with the same error, so the job is at fault, not its rows: "
                f"{example.code}: {example.message} (limits.same_error_rows and same_error_share set when that stops a run)"
            )
        return None

    def nameless(self, errors: tuple[FieldError, ...]) -> str | None:
        """Count a request that failed without naming a record; return the reason to stop, if there is one."""
        kind = _kind(errors)
        self._in_a_row = self._in_a_row + 1 if kind == self._nameless else 1
        self._nameless = kind
        most = self._kinds[kind] >= self._rules.same_error_share * self._answered
        if self._in_a_row < self._rules.same_error_requests or not most:
            return None
        return (
            f"{self._in_a_row} requests one after the other, large and small, fail with the same error, so the job is at fault, "
            f"not its rows: {errors[0].code}: {errors[0].message} (limits.same_error_requests sets how many)"
        )


def _kind(errors: Iterable[FieldError]) -> Kind:
    return tuple((error.code, error.fields) for error in errors)
