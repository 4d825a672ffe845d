import csv
import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest

JOBS = "/jobs/query"


async def make(api, soql: str, operation: str = "query", **more: Any) -> Any:
    return await api.ask("POST", JOBS, data=orjson.dumps({"operation": operation, "query": soql, **more}))


async def test_a_job_is_told_as_recorded(api, fixture: Callable[[str], Any]):
    made = await make(api, "SELECT Id FROM Account")
    recorded = fixture("http/amp-labs/bulk/read-launch-job-account.json")
    assert (made.status, list(made.json), made.json["state"]) == (200, list(recorded), recorded["state"])
    told = (await api.ask("GET", f"{JOBS}/{made.json['id']}")).json
    assert (told["state"], told["numberRecordsProcessed"]) == ("JobComplete", 0)


async def test_rows_are_read_page_by_page(api):
    await api.tree("Contact", *({"LastName": f"n{number}", "FirstName": 'a, "b"\nc'} for number in range(5)))
    job = (await make(api, "SELECT LastName, FirstName, Email, DoNotCall FROM Contact")).json["id"]
    assert (await api.ask("GET", f"{JOBS}/{job}/results")).error[:2] == (400, "INVALIDJOBSTATE")
    await api.ask("GET", f"{JOBS}/{job}")
    rows, locator, counts = [], "0", []
    while locator != "null":
        page = await api.ask("GET", f"{JOBS}/{job}/results", params={"maxRecords": "2", "locator": locator})
        locator = page.headers["Sforce-Locator"]
        counts.append(page.headers["Sforce-NumberOfRecords"])
        rows += list(csv.DictReader(io.StringIO(page.body.decode(), newline="")))
    assert counts == ["2", "2", "1"]
    assert [row["LastName"] for row in rows] == [f"n{number}" for number in range(5)]
    assert rows[0] == {"LastName": "n0", "FirstName": 'a, "b"\nc', "Email": "", "DoNotCall": "false"}
    for wrong in ({"locator": "x"}, {"maxRecords": "0"}):
        assert (await api.ask("GET", f"{JOBS}/{job}/results", params=wrong)).error[1] == "INVALID_QUERY_LOCATOR"


async def test_query_all_reads_the_bin_too(api):
    made = (await api.create("Contact", LastName="Lee")).json["id"]
    await api.ask("DELETE", f"/sobjects/Contact/{made}")
    for operation, rows in (("query", 0), ("queryAll", 1)):
        job = (await make(api, "SELECT Id FROM Contact", operation)).json["id"]
        assert (await api.ask("GET", f"{JOBS}/{job}")).json["numberRecordsProcessed"] == rows


async def test_a_job_ends_once(api):
    job = (await make(api, "SELECT Id FROM Contact")).json["id"]
    assert (await api.ask("DELETE", f"{JOBS}/{job}")).error[:2] == (400, "INVALIDJOBSTATE")
    assert [told["id"] for told in (await api.ask("GET", JOBS)).json["records"]] == [job]
    assert (await api.ask("PATCH", f"{JOBS}/{job}", data=b'{"state":"Aborted"}')).json["state"] == "Aborted"
    again = await api.ask("PATCH", f"{JOBS}/{job}", data=b'{"state":"Aborted"}')
    assert again.error == (400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
    assert (await api.ask("PATCH", f"{JOBS}/{job}", data=b'{"state":"Open"}')).error[:2] == (400, "INVALIDJOB")
    assert (await api.ask("DELETE", f"{JOBS}/{job}")).status == 204
    assert (await api.ask("GET", f"{JOBS}/{job}")).status == 404
    assert (await api.ask("GET", f"/jobs/ingest/{job}")).status == 404


@pytest.mark.parametrize(
    ("soql", "operation", "code"),
    [
        ("SELECT COUNT() FROM Contact", "query", "INVALIDJOB"),
        ("SELECT Id FROM", "query", "MALFORMED_QUERY"),
        ("", "query", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact", "insert", "INVALIDJOB"),
    ],
)
async def test_a_query_that_can_not_be_a_job_is_refused(api, soql: str, operation: str, code: str):
    assert (await make(api, soql, operation)).error[:2] == (400, code)
