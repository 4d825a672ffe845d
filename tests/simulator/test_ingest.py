import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import pytest

from pipeline.simulator import Org, parse_plan
from pipeline.simulator.effects import RULES

JOBS = "/jobs/ingest"


async def make(api, operation: str = "insert", name: str = "Contact", **more: Any) -> Any:
    return await api.ask("POST", JOBS, data=orjson.dumps({"object": name, "operation": operation, **more}))


async def load(api, text: str | bytes, operation: str = "insert", name: str = "Contact", **more: Any) -> dict[str, Any]:
    """Run a job to its end."""
    job = (await make(api, operation, name, **more)).json["id"]
    await put(api, job, text)
    await change(api, job, "UploadComplete")
    return await ended(api, job)


async def put(api, job: str, text: str | bytes, **headers: str) -> Any:
    body = text.encode() if isinstance(text, str) else text
    return await api.ask("PUT", f"{JOBS}/{job}/batches/", data=body, headers={"Content-Type": "text/csv", **headers})


async def change(api, job: str, state: str) -> Any:
    return await api.ask("PATCH", f"{JOBS}/{job}", data=orjson.dumps({"state": state}))


async def ended(api, job: str) -> dict[str, Any]:
    while (told := (await api.ask("GET", f"{JOBS}/{job}/")).json)["state"] in {"UploadComplete", "InProgress"}:
        pass
    return told


async def results(api, job: Mapping[str, Any], kind: str, **more: Any) -> list[dict[str, str]]:
    reply = await api.ask("GET", f"{JOBS}/{job['id']}/{kind}/")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(reply.body.decode(), newline=""), **more))


def table(*rows: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


async def test_a_job_is_told_as_recorded_in_each_of_its_states(api, org: Org, fixture: Callable[[str], Any]):
    await api.create("Account", Name="x", Import_Key__c="x")
    opened = (await make(api, "upsert", "account", externalIdFieldName="import_key__c")).json
    recorded = fixture("http/amp-labs/bulk/write/launch-job-opportunity.json")
    assert list(opened) == list(recorded)
    assert opened["contentUrl"] == f"services/data/v67.0/jobs/ingest/{opened['id']}/batches"
    assert {**opened, "id": "", "contentUrl": ""} == {
        "id": "",
        "operation": "upsert",
        "object": "Account",
        "createdById": org.records("User")[0]["Id"],
        "createdDate": "2026-03-04T05:06:07.000+0000",
        "systemModstamp": "2026-03-04T05:06:07.000+0000",
        "state": "Open",
        "externalIdFieldName": "Import_Key__c",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 67.0,
        "contentUrl": "",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    put_ = await put(api, opened["id"], "Import_Key__c,Name\nx,y\ny,\n")
    assert (put_.status, put_.body) == (201, b"")
    closed = await change(api, opened["id"], "UploadComplete")
    assert list(closed.json) == list(fixture("http/amp-labs/bulk/write/update-job-opportunity.json"))
    done = await ended(api, opened["id"])
    assert list(done) == list(fixture("http/amp-labs/bulk/info/partial-failure.json"))
    assert (done["state"], done["numberRecordsProcessed"], done["numberRecordsFailed"]) == ("JobComplete", 2, 1)


async def test_every_row_has_one_result_and_what_is_right_is_in_the_org(api, org: Org):
    job = await load(api, table(("LastName", "Email"), ("Lee", "lee@example.org"), ("Kim", "nobody"), ("", "x@example.org")))
    (right,) = await results(api, job, "successfulResults")
    assert right == {
        "sf__Id": org.records("Contact")[0]["Id"],
        "sf__Created": "true",
        "LastName": "Lee",
        "Email": "lee@example.org",
    }
    wrong = {row["Email"]: row for row in await results(api, job, "failedResults")}
    assert wrong["nobody"]["sf__Error"] == "INVALID_EMAIL_ADDRESS:Email: invalid email address: nobody:Email --"
    missing = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert (wrong["x@example.org"]["sf__Error"], wrong["x@example.org"]["sf__Id"]) == (missing, "")
    assert await results(api, job, "unprocessedrecords") == []
    assert org.count("Contact") == 1


async def test_a_cell_of_the_wrong_type_is_said_as_recorded(api):
    recorded = (
        "INVALID_FIELD:Failed to deserialize field at col 3. Due to, '2003-04-987654321987654321' is not a valid value "
        "for the type xsd:date:CloseDate --"
    )
    header = ("Name", "StageName", "Import_Key__c", "CloseDate")
    job = await load(api, table(header, ("Noemi Miller", "GENERATED", "e-3", "2003-04-987654321987654321")), name="Opportunity")
    assert [row["sf__Error"] for row in await results(api, job, "failedResults")] == [recorded]


async def test_results_are_in_no_order(api):
    names = [f"n{number}" for number in range(300)]
    job = await load(api, table(("LastName",), *((name,) for name in names)))
    rows = [row["LastName"] for row in await results(api, job, "successfulResults")]
    assert rows != names
    assert sorted(rows) == sorted(names)


async def test_cells_mean_what_the_vendor_says(api, org: Org):
    made = (await api.create("Contact", LastName="Lee", FirstName="Ann", Email="a@example.org", DoNotCall=True)).json["id"]
    header = ("Id", "LastName", "FirstName", "Email", "DoNotCall", "Birthdate")
    job = await load(api, table(header, (made, "Kim", "#N/A", "", "0", "1990-01-31")), "update")
    assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 0)
    (record,) = org.records("Contact")
    kept = [record[name] for name in header[1:]]
    assert kept == ["Kim", None, "a@example.org", False, "1990-01-31"]
    assert [row["sf__Created"] for row in await results(api, job, "successfulResults")] == ["false"]


async def test_assignment_rules_are_used_where_the_job_names_one(api, org: Org):
    text = table(("LastName", "Company"), ("Lee", "C"))
    await load(api, text, name="Lead")
    await load(api, text, name="Lead", assignmentRuleId=RULES[0].id)
    assert [record["OwnerId"] for record in org.records("Lead")] == [org.records("User")[0]["Id"], RULES[0].owner]


async def test_parents_are_found_by_their_keys(api, org: Org):
    account = (await api.create("Account", Name="Acme", Import_Key__c="a")).json["id"]
    lead = (await api.create("Lead", LastName="Roe", Company="C", Import_Key__c="l")).json["id"]
    job = await load(api, table(("LastName", "Account.Import_Key__c"), ("Lee", "A"), ("Kim", "b"), ("Orr", "")))
    assert {row["LastName"] for row in await results(api, job, "successfulResults")} == {"Lee", "Orr"}
    (wrong,) = await results(api, job, "failedResults")
    assert wrong["sf__Error"] == "INVALID_FIELD:Foreign key external ID: b not found for field Import_Key__c in entity Account:--"
    assert [record["AccountId"] for record in org.records("Contact")] == [account, None]
    await load(api, table(("Subject", "Lead:Who.Import_Key__c"), ("Call", "l")), name="Task")
    assert org.records("Task")[0]["WhoId"] == lead


@pytest.mark.parametrize(
    ("ending", "delimiter", "text"),
    [
        ("LF", "TAB", 'LastName\tDescription\nLee\t"a, ""b""\n c"\n'),
        ("CRLF", "PIPE", 'LastName|Description\r\nLee|"a, ""b""\n c"\r\n'),
        ("LF", "SEMICOLON", '\ufeffLastName;Description\nLee;"a, ""b""\n c"'),
        ("CRLF", "CARET", 'LastName^Description\r\n\r\nLee^"a, ""b""\n c"'),
        ("LF", "BACKQUOTE", 'LastName`Description\nLee`"a, ""b""\n c"\n\n'),
    ],
)
async def test_files_are_read_as_the_job_says_they_are_written(api, org: Org, ending: str, delimiter: str, text: str):
    job = await load(api, text, lineEnding=ending, columnDelimiter=delimiter)
    assert (job["state"], job.get("errorMessage")) == ("JobComplete", None)
    assert org.records("Contact")[0]["Description"] == 'a, "b"\n c'
    sign = {"TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}[delimiter]
    (row,) = await results(api, job, "successfulResults", delimiter=sign)
    assert row["Description"] == 'a, "b"\n c'


@pytest.mark.parametrize(
    ("text", "operation", "message"),
    [
        ("LastName,Nope\nLee,1\n", "insert", "InvalidBatch : Field name not found : Nope"),
        ("LastName,Nope.Import_Key__c\nLee,1\n", "insert", "InvalidBatch : Field name not found : Nope.Import_Key__c"),
        ("LastName\nLee\n", "update", "InvalidBatch : Field name not found : Id"),
        ("LastName\nLee\n", "delete", "InvalidBatch : Field name not found : Id"),
        ("LastName,lastname\nLee,Kim\n", "insert", "InvalidBatch : Field name duplicated : LastName"),
        ("", "insert", "InvalidBatch : The file has no header"),
        (
            "LastName\r\nLee\r\n",
            "insert",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        ("LastName\nLee\nKim,1\n", "insert", "InvalidBatch : Row 2 has 2 cells, the header 1"),
        (b"LastName\nM\xfcller\n", "insert", "ClientInputError : The CSV is not UTF-8"),
        ('LastName\n"Lee"x\n', "insert", "ClientInputError : Failed to parse CSV: ',' expected after '\"'"),
    ],
)
async def test_a_file_that_can_not_be_read_fails_the_job(api, org: Org, text: str | bytes, operation: str, message: str):
    job = await load(api, text, operation)
    assert (job["state"], job["errorMessage"], job["numberRecordsProcessed"]) == ("Failed", message, 0)
    assert org.count("Contact") == 0


async def test_what_is_told_of_a_failure_is_as_recorded(api, fixture: Callable[[str], Any]):
    job = await load(api, "Import_Key__c,Nope\nx,1\n", "upsert", externalIdFieldName="Import_Key__c")
    assert list(job) == list(fixture("http/amp-labs/bulk/info/complete-failure.json"))


async def test_a_file_that_breaks_off_keeps_what_was_written_and_gives_back_the_rest(api, org: Org):
    names = [f"n{number}" for number in range(400)]
    job = await load(api, table(("LastName",), *((name,) for name in names), ("x", "y")))
    assert (job["state"], job["numberRecordsProcessed"], org.count("Contact")) == ("Failed", 400, 400)
    rest = await results(api, job, "unprocessedrecords")
    assert [row["LastName"] for row in rest] == ["x"]


async def test_an_upsert_finds_by_its_key_and_the_last_value_of_a_large_file_wins(api, org: Org):
    rows = [(f"k{number % 250}", f"n{number}") for number in range(500)]
    job = await load(api, table(("Import_Key__c", "LastName"), *rows), "upsert", externalIdFieldName="Import_Key__c")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (500, 0)
    assert {record["Import_Key__c"]: record["LastName"] for record in org.records("Contact")} == dict(rows)
    told = [row["sf__Created"] for row in await results(api, job, "successfulResults")]
    assert (told.count("true"), told.count("false")) == (250, 250)
    twice = await load(api, "Import_Key__c,LastName\nz,a\nZ,b\n", "upsert", externalIdFieldName="Import_Key__c")
    assert twice["numberRecordsFailed"] == 2


async def test_an_upsert_by_id_creates_where_none_is_given(api, org: Org):
    made = (await api.create("Contact", LastName="Lee")).json["id"]
    rows = [(made, "Kim"), ("", "Roe"), ("003SM0000000009YAA", "x"), ("nonsense", "x")]
    job = await load(api, table(("Id", "LastName"), *rows), "upsert", externalIdFieldName="Id")
    assert sorted(record["LastName"] for record in org.records("Contact")) == ["Kim", "Roe"]
    assert job["numberRecordsFailed"] == 2


@pytest.mark.parametrize("operation", ["insert", "upsert"])
async def test_a_column_of_ids_may_be_there_if_it_is_empty(api, org: Org, operation: str):
    rows = [("", "Lee", "a"), ("003SM0000000001YAA", "Kim", "b")]
    more = {"externalIdFieldName": "Import_Key__c"} if operation == "upsert" else {}
    job = await load(api, table(("Id", "LastName", "Import_Key__c"), *rows), operation, **more)
    assert [record["LastName"] for record in org.records("Contact")] == ["Lee"]
    (wrong,) = await results(api, job, "failedResults")
    assert wrong["sf__Error"] == f"INVALID_FIELD_FOR_INSERT_UPDATE:cannot specify Id in an {operation} call:Id --"


async def test_rows_are_deleted_to_the_bin_or_for_good(api, org: Org):
    made = [(await api.create("Contact", LastName=name)).json["id"] for name in "ab"]
    job = await load(api, table(("Id",), (made[0],), ("",), ("003SM0000000009YAA",)), "delete")
    assert [row["sf__Id"] for row in await results(api, job, "successfulResults")] == [made[0]]
    assert job["numberRecordsFailed"] == 2
    await load(api, table(("Id",), (made[1],)), "hardDelete")
    everything = await api.ask("GET", "/queryAll", params={"q": "SELECT Id FROM Contact"})
    assert [row["Id"] for row in everything.json["records"]] == [made[0]]
    assert org.count("Contact") == 0


async def test_a_job_that_is_aborted_gives_back_what_it_did_not_get_to(make_api):
    org = Org(faults=parse_plan('[[fault]]\ndo = "slow"\nseconds = 0.01\non = "ingest_change"'))
    names = [f"n{number}" for number in range(50_000)]
    async with make_api(org) as api:
        job = (await make(api)).json["id"]
        await put(api, job, table(("LastName",), *((name,) for name in names)))
        assert (await api.ask("DELETE", f"{JOBS}/{job}")).error[:2] == (400, "INVALIDJOBSTATE")
        await change(api, job, "UploadComplete")
        while (await api.ask("GET", f"{JOBS}/{job}")).json["numberRecordsProcessed"] == 0:
            pass
        aborted = await change(api, job, "Aborted")
        assert aborted.json["state"] == "Aborted"
        told = await ended(api, job)
        done = {row["LastName"] for row in await results(api, told, "successfulResults")}
        rest = [row["LastName"] for row in await results(api, told, "unprocessedrecords")]
        assert 0 < len(done) == told["numberRecordsProcessed"] == org.count("Contact") < len(names)
        assert sorted([*done, *rest]) == sorted(names)
        assert (await change(api, job, "Aborted")).error[2] == "Aborting already Completed Job not allowed"


async def test_each_step_is_possible_in_its_state_only(api):
    job = (await make(api)).json["id"]
    await put(api, job, "LastName\nLee\n")
    twice = await put(api, job, "LastName\nLee\n")
    assert twice.error[:2] == (400, "INVALIDJOBSTATE")
    assert "Found multiple contents for job" in twice.error[2]
    await change(api, job, "UploadComplete")
    await ended(api, job)
    assert (await change(api, job, "UploadComplete")).error == (
        400,
        "INVALIDJOBSTATE",
        "Closing already Completed Job not allowed",
    )
    assert (await put(api, job, "LastName\nLee\n")).error[:2] == (400, "INVALIDJOBSTATE")
    assert (await change(api, job, "InProgress")).error[:2] == (400, "INVALIDJOB")
    listed = (await api.ask("GET", JOBS)).json
    assert [told["id"] for told in listed["records"]] == [job]
    assert (await api.ask("DELETE", f"{JOBS}/{job}")).status == 204
    for path in ("", "/successfulResults", "/failedResults", "/unprocessedrecords"):
        assert (await api.ask("GET", f"{JOBS}/{job}{path}")).status == 404


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"operation": "merge"}, "INVALIDJOB"),
        ({"object": "Nope"}, "INVALIDENTITY"),
        ({"object": None}, "INVALIDENTITY"),
        ({"object": "User"}, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        ({"operation": "upsert"}, "INVALIDJOB"),
        ({"operation": "upsert", "externalIdFieldName": "LastName"}, "INVALIDJOB"),
        ({"contentType": "XML"}, "INVALIDJOB"),
        ({"lineEnding": "CR"}, "INVALIDJOB"),
        ({"columnDelimiter": ","}, "INVALIDJOB"),
        ({"assignmentRuleId": "01QSM0000000009"}, "INVALID_INPUT"),
        ({"assignmentRuleId": 5}, "INVALID_INPUT"),
    ],
)
async def test_a_job_that_can_not_be_is_refused(api, asked: dict[str, Any], code: str):
    job = {"object": "Contact", "operation": "insert", **asked}
    assert (await api.ask("POST", JOBS, data=orjson.dumps(job))).error[:2] == (400, code)


async def test_a_small_job_may_come_with_its_rows(api, org: Org):
    import aiohttp  # noqa: PLC0415 - only here

    form = aiohttp.FormData()
    form.add_field("job", '{"object":"Contact","operation":"insert","lineEnding":"LF"}', content_type="application/json")
    form.add_field("content", "LastName\nLee\n", filename="content", content_type="text/csv")
    reply = await api.ask("POST", JOBS, data=form)
    assert (reply.status, reply.json["state"]) == (200, "UploadComplete")
    assert (await ended(api, reply.json["id"]))["numberRecordsProcessed"] == 1
    large = aiohttp.FormData()
    large.add_field("job", '{"object":"Contact","operation":"insert"}', content_type="application/json")
    large.add_field("content", "LastName\n" + "x" * 100_000, filename="content", content_type="text/csv")
    assert (await api.ask("POST", JOBS, data=large)).error[:2] == (400, "EXCEEDED_MAX_SIZE_REQUEST")
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await api.ask("POST", JOBS, data=b"x", headers=headers)).error[:2] == (400, "INVALID_MULTIPART_REQUEST")
    assert org.count("Contact") == 1


async def test_uploads_may_be_packed_but_not_broken_or_of_another_type(api, org: Org):
    packed = gzip.compress(b"LastName\nLee\n")
    job = (await make(api)).json["id"]
    assert (await put(api, job, packed[:-9], **{"Content-Encoding": "gzip"})).error[:2] == (400, "CLIENT_INPUT_ERROR")
    assert (await put(api, job, b"{}", **{"Content-Type": "application/json"})).error[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (await put(api, job, packed, **{"Content-Encoding": "gzip", "Content-Type": "text/csv; charset=UTF-8"})).status == 201
    await change(api, job, "UploadComplete")
    assert (await ended(api, job))["numberRecordsProcessed"] == org.count("Contact") == 1


async def test_more_than_an_upload_may_have_is_refused_before_it_is_unpacked(api, org: Org):
    job = (await make(api)).json["id"]
    packed = gzip.compress(b"LastName\n" + b"x\n" * 50_000_000)
    assert (await put(api, job, packed, **{"Content-Encoding": "gzip"})).error[:2] == (413, "REQUEST_ENTITY_TOO_LARGE")
    assert (await put(api, job, "LastName\nLee\n")).status == 201


@pytest.mark.parametrize(
    ("fault", "code", "wrong"),
    [
        ('do = "row_lock"\nwhere = { field = "LastName", contains = "1" }', "UNABLE_TO_LOCK_ROW", 2),
        ('do = "rule"\nwhere = { field = "LastName", equals = "n250" }', "FIELD_CUSTOM_VALIDATION_EXCEPTION", 1),
        ('do = "trigger"\nnth = 2', "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 200),
    ],
)
async def test_a_plan_refuses_rows_chunk_by_chunk(make_api, fault: str, code: str, wrong: int):
    org = Org(faults=parse_plan(f'[[fault]]\non = "bulk_chunk"\n{fault}'))
    async with make_api(org) as api:
        job = await load(api, table(("LastName",), *((f"n{number}",) for number in range(400))))
        errors = [row["sf__Error"].partition(":")[0] for row in await results(api, job, "failedResults")]
        assert errors == [code] * wrong
        assert org.count("Contact") == 400 - wrong


async def test_a_lost_reply_to_a_closed_job_leaves_it_closed(make_api):
    org = Org(faults=parse_plan('[[fault]]\ndo = "empty"\nwhen = "after_commit"\non = "ingest_change"'))
    async with make_api(org) as api:
        job = (await make(api)).json["id"]
        await put(api, job, "LastName\nLee\n")
        assert (await change(api, job, "UploadComplete")).body == b""
        assert (await ended(api, job))["state"] == "JobComplete"
        assert org.count("Contact") == 1
