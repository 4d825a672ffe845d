"""Bulk jobs as the org keeps them: what was asked, how far they are, and the files that belong to them.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_job_states.htm
"""

from dataclasses import dataclass, field
from typing import Any

from pipeline.simulator.objects import Field
from pipeline.simulator.org import USER_ID
from pipeline.simulator.pages import Pages
from pipeline.simulator.store import Table

OPEN, UPLOADED, RUNNING = "Open", "UploadComplete", "InProgress"
COMPLETE, FAILED, ABORTED = "JobComplete", "Failed", "Aborted"
ENDED = frozenset({COMPLETE, FAILED, ABORTED})
DELETING = frozenset({"delete", "hardDelete"})
DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(slots=True, kw_only=True)
class Job:
    """An ingest job. Its results are written as its rows are: `succeeded` and `failed` are the files that clients read."""

    id: str
    operation: str
    table: Table
    key: Field | None
    """The field by which an upsert finds records."""
    line_ending: str
    delimiter: str
    version: str
    created: str
    """Moments are as the org answers them: `2013-05-20T20:49:32.000+0000`."""
    modified: str
    rule: str = ""
    """Id of the assignment rule that is used."""
    state: str = OPEN
    upload: Pages | None = None
    succeeded: Pages = field(default_factory=Pages)
    failed: Pages = field(default_factory=Pages)
    processed: int = 0
    """Rows that have their result, the wrong ones too."""
    wrong: int = 0
    milliseconds: int = 0
    message: str = ""

    def close(self) -> None:
        """Forget the files."""
        for pages in (self.upload, self.succeeded, self.failed):
            if pages is not None:
                pages.close()

    def told(self) -> dict[str, Any]:
        """Say what every answer says of the job."""
        said: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.table.sobject.name,
            "createdById": USER_ID,
            "createdDate": self.created,
            "systemModstamp": self.modified,
            "state": self.state,
        }
        if self.key is not None:
            said["externalIdFieldName"] = self.key.name
        if self.rule:
            said["assignmentRuleId"] = self.rule
        return {**said, "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(self.version)}

    def told_open(self) -> dict[str, Any]:
        """Say where its rows are to be put, and how they are to be written."""
        return {**self.told(), **self._address(), **self._written()}

    def told_whole(self) -> dict[str, Any]:
        """Say how far it is."""
        counted = {"numberRecordsProcessed": self.processed, "numberRecordsFailed": self.wrong, "retries": 0}
        times = {"totalProcessingTime": self.milliseconds, "apiActiveProcessingTime": self.milliseconds, "apexProcessingTime": 0}
        why = {"errorMessage": self.message} if self.message else {}
        return {**self.told(), **self._address(), "jobType": "V2Ingest", **self._written(), **counted, **times, **why}

    def _address(self) -> dict[str, str]:
        if self.state != OPEN:
            return {}
        return {"contentUrl": f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"}

    def _written(self) -> dict[str, str]:
        return {"lineEnding": self.line_ending, "columnDelimiter": self.delimiter}
