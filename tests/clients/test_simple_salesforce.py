"""simple-salesforce on the embedded org, by TLS: it knows no other way."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from tests.cli.conftest import Desk, Served, serving
from tests.clients.conftest import ROWS, Held, held
from tests.transport.authority import Authority


@pytest.fixture
def served(desk: Desk, authority: Authority) -> Iterator[Served]:
    certificate, key = authority.issue("127.0.0.1")
    with serving(desk, "--tls", str(certificate), str(key)) as served:
        yield served


@pytest.fixture
def authority(desk: Desk) -> Authority:
    return Authority(desk.folder)


@pytest.fixture
def client(served: Served, authority: Authority, monkeypatch) -> Iterator[Salesforce]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca_file))
    with requests.Session() as session:
        yield Salesforce(instance_url=served.url, session_id=served.token, session=session, version="61.0")


def test_its_trees_and_ours_make_the_same_records(client: Any, served: Served, ours: Held):
    for start in range(0, len(ROWS), 200):
        records = [
            {"attributes": {"type": "Account", "referenceId": f"r{start + number}"}, **row}
            for number, row in enumerate(ROWS[start : start + 200])
        ]
        answer = client.restful("composite/tree/Account", method="POST", json={"records": records})
        assert (answer["hasErrors"], len(answer["results"])) == (False, len(records))
    assert held(served.ledger) == ours


def test_its_bulk_jobs_and_our_trees_make_the_same_records(client: Any, served: Served, ours: Held):
    done = client.bulk2.Account.insert(records=ROWS, batch_size=200, wait=0.1)
    assert [job["numberRecordsProcessed"] for job in done] == [200, 200, 50]
    assert held(served.ledger) == ours
    results = client.bulk2.Account.get_successful_records(done[0]["job_id"])
    assert results.count("\n") > 200


def test_its_bulk_upserts_make_the_same_records_however_often(client: Any, served: Served, ours: Held):
    first = [{**row, "Name": "not yet"} for row in ROWS[:100]]
    client.bulk2.Account.upsert(records=first, external_id_field="Import_Key__c", wait=0.1)
    for _ in range(2):
        (done,) = client.bulk2.Account.upsert(records=ROWS, external_id_field="Import_Key__c", wait=0.1)
        assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (len(ROWS), 0)
    assert held(served.ledger) == ours


def test_single_records_go_their_whole_way(client: Any):
    made = client.Contact.create({"LastName": "Lee", "Import_Key__c": "a/b"})
    assert made["success"]
    assert client.Contact.get_by_custom_id("Import_Key__c", "a/b")["Id"] == made["id"]
    assert client.Contact.update(made["id"], {"LastName": "Kim"}) == 204
    assert client.Contact.upsert("Import_Key__c/c", {"LastName": "Roe"}) == 201
    assert client.Contact.upsert("Import_Key__c/c", {"LastName": "Orr"}) == 200
    found = client.query_all("SELECT LastName FROM Contact ORDER BY LastName")
    assert [row["LastName"] for row in found["records"]] == ["Kim", "Orr"]
    assert client.Contact.delete(made["id"]) == 204
    assert client.query("SELECT COUNT() FROM Contact")["totalSize"] == 1
    assert client.query_all("SELECT Id FROM Contact", include_deleted=True)["totalSize"] == 2
    with pytest.raises(SalesforceResourceNotFound, match="entity is deleted"):
        client.Contact.get(made["id"])
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        client.Contact.create({"FirstName": "Ann"})


def test_what_describes_the_org_is_read(client: Any):
    described = client.describe()
    assert described is not None
    assert "Contact" in {listed["name"] for listed in described["sobjects"]}
    assert client.Contact.metadata()["objectDescribe"]["keyPrefix"] == "003"
    assert "LastName" in {field["name"] for field in client.Contact.describe()["fields"]}
    assert client.limits()["DailyApiRequests"]["Max"] == 15000


def test_its_bulk_queries_read_page_by_page(client: Any):
    client.bulk2.Account.insert(records=ROWS, wait=0.1)
    pages = list(client.bulk2.Account.query("SELECT Id, Description FROM Account", max_records=200, wait=0.1))
    assert len(pages) == 3
    assert sum(page.count("second, line") for page in pages) == len(ROWS)


def test_its_bulk_jobs_say_which_rows_failed_and_delete_what_they_are_told(client: Any):
    (done,) = client.bulk2.Contact.insert(records=[{"LastName": "Lee"}, {"LastName": "Kim", "Email": "nobody"}], wait=0.1)
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (2, 1)
    failed = client.bulk2.Contact.get_failed_records(done["job_id"])
    assert "INVALID_EMAIL_ADDRESS" in failed
    found = client.query("SELECT Id FROM Contact")["records"]
    client.bulk2.Contact.delete(records=[{"Id": found[0]["Id"]}], wait=0.1)
    assert client.query("SELECT COUNT() FROM Contact")["totalSize"] == 0
