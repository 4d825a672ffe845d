import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.simulator import Org, query, sobjects, tree
from pipeline.simulator.errors import ApiError
from pipeline.simulator.wire import Answer, Call


def call(object_name: str, content: Any) -> Call:
    parts = {"version": "v67.0", "object": object_name}
    headers = {"Sforce-Auto-Assign": "FALSE"}
    return Call("POST", f"/services/data/v67.0/x/{object_name}", "http://org", parts, {}, headers, orjson.dumps(content))


def post_tree(org: Org, object_name: str, *records: dict[str, Any]) -> Answer:
    named = [{"attributes": {"type": object_name, "referenceId": f"r{n}"}, **record} for n, record in enumerate(records)]
    org.allowance.take(org.now())
    return tree.create(org, call(object_name, {"records": named}))


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size: a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_token_has_the_shape_that_clients_insist_on():
    org = Org()
    assert re.fullmatch(r"(00D\w{12,15})![.\w]*", org.token)
    assert org.token != Org().token
    assert org.lets_in(org.token)


def test_expired_tokens_are_let_in_no_more_but_a_new_login_is():
    org = Org()
    first, second = org.token, org.login()
    assert org.lets_in(first)
    org.expire_tokens()
    assert not org.lets_in(first)
    assert not org.lets_in(second)
    assert org.lets_in(org.login())
    assert org.lets_in(org.token)


def test_records_are_shown_with_what_the_org_adds():
    org = Org(clock=lambda: datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC))
    assert post_tree(org, "Lead", {"lastname": "Lee", "FirstName": "Ann", "Company": "Acme", "City": "Oslo"}).status == 201
    (lead,) = org.records("lead")
    (user,) = org.records("User")
    assert org.count("Lead") == 1
    assert lead["Id"] == "00QSM00000000012AA"
    assert (lead["LastName"], lead["Name"], lead["Status"]) == ("Lee", "Ann Lee", "Open - Not Contacted")
    assert lead["CreatedDate"] == lead["LastModifiedDate"] == lead["SystemModstamp"] == "2026-03-04T05:06:07.000+0000"
    assert lead["OwnerId"] == lead["CreatedById"] == lead["LastModifiedById"] == user["Id"]
    assert (lead["IsDeleted"], lead["IsConverted"], lead["Phone"]) == (False, False, None)
    assert lead["Address"]["city"] == "Oslo"
    assert lead["Address"]["street"] is None


def test_an_unknown_object_is_not_found():
    with pytest.raises(ApiError, match="NOT_FOUND"):
        Org().count("Nope")


names = st.text("abcÄ'\\ ", min_size=1, max_size=5).filter(lambda name: bool(name.strip()))
contacts = st.fixed_dictionaries(
    {"LastName": names}, optional={"Import_Key__c": st.sampled_from(["a", "A", "b", "c"]), "Email": st.just("a@b.co")}
)


@settings(max_examples=30)
@given(st.lists(st.lists(contacts, min_size=1, max_size=4), max_size=5))
def test_an_org_that_is_started_again_is_the_same(tmp_path_factory: pytest.TempPathFactory, batches: list[list[dict[str, Any]]]):
    path = tmp_path_factory.mktemp("org") / "ledger.jsonl"
    first = Org(ledger=path)
    created = sum(len(batch) for batch in batches if post_tree(first, "Contact", *batch).status == 201)
    first.close()
    second = Org(ledger=path)
    assert second.records("Contact") == first.records("Contact")
    assert second.count("Contact") == created
    assert second.mint(second.table("Contact").sobject) not in second.table("Contact").rows
    for record in second.records("Contact"):
        if record["Import_Key__c"] is not None:
            assert post_tree(second, "Contact", {"LastName": "x", "Import_Key__c": record["Import_Key__c"].upper()}).status == 400
    second.close()


def test_used_requests_are_remembered_as_of_the_last_creation(tmp_path: Path):
    first = Org(ledger=tmp_path / "ledger.jsonl", api_requests_max=4)
    for _ in range(2):
        first.allowance.take(first.now())
    post_tree(first, "Contact", {"LastName": "Lee"})
    first.close()
    second = Org(ledger=tmp_path / "ledger.jsonl", api_requests_max=4)
    assert (second.allowance.used(second.now()), second.allowance.total) == (3, 3)
    second.close()


def test_a_ledger_with_objects_the_org_does_not_have_is_refused(tmp_path: Path):
    record: dict[str, Any] = {"object": "Ship__c", "id": "a00SM0000000001YAA", "referenceId": None, "fields": {}}
    line = {"time": "2026-03-04T05:06:07.890Z", "request": 1, "path": "/x", "records": [record]}
    (tmp_path / "ledger.jsonl").write_bytes(orjson.dumps(line) + b"\n")
    with pytest.raises(ValueError, match="has records of Ship__c, which this org doesn't have: start with the describes"):
        Org(ledger=tmp_path / "ledger.jsonl")


def test_nothing_is_created_that_the_ledger_does_not_take(tmp_path: Path):
    org = Org(ledger=tmp_path / "ledger.jsonl")
    assert sobjects.create(org, call("Contact", {"LastName": "Lee"})).status == 201
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    with files_up_to(len(whole) + 20), pytest.raises(OSError, match="the disk took only part of a line; nothing was created"):
        sobjects.create(org, call("Contact", {"LastName": "Poe"}))
    assert org.count("Contact") == 1
    assert (tmp_path / "ledger.jsonl").read_bytes() == whole
    assert sobjects.create(org, call("Contact", {"LastName": "Poe"})).status == 201
    org.close()


def test_a_closed_org_creates_nothing(tmp_path: Path):
    org = Org(ledger=tmp_path / "ledger.jsonl")
    org.close()
    org.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        sobjects.create(org, call("Contact", {"LastName": "Lee"}))
    assert org.count("Contact") == 0


@pytest.mark.parametrize(
    ("object_name", "fields", "status"),
    [
        ("Lead", {"LastName": "Lee", "Company": "C", "Status": None}, "Open - Not Contacted"),
        ("Lead", {"LastName": "Lee", "Company": "C", "Status": "Nurturing"}, "Nurturing"),
        ("Campaign", {"Name": "Spring"}, "Planned"),
        ("Campaign", {"Name": "Spring", "Status": None}, None),
    ],
)
def test_null_overrides_a_default_only_where_a_field_may_be_empty(object_name: str, fields: dict[str, Any], status: str | None):
    org = Org()
    assert post_tree(org, object_name, fields).status == 201
    assert org.records(object_name)[0]["Status"] == status


def test_unique_numbers_are_compared_as_numbers(tmp_path: Path):
    describe = {**Org().table("Account").sobject.describe, "name": "Ship__c", "keyPrefix": "a00"}
    numbers = [{**field, "unique": field["name"] == "AnnualRevenue"} for field in describe["fields"]]
    (tmp_path / "ship.json").write_bytes(orjson.dumps({**describe, "fields": numbers}))
    org = Org(describes=tmp_path)
    assert post_tree(org, "Ship__c", {"Name": "a", "AnnualRevenue": 5}).status == 201
    assert post_tree(org, "Ship__c", {"Name": "b", "AnnualRevenue": "5.0"}).status == 400
    query_call = Call("GET", "", "", {"version": "v67.0"}, {"q": "SELECT Id FROM Ship__c WHERE AnnualRevenue = 5.0"}, {}, b"")
    assert query.query(org, query_call).content["totalSize"] == 1


def test_an_org_that_starts_again_gives_no_job_the_id_of_an_earlier_one(clock):
    first = Org(clock=clock)
    given = {first.mint_id("750") for _ in range(3)}
    clock.go_on(seconds=3)
    assert Org(clock=clock).mint_id("750") not in given
    assert len(given) == 3
