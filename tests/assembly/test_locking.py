"""Which fields of a job give keys, as its files and its describe have them."""

from pathlib import Path

import orjson
import pytest

from pipeline.assembly.way import Way, way_by
from pipeline.assembly.work import Import, find_input
from pipeline.config import load
from pipeline.errors import UsageError
from pipeline.model.row import ObjectBlock
from pipeline.salesforce import describe
from pipeline.simulator import Org

ONE, OTHER = "001SM0000000001YAA", "001SM0000000002IAA"


async def fetch(name: str):
    found = describe.read(Org().table(name).sobject.describe)
    assert found
    return found


@pytest.fixture
def way(tmp_path: Path):
    async def settle(name: str, text: str, more: str = "", object_name: str = "Contact") -> Way:
        (tmp_path / name).write_text(text)
        job = f'[job]\nobject = "{object_name}"\ninput = "{name}"\n[org]\nurl = "embedded"\n{more}'
        (tmp_path / "job.toml").write_text(job)
        settings = load(tmp_path / "job.toml", environ={})
        return await way_by(Import(settings, find_input(settings.job.input, settings.read), fresh=False), fetch)

    return settle


@pytest.mark.parametrize(
    ("name", "text", "more", "given"),
    [
        ("a.csv", f"LastName,AccountId\nKim,{ONE}\n", "", {"AccountId"}),
        ("a.csv", f"LastName,account\nKim,{ONE}\n", '[mapping.columns]\naccount = "AccountId"', {"AccountId"}),
        ("a.csv", "LastName\nKim\n", f'[mapping.constants]\nAccountId = "{ONE}"', {"AccountId"}),
        ("a.csv", f"LastName,AccountId,ReportsToId\nKim,{ONE},\n", '[send]\nlock_fields = "reportstoid"', {"ReportsToId"}),
    ],
)
async def test_lookups_that_rows_give_are_keys(way, name, text, more, given):
    locks = (await way(name, text, more)).locks
    assert locks[1].given() == given


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("LastName,OwnerId\nKim,005SM0000000001YAA\n", ""),
        (f"LastName,AccountId\nKim,{ONE}\n", "[send]\nlock_fields = []"),
        (f"LastName,AccountId\nKim,{ONE}\n", "[send]\nconcurrency = 1"),
        (f"LastName,AccountId\nKim,{ONE}\n", '[mapping]\nignore = ["AccountId"]'),
    ],
)
async def test_a_job_whose_rows_lock_nothing_pays_nothing(way, text, more):
    assert (await way("a.csv", text, more)).locks == {}


async def test_leads_lock_nothing_whatever_their_rows_give(way):
    assert (await way("a.jsonl", '{"LastName": "Kim", "Company": "Acme"}\n', object_name="Lead")).locks == {}


async def test_a_lookup_that_comes_only_in_a_later_row_of_json_is_a_key_from_there_on(way):
    settled = await way("a.jsonl", '{"LastName": "Kim"}\n')
    make = settled.makers("20261122-235635-k3f9")[1]
    assert make(_block({"LastName": "Kim"})).keys == ()
    assert make(_block({"LastName": "Kim"}, {"LastName": "Lee", "AccountId": OTHER})).keys == [(), (OTHER[:15].encode(),)]


async def test_records_nested_in_a_row_give_keys_too(way):
    row = {"LastName": "Kim", "Contacts": {"records": [{"LastName": "Lee", "ReportsToId": "003SM0000000001YAA"}]}}
    account = {"Name": "Acme", "ParentId": ONE} | {"Contacts": row["Contacts"]}
    settled = await way("a.jsonl", orjson.dumps(account).decode() + "\n", object_name="Account")
    (keys,) = settled.makers("20261122-235635-k3f9")[1](_block(account)).keys
    assert {*keys} == {ONE[:15].encode(), b"003SM0000000001"}


async def test_a_field_that_is_no_lookup_is_refused_with_the_nearest_one(way):
    with pytest.raises(UsageError) as caught:
        await way("a.csv", f"LastName,AccountId\nKim,{ONE}\n", '[send]\nlock_fields = ["AcountId", "LastName"]')
    assert str(caught.value).splitlines() == [
        "send.lock_fields: Contact has no lookup 'AcountId'; did you mean AccountId?",
        "send.lock_fields: Contact has no lookup 'LastName'",
    ]


def _block(*rows):
    lines = [*range(1, len(rows) + 1)]
    return ObjectBlock(lines, lines, [*map(orjson.dumps, rows)], rows=[*rows])
