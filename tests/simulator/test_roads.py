"""All roads into the org judge alike: the same records fare the same by single create, trees of one, collections and bulk."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.simulator import Org, collections, external_ids, ingest, ingesting, sobjects, tree
from pipeline.simulator.jobs import Job
from pipeline.simulator.pages import Pages
from pipeline.simulator.wire import Call

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
VALUES = {
    "LastName": TEXT | st.sampled_from([" ", "x" * 81]),
    "FirstName": TEXT,
    "Email": st.sampled_from(["a@example.org", "nobody", "Ä@example.org", ""]),
    "Birthdate": st.sampled_from(["1990-01-31", "2000-02-29"]),
    "AccountId": st.sampled_from(["001SM0000000001YAA", "001SM0000000001", "001SM0000000009YAA", "003SM0000000001YAA", "x"]),
    "Import_Key__c": st.sampled_from(["a", "A", "b", "c", "x" * 81]),
    "Name": st.just("read-only"),
    "Description": TEXT,
}
RECORD = st.fixed_dictionaries({}, optional=VALUES).map(lambda record: {name: record[name] for name in VALUES if name in record})
"""Fields are always in the same order, and so are their errors: a file has one for all of its rows."""
RECORDS = st.lists(RECORD, min_size=1, max_size=8)

Verdicts = list[str]
"""What became of each record: the code of its first error, or nothing."""


def call(method: str, content: Any, **parts: str) -> Call:
    return Call(method, "", "", {"version": "v67.0", "object": "Contact", **parts}, {}, {}, orjson.dumps(content))


def org() -> Org:
    made = Org()
    sobjects.create(made, call("POST", {"Name": "Acme"}, object="Account"))
    return made


def singly(records: list[dict[str, Any]]) -> Iterator[tuple[Org, Verdicts]]:
    """Create the records one after another: by themselves, and as trees of one."""
    first, second = org(), org()
    answers = [sobjects.create(first, call("POST", record)) for record in records]
    yield first, [answer.content[0]["errorCode"] if answer.status == 400 else "" for answer in answers]
    attributes = {"type": "Contact", "referenceId": "r"}
    trees = [tree.create(second, call("POST", {"records": [{"attributes": attributes, **record}]})) for record in records]
    yield second, [told.content["results"][0].get("errors", [{"statusCode": ""}])[0]["statusCode"] for told in trees]


def together(records: list[dict[str, Any]], key: str = "") -> Iterator[tuple[Org, Verdicts]]:
    """Create, or by a key upsert, the records in one request and in one bulk job."""
    first, second = org(), org()
    content = {"records": [{"attributes": {"type": "Contact"}, **record} for record in records]}
    if key:
        told = collections.upsert(first, call("PATCH", content, field=key)).content
    else:
        told = collections.create(first, call("POST", content)).content
    yield first, [result["errors"][0]["statusCode"] if result["errors"] else "" for result in told]
    yield second, by_bulk(second, records, key)


def by_bulk(into: Org, records: list[dict[str, Any]], key: str) -> Verdicts:
    """Run a job with the records in it, each with a Title that finds it again."""
    names = ["Title", *VALUES]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n", restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({**record, "Title": str(number)} for number, record in enumerate(records))
    asked = {"object": "Contact", "operation": "upsert" if key else "insert", "externalIdFieldName": key}
    job_id = ingest.create(into, call("POST", asked)).content["id"]
    job: Job = into.jobs[job_id]
    job.upload = Pages()
    job.upload.append(text.getvalue().encode())
    for _ in ingesting.process(into, job):
        pass
    assert (job.state, job.message) == ("JobComplete", "")
    failed = csv.DictReader(io.StringIO(b"".join(job.failed.pieces()).decode(), newline=""))
    wrong = {int(row["Title"]): row["sf__Error"].partition(":")[0] for row in failed}
    return [wrong.get(number, "") for number in range(len(records))]


def fields(of: Org) -> list[dict[str, Any]]:
    """List what was kept of each contact; nothing of what only bulk was sent."""
    table = of.table("Contact")
    return [{name: value for name, value in record.values.items() if name != "Title"} for record in table.rows.values()]


@given(RECORDS)
def test_the_same_records_fare_the_same_on_every_road(records: list[dict[str, Any]]):
    (alone, said), *others = [*singly(records), *together(records)]
    for other, told in others:
        assert (fields(other), told) == (fields(alone), said)


@given(RECORDS)
def test_an_upsert_fares_the_same_on_every_road(records: list[dict[str, Any]]):
    keyed = list({f"k{number % 3}": record for number, record in enumerate(records)}.items())
    alone = org()
    said = []
    for key, record in keyed:
        rest = {name: value for name, value in record.items() if name != "Import_Key__c"}
        answer = external_ids.upsert(alone, call("PATCH", rest, field="Import_Key__c", value=key))
        said.append(answer.content[0]["errorCode"] if answer.status == 400 else "")
    whole = [{**record, "Import_Key__c": key} for key, record in keyed]
    for other, told in together(whole, "Import_Key__c"):
        assert (fields(other), told) == (fields(alone), said)
