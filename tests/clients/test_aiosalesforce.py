"""aiosalesforce on the embedded org. It only takes addresses of Salesforce, so its requests are turned round on their way."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiosalesforce import ClientCredentialsFlow, Salesforce

from tests.cli.conftest import Served
from tests.clients.conftest import ROWS, Held, held


class Turned(httpx.AsyncHTTPTransport):
    """Sends to the embedded org what was meant for another."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return await super().handle_async_request(request)


@pytest.fixture
async def client(served: Served) -> AsyncIterator[Salesforce]:
    async with httpx.AsyncClient(transport=Turned(served.url)) as http:
        auth = ClientCredentialsFlow(served.client_id, served.client_secret)
        yield Salesforce(http, base_url="https://embedded.my.salesforce.com", auth=auth)


async def run_job(client: Salesforce, operation: Any, name: str, rows: list[dict[str, Any]], **more: Any) -> list[Any]:
    ingest = client.bulk_v2.ingest
    return [job async for job in ingest.perform_operation(operation, name, rows, polling_interval=0.05, **more)]


async def test_its_bulk_jobs_and_our_trees_make_the_same_records(client: Salesforce, served: Served, ours: Held):
    done = await run_job(client, "insert", "Account", ROWS, max_records=200)
    assert sum(len(job.successful_results) for job in done) == len(ROWS)
    assert not any(job.failed_results or job.unprocessed_records for job in done)
    assert held(served.ledger) == ours


async def test_every_row_is_in_one_of_its_results(client: Salesforce):
    rows = [{"LastName": f"n{number}", "Email": "nobody" if number % 3 == 0 else None} for number in range(250)]
    (job,) = await run_job(client, "insert", "Contact", rows)
    right, wrong = ({row["LastName"] for row in results} for results in (job.successful_results, job.failed_results))
    assert wrong == {f"n{number}" for number in range(0, 250, 3)}
    assert right | wrong == {row["LastName"] for row in rows}
    assert not right & wrong


async def test_single_records_go_their_whole_way(client: Salesforce):
    made = await client.sobject.create("Contact", {"LastName": "Lee"})
    await client.sobject.update("Contact", made, {"LastName": "Kim"})
    assert (await client.sobject.get("Contact", made, fields=["LastName"]))["LastName"] == "Kim"
    first = await client.sobject.upsert("Contact", "k1", "Import_Key__c", {"LastName": "Roe"})
    again = await client.sobject.upsert("Contact", "k1", "Import_Key__c", {"LastName": "Orr"})
    assert (first.created, again.created, first.id == again.id) == (True, False, True)
    await client.sobject.delete("Contact", made)
    assert [row["LastName"] async for row in client.query("SELECT LastName FROM Contact")] == ["Orr"]
    assert len([row async for row in client.query("SELECT Id FROM Contact", include_all_records=True)]) == 2


@pytest.mark.parametrize("together", [True, False])
async def test_its_composite_requests_refer_to_each_other(client: Salesforce, served: Served, together: Any):
    async with client.composite(all_or_none=together) as composite:
        account = composite.sobject.create("Account", {"Name": "Acme"})
        contact = composite.sobject.create("Contact", {"LastName": "Lee", "AccountId": str(account.reference.id)})
        found = composite.query("SELECT Id FROM Contact WHERE LastName = 'Lee'")
    assert found.records[0]["Id"] == contact.id
    assert held(served.ledger)[1] == ("Contact", [("AccountId", "Acme"), ("LastName", "Lee")])


async def test_its_batches_are_answered_each_for_itself(client: Salesforce):
    async with client.composite.batch() as batch:
        made = batch.sobject.create("Contact", {"LastName": "Lee"})
        bad = batch.sobject.create("Contact", {})
        found = batch.query("SELECT LastName FROM Contact")
    assert (made.is_success, bad.is_success, found.records[0]["LastName"]) == (True, False, "Lee")
