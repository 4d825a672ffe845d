"""Records that something in the org refuses, as a plan of faults says: a validation rule, a trigger, a locked row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.simulator.errors import RecordError
from pipeline.simulator.fault_plan import Fault

KINDS = frozenset({"row_lock", "rule", "trigger"})
"""The faults that refuse records one by one, where each has a result of its own."""


@dataclass(slots=True)
class Refusal:
    """Says no to the records of one request. A trigger that fails takes all records with it, whichever it didn't like."""

    fault: Fault
    _named: list[Mapping[str, Any]] = field(default_factory=list)

    def of(self, sent: Mapping[str, Any]) -> RecordError | None:
        """Give the error of a record, as it was sent; None for one that may pass."""
        fault = self.fault
        if fault.do != "trigger":
            if fault.where is not None and not fault.where.fits(sent):
                return None
            if fault.naming == "first" and self._named:
                return None
            self._named.append(sent)
        return RecordError(fault.code, fault.message, fault.fields)
